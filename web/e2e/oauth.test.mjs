/** OAuth as an agent sees it: a program's page sends him to the desk, he signs in and allows, and is back with a code. Without script. */

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
import { startShop } from './foreign.mjs';

/** A client of this test alone, and the page of its program with a link to the desk. */
async function withProgram(owner, run) {
  const pages = { '/back': '<h1>Back at the program</h1>' };
  const program = await startShop(pages);
  const back = `${program.url}/back`;
  const made = await owner.call('POST', '/oauth/clients', {
    name: `Reports ${Date.now()}`,
    company: 'Kettle and Leaf',
    client_type: 'confidential',
    redirect_uris: [back],
    scopes: ['read', 'write'],
  });
  const query = new URLSearchParams({ response_type: 'code', client_id: made.identifier, redirect_uri: back, state: 'a&b' });
  const page = `${DESK_URL}/oauth2/authorizations/new?${query}`;
  pages['/'] = `<a href="${page.replaceAll('&', '&amp;')}">Connect</a>`;
  try {
    await run({ program, made, back, page });
  } finally {
    await owner.call('DELETE', `/oauth/clients/${made.client}`, undefined, true);
    program.close();
  }
}

async function exchange({ made, back }, url) {
  const answer = new URL(url);
  assert.equal(answer.searchParams.get('state'), 'a&b');
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: made.identifier,
    client_secret: made.secret,
    code: answer.searchParams.get('code'),
    redirect_uri: back,
  });
  const tokens = await (await fetch(`${DESK_URL}/oauth2/token`, { method: 'POST', body })).json();
  const figures = await fetch(`${DESK_URL}/stream/chats`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
  assert.equal(figures.status, 200, JSON.stringify(tokens));
}

for (const colorScheme of ['light', 'dark']) {
  test(`an agent lets a program act for him, ${colorScheme}`, () =>
    withOwner((owner) =>
      withProgram(owner, (given) =>
        withBrowser(async ({ context }) => {
          const agent = await context({ javaScriptEnabled: false, colorScheme, viewport: { width: 700, height: 760 } });
          const page = await agent.newPage();
          watchForErrors(page);
          await page.goto(given.program.url);
          await page.getByRole('link', { name: 'Connect' }).click();
          await page.getByRole('heading', { name: 'Sign in' }).waitFor();
          await screenshot(page, `oauth-sign-in-${colorScheme}`);
          await page.getByLabel('E-mail').fill(OWNER.email);
          await page.getByLabel('Password').fill(OWNER.password);
          await page.getByRole('button', { name: 'Sign in' }).click();
          await page.getByRole('heading', { name: 'Allow access?' }).waitFor();
          await page.getByText(given.made.name).waitFor();
          await screenshot(page, `oauth-consent-${colorScheme}`);
          await page.getByRole('button', { name: 'Allow' }).click();
          await page.getByRole('heading', { name: 'Back at the program' }).waitFor();
          await exchange(given, page.url());

          // From the program's page the browser does not tell that he is signed in; from the desk's own it does.
          await page.goto(given.program.url);
          await page.getByRole('link', { name: 'Connect' }).click();
          await page.getByRole('link', { name: 'Go on as you are' }).click();
          await page.getByRole('button', { name: 'Deny' }).click();
          await page.getByRole('heading', { name: 'Back at the program' }).waitFor();
          assert.equal(new URL(page.url()).searchParams.get('error'), 'access_denied');
          assertNoErrors();
        }),
      ),
    ));
}

test('nothing serious for axe', () =>
  withOwner((owner) =>
    withProgram(owner, (given) =>
      withBrowser(async ({ context }) => {
        for (const colorScheme of ['light', 'dark']) {
          const agent = await context({ colorScheme });
          const page = await agent.newPage();
          await page.goto(given.page);
          await assertAccessible(page, `sign-in, ${colorScheme}`);
          await page.getByLabel('E-mail').fill(OWNER.email);
          await page.getByLabel('Password').fill('wrong password');
          await page.getByRole('button', { name: 'Sign in' }).click();
          await page.getByRole('alert').waitFor();
          await assertAccessible(page, `wrong password, ${colorScheme}`);
          await page.getByLabel('Password').fill(OWNER.password);
          await page.getByRole('button', { name: 'Sign in' }).click();
          await page.getByRole('button', { name: 'Allow' }).waitFor();
          await assertAccessible(page, `consent, ${colorScheme}`);
          await page.goto(`${DESK_URL}/oauth2/authorizations/new?client_id=nobody`);
          await page.getByRole('alert').waitFor();
          await assertAccessible(page, `an unknown program, ${colorScheme}`);
        }
      }),
    ),
  ));

