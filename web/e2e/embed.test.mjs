/** Old embed codes of LiveAgent, unchanged, on pages of another origin. */

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
  startChat,
  until,
  watchForErrors,
  withBrowser,
  withOwner,
} from './desk.mjs';
import { createWidget, liveAgent, snippet, withShop } from './foreign.mjs';

const SHOP = '<h1>Kettle and Leaf</h1><p>Teas from small gardens.</p>';
/** With whatever would run in the shop's own page if it were let. */
const ONLINE = `<div class="pill" onclick="window.broken = 1"><b>Talk to us</b><script>window.broken = 2</script>
<img src="data:," alt="" onerror="window.broken = 3"><svg width="0" height="0" onload="window.broken = 4"></svg>
<iframe srcdoc="<script>parent.broken = 5</script>"></iframe></div><style>h1 { display: none }</style>`;
const CSS = '.pill{display:inline-block;padding:12px 20px;border-radius:24px;background:#0b6b3a;color:#fff;font:600 15px system-ui}';

async function visit(context, url) {
  const page = await context.newPage();
  watchForErrors(page);
  page.warnings = [];
  page.on('console', (message) => message.type() === 'warning' && page.warnings.push(message.text()));
  await page.goto(url);
  return page;
}

const frameOf = (page, at = 0) => page.frameLocator('iframe').nth(at);

test('the old button: a chat with who the visitor is, and what the page says of him', () =>
  withOwner(async (owner) => {
    const api = await liveAgent(owner);
    const widget = await createWidget(api, { onlinecode: ONLINE, onlinecode_css: CSS, offlinecode: '<i>We sleep</i>' });
    const email = `vera.${Date.now()}@example.com`;
    const pages = {
      '/': `${SHOP}${snippet(`
        window.told = [];
        LiveAgent.setUserDetails('${email}', 'Vera', 'Fern', '+47 22 33 44');
        LiveAgent.addContactField('level', 'gold');
        LiveAgent.addTicketField('order', 'A-17');
        LiveAgent.setVisitorLocation('/teas');
        var button = LiveAgent.createButton('${widget.contactwidgetid}', e);
        button.onOnline = function () { told.push('online'); };
        button.onOffline = function () { told.push('offline'); };
        button.onClick = function () { told.push('click'); };
        button.onCloseFunction_ = function () { told.push('close'); };
      `)}`,
    };
    await withShop(owner, { pages }, (shop) =>
      withBrowser(async ({ context }) => {
        const agent = await openConsole(await context({ viewport: { width: 1360, height: 800 } }), OWNER);
        await setStatus(agent, 'online');
        const page = await visit(await context({ viewport: { width: 1100, height: 760 } }), shop.url);
        const button = page.getByTestId('la-button').getByText('Talk to us');
        await button.waitFor();
        assert.equal(await page.evaluate(() => window.broken), undefined, 'nothing of the button’s HTML runs');
        assert.ok(await page.getByRole('heading', { name: 'Kettle and Leaf' }).isVisible(), 'its styles end where it ends');
        await screenshot(page, 'embed-button');
        await assertAccessible(page, 'a shop with the old button');
        await page.getByTestId('la-button').getByRole('button').press('Enter');
        const frame = frameOf(page);
        await frame.getByTestId('start-form').waitFor();
        await until('the name', async () => (await frame.getByTestId('form-name').inputValue()) === 'Vera Fern');
        assert.equal(await frame.getByTestId('form-email').inputValue(), email);
        assert.equal(await page.evaluate(() => window.LiveAgent.instance.hasOpenedWidget()), true);
        await screenshot(page, 'embed-chat-form');
        await frame.getByTestId('form-text').fill('Is the first flush in?');
        await frame.getByTestId('form-submit').click();
        const offer = agent.getByTestId('offer').filter({ hasText: 'Vera Fern' });
        await offer.waitFor();
        await offer.getByTestId('accept').click();
        await hasMessage(agent, 'Is the first flush in?');
        await say(agent, 'Since Monday.');
        await hasMessage(frame, 'Since Monday.');
        await screenshot(page, 'embed-chat');

        const customer = await api('GET', `customers/${email}`);
        assert.deepEqual(
          customer.customfields.map(({ code, value }) => [code, value]),
          [['level', 'gold']],
        );
        const { conversations } = await api('GET', 'conversations', { limit: '1000' });
        const conversation = conversations.filter(({ owneremail }) => owneremail === email);
        assert.equal(conversation.length, 1);
        const { customfields } = await api('GET', `conversations/${conversation[0].conversationid}`);
        assert.deepEqual(
          customfields?.map(({ code, value }) => [code, value]),
          [['order', 'A-17']],
        );

        await frame.getByTestId('close').click();
        await until('the close', () => page.evaluate(() => window.told.includes('close')));
        assert.deepEqual(await page.evaluate(() => window.told), ['online', 'click', 'close']);
        assert.equal(await page.evaluate(() => window.LiveAgent.instance.hasOpenedWidget()), false);
        await frame.getByTestId('thread').waitFor({ state: 'hidden' });
        await page.getByTestId('la-button').getByRole('button').click();
        await frame.getByTestId('thread').waitFor();
        await page.evaluate(() => window.LiveAgent.hideButton());
        assert.equal(await page.getByTestId('la-button').count(), 0);
        await until('impressions', async () => Number((await api('GET', `widgets/${widget.contactwidgetid}`)).impressions) >= 1, 30_000);
        const counted = await api('GET', `widgets/${widget.contactwidgetid}`);
        assert.equal(counted.tickets, '1');
        assertNoErrors();
      }),
    );
  }));

