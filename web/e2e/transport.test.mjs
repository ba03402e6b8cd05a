/** Networks that let no WebSocket through, forced and found out; and times when nobody is there. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import {
  assertNoErrors,
  DESK_URL,
  hasMessage,
  messages,
  openConsole,
  openWidget,
  say,
  screenshot,
  setStatus,
  startChat,
  startProxy,
  until,
  watchForErrors,
  withBrowser,
  withOwner,
} from './desk.mjs';

async function chatOverPolling(context, agent, base, transport) {
  const page = await openConsole(await context(), agent, base, transport === 'poll' ? '?transport=poll' : '');
  await until('polling', async () => (await page.getByTestId('connection').getAttribute('data-transport')) === 'poll');
  await setStatus(page, 'online');
  const { frame } = await openWidget(await context(), base, transport);
  await startChat(frame, { name: 'Paul', email: 'paul@example.com', text: 'Through a narrow door' });
  await page.getByTestId('offer').filter({ hasText: 'Paul' }).getByTestId('accept').click();
  await hasMessage(page, 'Through a narrow door');
  for (let i = 1; i <= 3; i++) {
    await say(page, `agent ${i}`);
    await hasMessage(frame, `agent ${i}`);
    await say(frame, `visitor ${i}`);
    await hasMessage(page, `visitor ${i}`);
  }
  const texts = (all) => all.map(({ text }) => text);
  assert.deepEqual(texts(await messages(frame)), texts(await messages(page)));
  assert.equal((await messages(page)).length, 7);
  await page.getByTestId('end').click();
  await page.getByTestId('end-confirm').click();
  await frame.getByTestId('ended').waitFor();
}

test('long polling, forced', () =>
  withOwner(async (owner) => {
    const agent = await owner.createAgent('Pia');
    await withBrowser(async ({ context }) => {
      await chatOverPolling(context, agent, undefined, 'poll');
      assertNoErrors();
    });
  }));

test('long polling where sockets are cut', () =>
  withOwner(async (owner) => {
    const agent = await owner.createAgent('Paula');
    const network = await startProxy();
    network.refuseUpgrades(true);
    await withBrowser(async ({ context }) => {
      await chatOverPolling(context, agent, network.url, 'auto');
      assertNoErrors();
    }).finally(() => network.close());
  }));

test('nobody is there: the offline form, and the answer to it', () =>
  withOwner(async (owner) => {
    const agent = await owner.createAgent('Olaf');
    await until('nobody online', async () => (await owner.call('GET', '/overview')).agents_online === 0, 45_000);
    await withBrowser(async ({ context }) => {
      const { page: shop, frame } = await openWidget(await context());
      await frame.getByTestId('offline-form').waitFor();
      await frame.getByTestId('form-submit').click();
      await frame.getByTestId('problem').filter({ hasText: /./ }).waitFor();
      await frame.getByTestId('form-name').fill('Otto');
      await frame.getByTestId('form-email').fill('otto@example.com');
      await frame.getByTestId('form-text').fill('Please call me back');
      await screenshot(shop, 'widget-offline-form-light');
      await frame.getByTestId('form-submit').click();
      await frame.getByTestId('thanks').waitFor();
      await hasMessage(frame, 'Please call me back');

      const page = await openConsole(await context({ viewport: { width: 1360, height: 800 } }), agent);
      await page.getByTestId('area-tickets').click();
      await page.getByTestId('ticket').filter({ hasText: 'Otto' }).first().click();
      await hasMessage(page, 'Please call me back');
      await say(page, 'We will, this afternoon.');
      await hasMessage(page, 'We will, this afternoon.');
      await hasMessage(frame, 'We will, this afternoon.');
      await page.getByTestId('resolve').click();
      await page.getByTestId('reopen').waitFor();
      await screenshot(page, 'console-ticket-light');
      assertNoErrors();
    });
  }));

test('a page of another origin embeds it with one tag', () =>
  withOwner(async (owner) => {
    const agent = await owner.createAgent('Cora');
    const site = createServer((request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<!doctype html><html lang="de"><title>Laden</title><h1>Laden</h1>
        <style>button, iframe, div { display: none !important; transform: scale(3) }</style>
        <script src="${DESK_URL}/widget.js" async></script></html>`);
    });
    await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${site.address().port}`;
    const { widget_domains } = await owner.call('GET', '/settings');
    try {
      await withBrowser(async ({ context }) => {
        const page = await openConsole(await context(), agent);
        await setStatus(page, 'online');
        const shop = await (await context()).newPage();
        watchForErrors(shop);

        // Embedding is closed unless the settings open it.
        await owner.call('PUT', '/settings', { widget_domains: [...widget_domains, origin] });
        await shop.goto(`${origin}/wares?id=7`);
        await shop.waitForFunction(() => window.Deskbell);
        await shop.evaluate(() => {
          window.Deskbell.identify({ name: 'Herta', email: 'herta@example.com' });
          window.Deskbell.open();
        });
        const frame = shop.frameLocator('iframe');
        await frame.getByTestId('start-form').waitFor();
        await until('the name that the page told', async () => (await frame.getByTestId('form-name').inputValue()) === 'Herta');
        // In the language of the page, whatever its style sheet does to its own buttons.
        await frame.getByRole('button', { name: 'Chat beginnen' }).waitFor();
        await frame.getByTestId('form-text').fill('Guten Tag');
        await frame.getByTestId('form-submit').click();
        await page.getByTestId('offer').filter({ hasText: 'Herta' }).getByTestId('accept').click();
        await hasMessage(page, 'Guten Tag');
        await page.getByTestId('pages').getByRole('link', { name: 'Laden' }).waitFor();

        // A message from a window that is not the chat is not heard.
        await shop.evaluate(() => window.postMessage({ deskbell: 'close' }, '*'));
        await shop.evaluate(() => window.Deskbell.close());
        await say(page, 'Guten Tag, Herta');
        await shop.getByTestId('unread').filter({ hasText: '1' }).waitFor();

        // The next page goes on with the chat.
        await shop.goto(`${origin}/cart`);
        await shop.getByTestId('unread').filter({ hasText: '1' }).waitFor();
        await shop.getByTestId('launcher').click();
        await hasMessage(frame, 'Guten Tag, Herta');
        await page.getByTestId('end').click();
        await page.getByTestId('end-confirm').click();
        await frame.getByTestId('ended').waitFor();
        assertNoErrors();
      });
    } finally {
      await owner.call('PUT', '/settings', { widget_domains });
      site.close();
    }
  }));
