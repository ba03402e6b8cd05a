/** The main path: two browsers, one chat, with files, a break of the network, a transfer, the end and a rating. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertNoErrors,
  hasMessage,
  isUp,
  messages,
  openConsole,
  openWidget,
  say,
  screenshot,
  setStatus,
  startChat,
  startProxy,
  until,
  withBrowser,
  withOwner,
} from './desk.mjs';

/** A red square of 2 by 2 pixels. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg==',
  'base64',
);

test('a chat from the first word to the rating', () =>
  withOwner(async (owner) => {
    const ann = await owner.createAgent('Ann');
    const bob = await owner.createAgent('Bob');
    const network = await startProxy();
    await withBrowser(async ({ context }) => {
      // Ann and the visitor go through a network that breaks; Bob does not.
      const agentContext = await context({ viewport: { width: 1360, height: 800 } });
      const agent = await openConsole(agentContext, ann, network.url);
      await setStatus(agent, 'online');

      const visitorContext = await context({ viewport: { width: 1100, height: 760 } });
      const { page: shop, frame } = await openWidget(visitorContext, network.url);
      await startChat(frame, { name: 'Vera', email: 'vera@example.com', text: 'Hello, do you ship to Norway?' });

      await agent.getByTestId('offer').filter({ hasText: 'Vera' }).waitFor();
      await until('a title that says it rings', async () => (await agent.title()).startsWith('●'));
      await agent.getByTestId('offer').filter({ hasText: 'Vera' }).getByTestId('accept').click();
      await hasMessage(agent, 'Hello, do you ship to Norway?');
      await until('the agent’s name', async () => (await frame.getByTestId('status').textContent()).includes(ann.name));

      // Both ways, with what is being written.
      await frame.getByTestId('composer').pressSequentially('I am asking because');
      await agent.getByTestId('peek').filter({ hasText: 'I am asking' }).waitFor();
      await agent.getByTestId('composer').pressSequentially('Yes, we do.');
      await frame.getByTestId('typing').filter({ hasText: ann.name }).waitFor();
      await agent.getByTestId('composer').press('Enter');
      await hasMessage(frame, 'Yes, we do.');
      await frame.getByTestId('composer').fill('');
      await say(frame, 'Great!');
      await hasMessage(agent, 'Great!');
      await agent.getByTestId('seen').waitFor();

      // A note and a tag, which the visitor does not see.
      await agent.getByTestId('kind-note').check();
      await say(agent, 'A note for colleagues');
      await hasMessage(agent, 'A note for colleagues');
      await agent.getByTestId('kind-message').check();
      await agent.getByTestId('tag-input').fill('norway');
      await agent.getByTestId('tag-input').press('Enter');
      await agent.getByTestId('tag').filter({ hasText: 'norway' }).waitFor();

      // Files both ways.
      await agent
        .getByTestId('file-input')
        .setInputFiles({ name: 'prices.txt', mimeType: 'text/plain', buffer: Buffer.from('9.50') });
      await frame.getByTestId('file').filter({ hasText: 'prices.txt' }).waitFor();
      const download = shop.waitForEvent('download');
      await frame.getByTestId('file').filter({ hasText: 'prices.txt' }).click();
      assert.equal((await download).suggestedFilename(), 'prices.txt');
      await frame.getByTestId('file-input').setInputFiles({ name: 'square.png', mimeType: 'image/png', buffer: PNG });
      for (const side of [agent, frame])
        await until('the picture', () =>
          side
            .getByTestId('image')
            .first()
            .evaluate((image) => image.complete && image.naturalWidth === 2)
            .catch(() => false),
        );
      await screenshot(agent, 'console-chat-light');
      await screenshot(shop, 'widget-chat-light');

      // The network breaks, and both go on writing.
      network.cut();
      await agentContext.setOffline(true);
      await visitorContext.setOffline(true);
      await isUp(agent, false);
      await frame.getByTestId('banner').waitFor();
      for (let i = 1; i <= 3; i++) {
        await say(frame, `visitor in the dark ${i}`);
        await say(agent, `agent in the dark ${i}`);
      }
      await hasMessage(frame, 'visitor in the dark 3', 'waiting');
      await hasMessage(agent, 'agent in the dark 3', 'waiting');
      await screenshot(agent, 'console-offline-light');
      await screenshot(shop, 'widget-offline-light');
      network.mend();
      await agentContext.setOffline(false);
      await visitorContext.setOffline(false);
      await isUp(agent);
      await frame.getByTestId('banner').waitFor({ state: 'hidden' });
      for (let i = 1; i <= 3; i++) {
        await hasMessage(agent, `visitor in the dark ${i}`);
        await hasMessage(frame, `visitor in the dark ${i}`);
        await hasMessage(agent, `agent in the dark ${i}`);
        await hasMessage(frame, `agent in the dark ${i}`);
      }

      // Connections that die without a word from the browser, several times, in the middle of writing.
      for (let i = 1; i <= 3; i++) {
        const written = [say(frame, `visitor at the break ${i}`), say(agent, `agent at the break ${i}`)];
        network.cut();
        await Promise.all(written);
        await isUp(agent, false);
        network.mend();
        await isUp(agent);
      }
      for (let i = 1; i <= 3; i++) {
        await hasMessage(agent, `visitor at the break ${i}`);
        await hasMessage(frame, `agent at the break ${i}`);
        await hasMessage(agent, `agent at the break ${i}`);
        await hasMessage(frame, `visitor at the break ${i}`);
      }

      // Nothing is lost or doubled, and both see the same order.
      const publicOnes = (all) => all.filter(({ kind }) => kind !== 'note').map(({ by, text }) => `${by}: ${text}`);
      const [forAgent, forVisitor] = [publicOnes(await messages(agent)), publicOnes(await messages(frame))];
      const words = (all) => all.filter((line) => !/prices|square|: $/.test(line));
      assert.deepEqual(words(forVisitor), words(forAgent));
      assert.equal(new Set(words(forAgent)).size, words(forAgent).length, 'doubled messages');
      assert.equal(words(forAgent).length, 3 + 6 + 6);
      assert.equal(
        forVisitor.some((line) => line.includes('A note')),
        false,
      );
      for (const who of ['visitor', 'agent'])
        assert.deepEqual(
          words(forAgent)
            .filter((line) => line.includes(`${who} in the dark`))
            .map((line) => line.at(-1)),
          ['1', '2', '3'],
        );

      // The same after a fresh load.
      await shop.reload();
      await hasMessage(frame, 'agent at the break 3');
      assert.deepEqual(words(publicOnes(await messages(frame))), words(forVisitor));
      await agent.reload();
      await hasMessage(agent, 'visitor at the break 3');
      assert.deepEqual(words(publicOnes(await messages(agent))), words(forAgent));
      await agent.getByTestId('tag').filter({ hasText: 'norway' }).waitFor();

      // To Bob.
      const bobContext = await context({ viewport: { width: 1360, height: 800 } });
      const second = await openConsole(bobContext, bob);
      await setStatus(second, 'online');
      await until('Bob among those online', async () => {
        await agent.getByTestId('transfer').click();
        const found = await agent.getByTestId('to-agents').locator(`[data-agent="${bob.agent}"]`).count();
        if (found) return true;
        await agent.keyboard.press('Escape');
        return false;
      });
      await agent.getByTestId('to-agents').locator(`[data-agent="${bob.agent}"]`).click();
      await second.getByTestId('offer').filter({ hasText: 'Vera' }).getByTestId('accept').click();
      await hasMessage(second, 'A note for colleagues');
      await say(second, 'Bob here.');
      await hasMessage(frame, 'Bob here.');
      await until('Bob’s name', async () => (await frame.getByTestId('status').textContent()).includes(bob.name));
      await until('Ann has left', async () => !(await frame.getByTestId('status').textContent()).includes(ann.name));

      // The end and the rating.
      await frame.getByTestId('end').click();
      await frame.getByTestId('end-confirm').click();
      await frame.getByTestId('ended').waitFor();
      await frame.getByTestId('rate-good').click();
      await frame.locator('[data-testid=rate-good][aria-pressed=true]').waitFor();
      await frame.getByTestId('rate-comment').fill('Quick and kind');
      await frame.getByTestId('rate-send').click();
      await second.getByTestId('rating').filter({ hasText: 'Quick and kind' }).waitFor();
      await screenshot(shop, 'widget-ended-light');
      await screenshot(second, 'console-ended-light');

      // And once more.
      await frame.getByTestId('new-chat').click();
      await startChat(frame, { name: 'Vera', email: 'vera@example.com', text: 'One more thing' });
      await until('a second offer', async () => {
        for (const page of [agent, second]) {
          const accept = page.getByTestId('offer').filter({ hasText: 'Vera' }).getByTestId('accept');
          if (!(await accept.count())) continue;
          await accept.click();
          await hasMessage(page, 'One more thing');
          await page.getByTestId('end').click();
          await page.getByTestId('end-confirm').click();
          return true;
        }
        return false;
      });
      await frame.getByTestId('ended').waitFor();
      for (const page of [agent, second]) await setStatus(page, 'offline');
      assertNoErrors();
    }).finally(() => network.close());
  }));
