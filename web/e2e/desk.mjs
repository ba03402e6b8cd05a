/** What the browser tests share: browsers, a cuttable proxy in front of the desk, waiting on conditions, accessibility, screenshots. */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const DESK_URL = (process.env.DESKBELL_URL ?? 'http://127.0.0.1:8080').replace(/\/$/, '');
export const OWNER = {
  email: process.env.DESKBELL_EMAIL ?? 'owner@example.com',
  password: process.env.DESKBELL_PASSWORD ?? 'password',
};
export const WITHIN_MS = 15_000;
export const DESKTOP = { viewport: { width: 1360, height: 900 } };
export const PHONE = { width: 390, height: 800 };

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const shots = path.resolve(process.env.DESKBELL_SCREENSHOTS ?? path.join(root, 'target/screenshots'));
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export function launch() {
  return chromium.launch({
    executablePath: process.env.DESKBELL_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A TCP proxy before the desk that can cut every connection and refuse new ones: a network break as both ends feel it. */
export async function startProxy(target = DESK_URL) {
  const { hostname, port, protocol } = new URL(target);
  const open = new Set();
  let refuse = false;
  let refuseUpgrades = false;
  const server = net.createServer((client) => {
    if (refuse) return client.destroy();
    const desk = net.connect(Number(port || (protocol === 'https:' ? 443 : 80)), hostname);
    const pair = { close: () => (client.destroy(), desk.destroy()) };
    open.add(pair);
    client.on('data', (bytes) => {
      if (refuseUpgrades && /^upgrade:\s*websocket/im.test(bytes.toString('latin1'))) pair.close();
      else desk.write(bytes);
    });
    desk.pipe(client);
    for (const socket of [client, desk]) {
      socket.on('error', () => pair.close());
      socket.on('close', () => {
        pair.close();
        open.delete(pair);
      });
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut() {
      refuse = true;
      for (const pair of open) pair.close();
    },
    mend() {
      refuse = false;
    },
    /** Lets HTTP through and kills every WebSocket. */
    refuseUpgrades(value) {
      refuseUpgrades = value;
    },
    close() {
      this.cut();
      server.close();
    },
  };
}

/** Waits for a condition, which is asked again until it holds or the time is up. */
export async function until(what, condition, withinMs = WITHIN_MS) {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) assert.fail(`waited ${withinMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
}

/** The native API as an owner, outside of any browser. */
export class Owner {
  #cookie = '';
  #made = [];

  async call(method, path, body, mayFail = false) {
    const response = await fetch(`${DESK_URL}/api/native/v1${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        'x-deskbell': '1',
        ...(this.#cookie ? { cookie: this.#cookie } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const cookie = response.headers.getSetCookie().map((line) => line.split(';')[0]);
    if (cookie.length) this.#cookie = cookie.join('; ');
    const text = await response.text();
    if (!response.ok && !mayFail) assert.fail(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  async signIn() {
    await this.call('POST', '/session', OWNER);
    return this;
  }

  /** An agent of this test alone, in every department. */
  async createAgent(name) {
    const agent = {
      email: `${name.toLowerCase()}.${Date.now().toString(36)}@example.com`,
      first_name: name,
      last_name: 'Test',
      role: 'agent',
      slots: 5,
      enabled: true,
      password: `pass-${Date.now()}-${name}`,
    };
    const made = await this.call('POST', '/agents', agent);
    const id = made.agent?.agent ?? made.agent;
    for (const department of (await this.call('GET', '/departments')).items) {
      if (department.members.some((member) => member.agent === id)) continue;
      const { department: departmentId, ...fields } = department;
      await this.call('PUT', `/departments/${departmentId}`, {
        ...fields,
        members: [...department.members, { agent: id }],
      });
    }
    this.#made.push(id);
    return { ...agent, agent: id, name: `${name} Test` };
  }

  /** Whatever a test left behind, nobody is online after it. */
  async cleanUp() {
    for (const id of this.#made.splice(0)) await this.call('PUT', `/agents/${id}`, { enabled: false }, true);
    await this.call('PUT', '/me/status', { status: 'offline' }, true);
  }
}

/** Runs a test with the owner's API at hand, and tidies up after it. */
export async function withOwner(run) {
  const owner = await new Owner().signIn();
  try {
    await run(owner);
  } finally {
    await owner.cleanUp();
  }
}

/** The agent's page, signed in. */
export async function openConsole(context, { email, password }, base = DESK_URL, query = '') {
  const page = await context.newPage();
  watchForErrors(page);
  await page.goto(`${base}/console/${query}`);
  await page.getByTestId('email').fill(email);
  await page.getByTestId('password').fill(password);
  await page.getByTestId('sign-in-submit').click();
  await page.getByTestId('my-status').waitFor();
  await isUp(page);
  return page;
}

export async function setStatus(page, status) {
  await page.getByTestId('my-status').selectOption(status);
  await until(`status ${status}`, async () => (await page.getByTestId('my-status').inputValue()) === status);
  await page.getByTestId('area-chats').click();
  await page.getByTestId('team').locator(`[data-me=true][data-status=${status}]`).waitFor();
}

export async function isUp(page, up = true) {
  await page.locator(`[data-testid=connection][data-up=${up}]`).waitFor({ state: 'attached', timeout: 30_000 });
}

/** The visitor's page, with the widget open. Answers the page and the widget's frame. */
export async function openWidget(context, base = DESK_URL, transport = 'auto') {
  const page = await context.newPage();
  watchForErrors(page);
  if (transport === 'poll')
    await page.route('**/demo', async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace('src="/widget.js"', 'src="/widget.js" data-transport="poll"');
      await route.fulfill({ response, body });
    });
  await page.goto(`${base}/demo`);
  await page.getByTestId('launcher').click();
  return { page, frame: page.frameLocator('iframe') };
}

/** Fills in what the widget asks before a chat. */
export async function startChat(frame, { name, email, text }) {
  await frame.getByTestId('start-form').waitFor();
  await frame.getByTestId('form-name').fill(name);
  if (await frame.getByTestId('form-email').count()) await frame.getByTestId('form-email').fill(email);
  await frame.getByTestId('form-text').fill(text);
  await frame.getByTestId('form-submit').click();
  await frame.getByTestId('thread').waitFor();
}

export async function say(scope, text) {
  await scope.getByTestId('composer').fill(text);
  await scope.getByTestId('composer').press('Enter');
}

/** Texts of the messages in a log, in order; with what each is by and how far it got. */
export function messages(scope) {
  return scope
    .getByTestId('log')
    .getByTestId('message')
    .evaluateAll((rows) =>
      rows.map((row) => ({
        text: (row.querySelector('.bubble') ?? row.querySelector('p')).textContent.trim(),
        by: row.dataset.by,
        kind: row.dataset.kind ?? null,
        state: row.dataset.state,
      })),
    );
}

export function hasMessage(scope, text, state = 'sent') {
  return until(`message “${text}” (${state})`, async () =>
    (await messages(scope)).some((message) => message.text === text && message.state === state),
  );
}

/** Fails the test run on script errors and on what the content policy had to stop. */
const errors = [];
export function watchForErrors(page) {
  page.on('pageerror', (error) => errors.push(`${page.url()}: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted Type/i.test(message.text())) errors.push(`${page.url()}: ${message.text()}`);
  });
}
export function assertNoErrors() {
  const found = errors.splice(0);
  assert.deepEqual(found, []);
}

/** Serious and critical violations that axe finds in a page or frame. */
export async function assertAccessible(frame, what) {
  // By the debugger's protocol, not by a script element, so that the content policy does not matter.
  await frame.evaluate(axeSource);
  const { violations } = await frame.evaluate(() => window.axe.run(document, { resultTypes: ['violations'], iframes: false }));
  const grave = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`).join('\n')}`);
  assert.deepEqual(grave, [], what);
}

/** Nothing is wider than the screen: a table may be scrolled within its own box. */
async function assertFits(page, what) {
  const wide = await page.evaluate(() =>
    [...document.querySelectorAll('main *')]
      .filter((one) => {
        const { left, right } = one.getBoundingClientRect();
        return !one.closest('table, .unseen') && (right > innerWidth + 1 || left < -1);
      })
      .map((one) => one.outerHTML.slice(0, 120)),
  );
  assert.deepEqual(wide, [], what);
}

export async function screenshot(page, name) {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: path.join(shots, `${name}.png`) });
}

/** As it is now, a page can be used on a desktop and on a phone; each is photographed. */
export async function assertPresentable(page, name) {
  for (const [shown, size] of [
    [`${name}-phone`, PHONE],
    [name, DESKTOP.viewport],
  ]) {
    await page.setViewportSize(size);
    await assertFits(page, shown);
    await assertAccessible(page, shown);
    await screenshot(page, shown);
  }
}

/** Closes everything, also after a failure. */
export async function withBrowser(run) {
  const browser = await launch();
  const contexts = [];
  const context = async (options = {}) => {
    const made = await browser.newContext({ locale: 'en-GB', ...options });
    made.setDefaultTimeout(WITHIN_MS);
    contexts.push(made);
    return made;
  };
  try {
    await run({ browser, context });
  } catch (error) {
    // What it looked like when it failed.
    let i = 0;
    for (const made of contexts)
      for (const page of made.pages()) await screenshot(page, `failed-${Date.now()}-${i++}`).catch(() => {});
    throw error;
  } finally {
    await browser.close();
  }
}
