/** The public pages: help, forums, suggestions, tickets, sign-in from another system's page. Read without script; looked at in light, dark,
 * narrow and from right to left. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertAccessible,
  assertNoErrors,
  DESK_URL,
  openConsole,
  OWNER,
  screenshot,
  until,
  watchForErrors,
  withBrowser,
  withOwner,
} from './desk.mjs';
import { leaveMessage, liveAgent, startShop } from './foreign.mjs';

const ARTICLE = `<p>Hard water leaves <b>lime</b> in a kettle. It is easily removed.</p><h2>What you need</h2>
<ul><li>White vinegar, or citric acid</li><li>An hour</li></ul><p>Fill the kettle, boil it, and let it stand.
<a href="https://example.com/lime">More on lime</a>.</p><blockquote>Never in a cast-iron pot.</blockquote>
<table><thead><tr><th>Size</th><th>Vinegar</th></tr></thead><tbody><tr><td>1 l</td><td>200 ml</td></tr>
<tr><td>2 l</td><td>400 ml</td></tr></tbody></table><pre><code>boil(kettle, minutes=2)</code></pre>`;

async function visit(context, path) {
  const page = await context.newPage();
  watchForErrors(page);
  await page.goto(`${DESK_URL}${path}`);
  return page;
}

/** A base of this test alone, with something of every kind in it. */
async function fill(owner, name = `Kettle help ${Date.now()}`, language = 'en') {
  const { base } = await owner.call('POST', '/knowledge/bases', { name, language });
  const add = async (kind, title, parent, more = {}) =>
    (await owner.call('POST', '/knowledge/entries', { kind, title, base, ...(parent && { parent }), ...more })).entry;
  const care = await add('category', 'Care and cleaning', null, { description: 'Keeping pots and kettles well.' });
  await add('category', 'Brewing', null, { description: 'Water, leaves, time.' });
  const article = await add('article', 'Descaling a kettle', care, {
    content: ARTICLE,
    meta_description: 'How to remove lime.',
    keywords: 'lime, kettle',
  });
  await add('article', 'Washing a clay pot', care, { content: '<p>Hot water, no soap.</p>', description: 'Hot water, no soap.' });
  await add('article', 'Our margins', care, { content: '<p>secret</p>', access: 'internal' });
  const forum = await add('forum', 'Tea talk', null, { description: 'Readers ask, readers answer.' });
  const wishes = await add('suggestion_category', 'Wishes', null, { description: 'What we should have.' });
  const wished = { parent: wishes, title: 'Smaller tins', text: '50 g would do.' };
  const { entry: wish } = await owner.call('POST', '/knowledge/topics', wished);
  const path = async (entry) => (await owner.call('GET', `/knowledge/entries/${entry}`)).page.replace(/^https?:\/\/[^/]+|^\/\/[^/]+/, '');
  return {
    base,
    home: `/kb/${base}`,
    care: await path(care),
    article: await path(article),
    forum: await path(forum),
    wishes: await path(wishes),
    wish: await path(wish),
  };
}