test('clients and tokens in the console', () =>
  withOwner((owner) =>
    withBrowser(async ({ context }) => {
      const page = await openConsole(await context({ viewport: { width: 1360, height: 900 } }), OWNER);
      page.on('dialog', (dialog) => dialog.accept());
      await page.goto(`${DESK_URL}/console/#/settings/oauth`);
      const name = `Console ${Date.now()}`;
      await page.getByTestId('oauth-name').fill(name);
      await page.getByTestId('oauth-create').click();
      const shown = page.getByTestId('oauth-secret');
      const [identifier, secret] = await shown.locator('code').allInnerTexts();
      const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: identifier, client_secret: secret });
      const tokens = await (await fetch(`${DESK_URL}/oauth2/token`, { method: 'POST', body })).json();
      const status = async () =>
        (await fetch(`${DESK_URL}/stream/chats`, { headers: { authorization: `Bearer ${tokens.access_token}` } })).status;
      assert.equal(await status(), 200);
      await assertAccessible(page, 'OAuth in the settings');
      await page.getByTestId('oauth-clients').getByRole('button', { name: `New secret: ${name}` }).click();
      await until('another secret is shown', async () => (await shown.locator('code').allInnerTexts())[1] !== secret);
      await shown.getByRole('button', { name: 'Close' }).click();
      await until('the secret is shown no more', async () => (await shown.count()) === 0);
      await page.reload();
      await page.getByTestId('oauth-tokens').getByText(name).waitFor();
      await screenshot(page, 'settings-oauth');
      await page.getByTestId('oauth-tokens').getByRole('button', { name: `${name}` }).click();
      await until('the token is refused', async () => (await status()) === 401);
      await page.getByTestId('oauth-clients').getByRole('button', { name: `Delete: ${name}` }).click();
      await until('the client is gone', async () => {
        const { items } = await owner.call('GET', '/oauth/clients');
        return items.every((client) => client.identifier !== identifier);
      });
      assertNoErrors();
    }),
  ));

test('keys and tokens of the desk in the console', () =>
  withOwner((owner) =>
    withBrowser(async ({ context }) => {
      const page = await openConsole(await context({ viewport: { width: 1360, height: 900 } }), OWNER);
      page.on('dialog', (dialog) => dialog.accept());
      await page.goto(`${DESK_URL}/console/#/settings/keys`);
      const name = `Token ${Date.now()}`;
      await page.getByTestId('key-name').fill(name);
      await page.getByLabel('Kind').selectOption('token');
      await page.getByTestId('key-create').click();
      await until('a token without scopes is refused', async () => (await page.getByRole('alert').innerText()) !== '');
      await page.locator('input[type="checkbox"][value="read"]').check();
      await page.getByTestId('key-create').click();
      const shown = page.getByTestId('key-secret');
      const secret = await shown.locator('code').innerText();
      const ask = async (path) => (await fetch(`${DESK_URL}${path}`, { headers: { authorization: `Bearer ${secret}` } })).status;
      assert.equal(await ask('/stream/chats'), 200);
      assert.equal(await page.getByRole('alert').innerText(), '');
      const { items } = await owner.call('GET', '/credentials');
      assert.deepEqual(items.find((one) => one.name === name).scopes, ['read']);
      await assertAccessible(page, 'keys in the settings');
      await shown.getByRole('button', { name: 'Close' }).click();
      await until('the secret is shown no more', async () => (await shown.count()) === 0);
      await page.getByTestId('keys').getByRole('button', { name: `Delete: ${name}` }).click();
      await until('the token is refused', async () => (await ask('/stream/chats')) === 401);
      await until('the token is gone from the list', async () => (await page.getByTestId('keys').getByText(name).count()) === 0);
      assertNoErrors();
    }),
  ));
