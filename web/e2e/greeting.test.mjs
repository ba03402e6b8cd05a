/** A trigger speaks first: the widget comes into sight, with the speaker's name, and the answer begins a chat. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertAccessible,
  assertNoErrors,
  DESK_URL,
  hasMessage,
  openConsole,
  OWNER,
  say,
  screenshot,
  setStatus,
  until,
  watchForErrors,
  withBrowser,
  withOwner,
} from './desk.mjs';

/** Zendesk Chat's REST API with a token of this test alone. */
async function withTriggers(owner, triggers, run) {
  const scopes = ['read', 'write'];
  const { secret } = await owner.call('POST', '/credentials', { kind: 'token', name: 'browser tests', scopes });
  const call = (method, path, body) =>
    fetch(`${DESK_URL}/api/v2/triggers${path}`, {
      method,
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
  const made = [];
  try {
    for (const trigger of triggers) {
      const answer = await call('POST', '', trigger);
      assert.equal(answer.status, 201, await answer.clone().text());
      made.push((await answer.json()).id);
    }
    await run();
  } finally {
    for (const id of made) await call('DELETE', `/${id}`);
  }
}

/** The demo page whose chat is there from the beginning, as `data-proactive` has it. */
async function openShop(context, transport = 'auto') {
  const page = await context.newPage();
  watchForErrors(page);
  await page.route('**/demo', async (route) => {
    const response = await route.fetch();
    const script = `src="/widget.js" data-proactive data-transport="${transport}"`;
    await route.fulfill({ response, body: (await response.text()).replace('src="/widget.js"', script) });
  });
  await page.goto(`${DESK_URL}/demo`);
  return { page, frame: page.frameLocator('iframe') };
}

const greeting = {
  name: `Greeting ${Date.now()}`,
  definition: {
    event: 'page_enter',
    condition: ['and', ['contains', '@visitor_page_url', '/demo'], ['stillOnPage', 1], ['not', ['firedBefore']]],
    actions: [['sendMessageToVisitor', 'Sarah', 'May I help you find a tea?']],
  },
};

for (const transport of ['auto', 'poll'])
  test(`a greeting, its answer, and nobody else hears it (${transport})`, () =>
    withOwner(async (owner) => {
      const ann = await owner.createAgent('Ann');
      await withBrowser(async ({ context }) => {
        const agent = await openConsole(await context(), ann);
        await setStatus(agent, 'online');
        await withTriggers(owner, [greeting], async () => {
          const shopContext = await context({ viewport: { width: 1100, height: 760 } });
          const { page, frame } = await openShop(shopContext, transport);
          await page.locator('iframe').waitFor({ state: 'attached' });
          assert.equal(await page.locator('iframe').isVisible(), false, 'closed until it has something to say');
          await hasMessageOf(frame, 'May I help you find a tea?');
          await page.locator('iframe').waitFor({ state: 'visible' });
          assert.equal(await frame.locator('.who b').last().textContent(), 'Sarah');
          assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'BODY', 'it takes no focus');
          await assertAccessible(page.frames().at(-1), 'the greeting');
          if (transport === 'auto') await screenshot(page, 'greeting');

          // Closed once it stays closed, on the next page too; opened by hand it says it again.
          await frame.getByTestId('close').click();
          await page.locator('iframe').waitFor({ state: 'hidden' });
          await page.reload();
          await frame.getByTestId('thread').waitFor({ state: 'attached' });
          assert.equal(await page.locator('iframe').isVisible(), false);
          await page.getByTestId('launcher').click();
          await hasMessageOf(frame, 'May I help you find a tea?');

          await say(frame, 'Yes, a dark one');
          await hasMessage(frame, 'Yes, a dark one');
          await until('three rows at most', async () => (await frame.getByTestId('message').count()) === 2);
          await agent.getByTestId('offer').first().getByTestId('accept').click();
          await hasMessage(agent, 'Yes, a dark one');
          await hasMessage(agent, 'May I help you find a tea?');
          await say(agent, 'Try the oolong');
          await hasMessage(frame, 'Try the oolong');
          assert.equal(await frame.getByTestId('message').first().locator('.who b').textContent(), 'Sarah');

          const { page: other, frame: otherFrame } = await openShop(await context(), transport);
          await hasMessageOf(otherFrame, 'May I help you find a tea?');
          await other.locator('iframe').waitFor({ state: 'visible' });
          assert.equal(await otherFrame.locator('.bubble').count(), 1, 'his own greeting and nothing else');
        });
      });
      assertNoErrors();
    }));

test('triggers are switched and removed in the console', () =>
  withOwner(async (owner) => {
    await withBrowser(async ({ context }) => {
      await withTriggers(owner, [greeting], async () => {
        const page = await openConsole(await context(), OWNER);
        await page.getByTestId('area-settings').click();
        await page.getByTestId('settings-automation').click();
        const row = page.getByTestId('triggers').getByRole('row').filter({ hasText: greeting.name });
        const isOn = async () => (await owner.call('GET', '/triggers')).items.find(({ name }) => name === greeting.name)?.enabled;
        await row.getByRole('checkbox').uncheck();
        await until('it is off', async () => (await isOn()) === false);
        await row.getByRole('checkbox').check();
        await until('it is on', isOn);
        page.on('dialog', (dialog) => dialog.accept());
        await row.getByRole('button').click();
        await row.waitFor({ state: 'detached' });
        assert.equal(await isOn(), undefined);
      });
    });
    assertNoErrors();
  }));

/** A greeting has no state of sending. */
async function hasMessageOf(frame, text) {
  await until(`greeting “${text}”`, async () => (await frame.locator('.bubble').allTextContents()).includes(text));
}