test('reading, searching, voting and posting without script', () =>
  withOwner(async (owner) => {
    const help = await fill(owner);
    await withBrowser(async ({ context }) => {
      const page = await visit(await context({ javaScriptEnabled: false }), '/kb');
      await page.locator(`a[href="${help.home}"]`).click();
      await page.getByRole('link', { name: 'Care and cleaning' }).click();
      assert.equal(await page.getByText('Our margins').count(), 0, 'internal entries are not shown');
      await page.getByRole('link', { name: 'Descaling a kettle' }).click();
      await page.getByRole('heading', { level: 1, name: 'Descaling a kettle' }).waitFor();
      assert.equal(await page.locator('meta[name=description]').getAttribute('content'), 'How to remove lime.');
      assert.equal(new URL(await page.locator('link[rel=canonical]').getAttribute('href')).pathname, help.article);
      await page.getByRole('button', { name: 'Yes, it helped' }).click();
      await page.getByText('Votes: 1').waitFor();
      await page.locator('[aria-pressed=true]').waitFor();
      await page.goto(`${DESK_URL}${help.article.replace(/-.*/, '-an-old-title')}`);
      assert.equal(new URL(page.url()).pathname, help.article, 'an old address leads to the right one');

      await page.goto(`${DESK_URL}${help.home}`);
      await page.getByRole('searchbox').fill('vinegar');
      await page.getByRole('button', { name: 'Search' }).click();
      await page.getByRole('link', { name: 'Descaling a kettle' }).click();
      await page.getByRole('heading', { level: 1, name: 'Descaling a kettle' }).waitFor();

      await page.goto(`${DESK_URL}${help.forum}`);
      await page.getByRole('button', { name: 'Post' }).click();
      assert.equal(await page.locator('[aria-invalid=true]').count(), 4, 'what is missing is said beside it');
      await page.getByLabel('Name').fill('Nora');
      await page.getByLabel('E-mail').fill('nora@example.com');
      await page.getByLabel('Subject').fill('Which pot for white tea?');
      await page.getByLabel('Message').fill('Clay or <b>glass</b>?');
      await page.getByRole('button', { name: 'Post' }).click();
      await page.getByRole('heading', { level: 1, name: 'Which pot for white tea?' }).waitFor();
      await page.getByText('Clay or <b>glass</b>?').waitFor();
      assert.equal(await page.getByText('nora@example.com').count(), 0);
      await page.getByLabel('Name').fill('Olaf');
      await page.getByLabel('E-mail').fill('olaf@example.com');
      await page.getByLabel('Message').fill('Glass, see https://example.com/glass');
      await page.getByRole('button', { name: 'Post' }).click();
      await page.getByRole('link', { name: 'https://example.com/glass' }).waitFor();

      await page.goto(`${DESK_URL}${help.wish}`);
      await page.getByRole('button', { name: 'Vote for this' }).click();
      await page.getByText('Votes: 1').waitFor();
      // The third within a minute is one too many.
      await page.getByLabel('Name').fill('Olaf');
      await page.getByLabel('E-mail').fill('olaf@example.com');
      await page.getByLabel('Message').fill('Me too');
      await page.getByRole('button', { name: 'Post' }).click();
      await page.getByRole('heading', { level: 1, name: 'Please wait a moment' }).waitFor();
      await screenshot(page, 'portal-please-wait');
      assertNoErrors();
    });
  }));