test('a chat goes on on the next page', () =>
  withOwner(async (owner) => {
    const api = await liveAgent(owner);
    await owner.call('PUT', '/me/status', { status: 'online' });
    const { contactwidgetid } = await createWidget(api, { onlinecode: ONLINE });
    await withBrowser(async ({ context }) => {
      const agent = await openConsole(await context({ viewport: { width: 1360, height: 800 } }), OWNER);
      await setStatus(agent, 'online');
      // A page of the desk's own origin: browsers of tests keep nothing for frames of other sites.
      const visitor = await context({ viewport: { width: 1100, height: 760 } });
      const code = snippet(`LiveAgent.createButton('${contactwidgetid}', e);`);
      const body = `<!doctype html><html lang="en"><title>Shop</title><body>${SHOP}${code}`;
      await visitor.route(`${DESK_URL}/made-up-shop*`, (route) => route.fulfill({ contentType: 'text/html', body }));
      const page = await visit(visitor, `${DESK_URL}/made-up-shop`);
      await page.getByText('Talk to us').click();
      const name = `Olga${Date.now()}`;
      await startChat(frameOf(page), { name, email: `${name}@example.com`, text: 'Is it still there?' });
      await agent.getByTestId('offer').filter({ hasText: name }).getByTestId('accept').click();
      await page.goto(`${DESK_URL}/made-up-shop?next`);
      await hasMessage(frameOf(page), 'Is it still there?');
      await frameOf(page).getByTestId('close').click();
      await page.goto(`${DESK_URL}/made-up-shop?last`);
      await until('the frame, closed', () => page.evaluate(() => window.LiveAgent.instance.hasOpenedWidget() === false));
      await page.getByText('Talk to us').click();
      await hasMessage(frameOf(page), 'Is it still there?');
      assertNoErrors();
    });
  }));

test('offline: its own code, the offline form, and a plain button where there is no code', () =>
  withOwner(async (owner) => {
    const api = await liveAgent(owner);
    await owner.call('PUT', '/me/status', { status: 'offline' });
    const own = await createWidget(api, { onlinecode: ONLINE, offlinecode: '<i>We sleep, write to us</i>' });
    const plain = await createWidget(api, { name: 'Plain' });
    const onlineOnly = await createWidget(api, { name: 'Only when online', usecode: 'N', onlinecode: ONLINE });
    const pages = {
      '/own': `${SHOP}${snippet(`window.told = []; var b = LiveAgent.createButton('${own.contactwidgetid}', e);
        b.onOffline = function () { told.push('offline'); };`)}`,
      '/plain': `${SHOP}${snippet(`LiveAgent.createButton('${plain.contactwidgetid}', e);`)}`,
      '/none': `${SHOP}${snippet(`LiveAgent.createButton('${onlineOnly.contactwidgetid}', e);`)}`,
    };
    await withShop(owner, { pages }, (shop) =>
      withBrowser(async ({ context }) => {
        const visitor = await context({ viewport: { width: 1100, height: 760 } });
        const page = await visit(visitor, `${shop.url}/own`);
        await page.getByText('We sleep, write to us').click();
        await frameOf(page).getByTestId('offline-form').waitFor();
        assert.deepEqual(await page.evaluate(() => window.told), ['offline']);
        const other = await visit(visitor, `${shop.url}/plain`);
        await other.getByTestId('la-button').getByRole('button', { name: 'Support' }).click();
        await frameOf(other).getByTestId('offline-form').waitFor();
        await screenshot(other, 'embed-plain-button');
        const none = await visit(visitor, `${shop.url}/none`);
        await until('the widget', () => none.evaluate(() => document.querySelector('[data-testid=la-button]').hidden));
        assertNoErrors();
      }),
    );
  }));