for (const [look, options] of [
  ['light', { viewport: { width: 1200, height: 860 } }],
  ['dark', { viewport: { width: 1200, height: 860 }, colorScheme: 'dark' }],
  ['phone', { viewport: { width: 390, height: 844 } }],
  ['phone-dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
])
  test(`nothing serious for axe, and nothing wider than the page: ${look}`, () =>
    withOwner(async (owner) => {
      const help = await fill(owner);
      const text = 'It leaks.\nAt the bottom: https://example.com/kettle';
      const conversation = await leaveMessage('Liv', `liv.${Date.now()}@example.com`, text);
      await owner.call('POST', `/conversations/${conversation}/messages`, { text: 'Is it the small one?', kind: 'message' });
      const api = await liveAgent(owner);
      const { publicurlcode } = await api('GET', `conversations/${conversation}`);
      await withBrowser(async ({ context }) => {
        const reader = await context(options);
        for (const [name, path] of [
          ['bases', '/kb'],
          ['home', help.home],
          ['category', help.care],
          ['article', help.article],
          ['search', `${help.home}/search?q=kettle`],
          ['search-empty', `${help.home}/search?q=unicorn`],
          ['forum', help.forum],
          ['suggestions', help.wishes],
          ['suggestion', help.wish],
          ['ticket', `/ticket_${publicurlcode}`],
          ['sign-in', '/login'],
          ['sign-out', '/logout'],
          ['agent', '/agent/'],
          ['not-found', '/kb/nowhere'],
        ]) {
          const page = await visit(reader, path);
          await page.getByRole('heading', { level: 1 }).waitFor();
          await assertAccessible(page, `${name}, ${look}`);
          await screenshot(page, `portal-${name}-${look}`);
          const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
          assert.ok(wide <= room, `${name} is ${wide} wide on ${room}`);
          await page.close();
        }
        assertNoErrors();
      });
    }));

test('a base in a language that is written from right to left', () =>
  withOwner(async (owner) => {
    const { base } = await owner.call('POST', '/knowledge/bases', { name: 'مساعدة', language: 'ar' });
    const { entry } = await owner.call('POST', '/knowledge/entries', {
      kind: 'article',
      title: 'تنظيف الغلاية',
      base,
      content: '<p>استخدم الخل ثم اغسل الغلاية جيدا.</p><ul><li>خل</li><li>ماء</li></ul>',
    });
    const { page: path } = await owner.call('GET', `/knowledge/entries/${entry}`);
    await withBrowser(async ({ context }) => {
      const page = await visit(await context({ viewport: { width: 900, height: 700 } }), new URL(path, DESK_URL).pathname);
      const heading = page.getByRole('heading', { level: 1 });
      assert.equal(await heading.evaluate((element) => getComputedStyle(element).direction), 'rtl');
      assert.equal(await page.locator('article').getAttribute('lang'), 'ar');
      await assertAccessible(page, 'an article in Arabic');
      await screenshot(page, 'portal-article-rtl');
      assertNoErrors();
    });
  }));

test('a ticket: what the agent answers is read and answered there', () =>
  withOwner(async (owner) => {
    const name = `Tove${Date.now()}`;
    const conversation = await leaveMessage(name, `${name}@example.com`, 'My kettle leaks.');
    await owner.call('POST', `/conversations/${conversation}/messages`, { text: 'Hers again', kind: 'note' });
    await owner.call('POST', `/conversations/${conversation}/messages`, { text: 'Where does it leak?', kind: 'message' });
    const api = await liveAgent(owner);
    const { publicurlcode } = await api('GET', `conversations/${conversation}`);
    await withBrowser(async ({ context }) => {
      const page = await visit(await context({ javaScriptEnabled: false }), `/index.php?type=my_tickets&cid=${publicurlcode}`);
      assert.equal(new URL(page.url()).pathname, `/ticket_${publicurlcode}`);
      await page.getByText('Where does it leak?').waitFor();
      assert.equal(await page.getByText('Hers again').count(), 0);
      // Two posts were made a moment ago by the same address: this waits for its turn.
      await until(
        'the reply',
        async () => {
          await page.goto(`${DESK_URL}/ticket_${publicurlcode}`);
          await page.getByLabel('Message').fill('At the bottom.');
          await page.getByRole('button', { name: 'Send' }).click();
          return (await page.getByText('At the bottom.').count()) === 1;
        },
        90_000,
      );
      const agent = await openConsole(await context({ viewport: { width: 1360, height: 800 } }), OWNER);
      await agent.goto(`${DESK_URL}/console/#/tickets/${conversation}`);
      await agent.getByText('At the bottom.').first().waitFor();
      assertNoErrors();
    });
  }));

test('signing in from the page of another system', () =>
  withOwner(async (owner) => {
    const api = await liveAgent(owner);
    const email = `una.${Date.now()}@example.com`;
    await leaveMessage('Una', email, 'Where is my order?');
    const { authtoken: customers } = await api('GET', `customers/${email}`);
    const { authtoken: agents } = await api('GET', `agents/${OWNER.email}`);
    const form = (action, token) =>
      `<form id="f" method="post" action="${DESK_URL}${action}"><input type="hidden" name="AuthToken" value="${token}"></form>
       <script>document.getElementById('f').submit();</script>`;
    const shop = await startShop({
      '/customer': form('/login', customers),
      '/agent': form('/agent/', agents),
      '/wrong': form('/agent/', customers),
    });
    try {
      await withBrowser(async ({ context }) => {
        const customer = await (await context()).newPage();
        watchForErrors(customer);
        await customer.goto(`${shop.url}/customer`);
        await customer.waitForURL(`${DESK_URL}/tickets`);
        await customer.getByRole('link', { name: 'Where is my order?' }).click();
        await customer.getByText('Where is my order?').first().waitFor();
        await screenshot(customer, 'portal-own-ticket');
        await customer.goto(`${DESK_URL}/tickets`);
        await assertAccessible(customer, 'a customer’s tickets');
        await screenshot(customer, 'portal-tickets');
        await customer.getByRole('button', { name: 'Sign out' }).click();
        await customer.goto(`${DESK_URL}/tickets`);
        await customer.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();

        const agent = await (await context({ viewport: { width: 1360, height: 800 } })).newPage();
        watchForErrors(agent);
        await agent.goto(`${shop.url}/agent`);
        await agent.waitForURL((url) => url.pathname === '/console/');
        await agent.getByTestId('my-status').waitFor();
        const wrong = await (await context()).newPage();
        await wrong.goto(`${shop.url}/wrong`);
        await wrong.getByText('This sign-in token is not valid').waitFor();
        await assertAccessible(wrong, 'a refused token');
        await screenshot(wrong, 'portal-token-refused');
        assertNoErrors();
      });
    } finally {
      shop.close();
    }
  }));