test('a form in the page, the oldest snippet, a button of the page’s own', () =>
  withOwner(async (owner) => {
    const api = await liveAgent(owner);
    await owner.call('PUT', '/me/status', { status: 'online' });
    const widget = await createWidget(api, { rtype: 'O', name: 'Form' });
    const id = widget.contactwidgetid;
    const email = `fred.${Date.now()}@example.com`;
    const pages = {
      '/form': `${SHOP}<div id="here"></div>${snippet(`LiveAgent.addUserDetail('email', '${email}');
        LiveAgent.addUserDetail('firstName', 'Fred'); LiveAgent.addContactField('town', 'Bergen');
        LiveAgent.createForm('${id}', document.getElementById('here'));`)}`,
      '/oldest': `${SHOP}<script type="text/javascript" id="la_x2s6df8d" src="${DESK_URL}/scripts/trackjs.php"></script>
        <img src="${DESK_URL}/scripts/pix.gif" onLoad="LiveAgentTracker.createButton('${id}', this);"/>`,
      '/virtual': `${SHOP}<button id="help">Help</button>${snippet(`var vb = document.createElement('img');
        vb.src = '${DESK_URL}/scripts/pix.gif';
        vb.onload = function () { window.button = LiveAgent.createVirtualButton('${id}', vb); };
        document.getElementById('help').onclick = function () { window.button.onClick(); };`)}`,
    };
    await withShop(owner, { pages }, (shop) =>
      withBrowser(async ({ context }) => {
        const visitor = await context({ viewport: { width: 1100, height: 860 } });
        const page = await visit(visitor, `${shop.url}/form`);
        const frame = frameOf(page);
        await frame.getByTestId('offline-form').waitFor();
        await until('the name', async () => (await frame.getByTestId('form-name').inputValue()) === 'Fred');
        await screenshot(page, 'embed-form');
        await frame.getByTestId('form-text').fill('Do you ship to Bergen?');
        await frame.getByTestId('form-submit').click();
        await frame.getByTestId('thanks').waitFor();
        const customer = await until('the customer', async () => {
          const { customers } = await api('GET', 'customers', { email });
          return customers[0] && api('GET', `customers/${email}`);
        });
        assert.equal(customer.firstname, 'Fred');
        assert.deepEqual(
          customer.customfields.map(({ code, value }) => [code, value]),
          [['town', 'Bergen']],
        );
        // What is known is taken back: the next one at this machine is not told.
        await frame.getByTestId('new-chat').click();
        await page.evaluate(() => window.LiveAgent.clearAllUserDetails());
        await until('an empty form', async () => (await frame.getByTestId('form-name').inputValue()) === '');

        const oldest = await visit(visitor, `${shop.url}/oldest`);
        await oldest.getByTestId('la-button').getByRole('button').waitFor();
        const virtual = await visit(visitor, `${shop.url}/virtual`);
        await until('the button', () => virtual.evaluate(() => !!window.button));
        assert.equal(await virtual.getByTestId('la-button').count(), 0);
        await virtual.getByRole('button', { name: 'Help' }).click();
        await frameOf(virtual).getByTestId('close').waitFor();
        assertNoErrors();
      }),
    );
  }));

test('a page that is not among the domains: nothing is shown, and its console says why', () =>
  withOwner(async (owner) => {
    const api = await liveAgent(owner);
    const widget = await createWidget(api, { onlinecode: ONLINE, offlinecode: ONLINE });
    const pages = {
      '/': `${SHOP}${snippet(`window.made = LiveAgent.createButton('${widget.contactwidgetid}', e);
        LiveAgent.createForm('${widget.contactwidgetid}', e); LiveAgent.createButton('nowhere1', e);`)}`,
    };
    await withShop(owner, { pages, allowed: false }, (shop) =>
      withBrowser(async ({ context }) => {
        const page = await visit(await context(), shop.url);
        await until('three warnings', () => page.warnings.filter((text) => text.startsWith('LiveAgent: ')).length === 3);
        assert.equal(page.warnings.filter((text) => text.includes(`pages of ${shop.url} may not embed`)).length, 2);
        assert.equal(page.warnings.filter((text) => text.includes('widget nowhere1')).length, 1);
        await page.evaluate(() => window.made.onClick());
        assert.equal(await page.locator('iframe').count(), 0);
        assert.equal(await page.getByText('Talk to us').count(), 0);
        assertNoErrors();
      }),
    );
  }));

test('the chat as a page of its own', () =>
  withOwner(async (owner) => {
    const api = await liveAgent(owner);
    await owner.call('PUT', '/me/status', { status: 'online' });
    const widget = await createWidget(api);
    await withBrowser(async ({ context }) => {
      const agent = await openConsole(await context({ viewport: { width: 1360, height: 800 } }), OWNER);
      await setStatus(agent, 'online');
      const name = `Ines${Date.now()}`;
      const query = new URLSearchParams({
        cwid: widget.contactwidgetid,
        firstName: name,
        lastName: 'Oak',
        email: `${name}@example.com`,
        phone: '+1 5',
        note: 'from the app',
        pt: 'An order',
      });
      const page = await visit(await context({ viewport: { width: 420, height: 700 } }), `${DESK_URL}/scripts/inline_chat.php?${query}`);
      await page.getByTestId('start-form').waitFor();
      assert.equal(await page.getByTestId('form-name').inputValue(), `${name} Oak`);
      await screenshot(page, 'inline-chat');
      await page.getByTestId('form-text').fill('Hello from the app');
      await page.getByTestId('form-submit').click();
      const offer = agent.getByTestId('offer').filter({ hasText: name });
      await offer.getByTestId('accept').click();
      await hasMessage(agent, 'Hello from the app');
      const customer = await api('GET', `customers/${name}@example.com`);
      assert.deepEqual(
        customer.uniquefields.map(({ code, value }) => [code, value]),
        [
          ['email', `${name.toLowerCase()}@example.com`],
          ['phone', '+1 5'],
        ],
      );
      assertNoErrors();
    });
  }));
