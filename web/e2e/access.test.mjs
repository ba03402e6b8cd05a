/** Accessible to everybody: axe finds nothing serious, and the keyboard is enough. Screenshots in light, dark and on a phone. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertAccessible,
  assertNoErrors,
  DESK_URL,
  hasMessage,
  openConsole,
  openWidget,
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

const chatFrame = (page) => page.frames().find((frame) => frame.url().includes('/widget/frame'));

for (const colorScheme of ['light', 'dark']) {
  test(`nothing serious for axe, ${colorScheme}`, () =>
    withOwner(() =>
      withBrowser(async ({ context }) => {
        const agentContext = await context({ colorScheme, viewport: { width: 1360, height: 800 }, reducedMotion: 'reduce' });
        const signIn = await agentContext.newPage();
        await signIn.goto(`${DESK_URL}/console/`);
        await signIn.getByTestId('sign-in').waitFor();
        await assertAccessible(signIn, 'sign-in');
        await screenshot(signIn, `sign-in-${colorScheme}`);
        await signIn.close();

        const page = await openConsole(agentContext, OWNER);
        await setStatus(page, 'online');
        const { page: shop, frame } = await openWidget(
          await context({ colorScheme, viewport: { width: 1100, height: 760 }, reducedMotion: 'reduce' }),
        );
        await frame.getByTestId('start-form').waitFor();
        await assertAccessible(shop, 'the demo page with the launcher');
        await assertAccessible(chatFrame(shop), 'the form before a chat');
        await screenshot(shop, `widget-form-${colorScheme}`);
        const name = `Axel ${colorScheme}`;
        await startChat(frame, { name, email: `axel.${colorScheme}@example.com`, text: 'Can everybody use this?' });

        const offer = page.getByTestId('offer').filter({ hasText: name });
        await offer.waitFor();
        await assertAccessible(page, 'the console with an offer');
        await screenshot(page, `console-offer-${colorScheme}`);
        await offer.getByTestId('accept').click();
        await hasMessage(page, 'Can everybody use this?');
        await say(page, 'We try hard: https://example.com/help says how.');
        await hasMessage(frame, 'We try hard: https://example.com/help says how.');
        await page.getByTestId('kind-note').check();
        await say(page, 'To be shown in the next demonstration.');
        await hasMessage(page, 'To be shown in the next demonstration.');
        await assertAccessible(page, 'the console with a chat');
        await assertAccessible(chatFrame(shop), 'the chat');
        await screenshot(page, `console-${colorScheme}`);
        await screenshot(shop, `widget-${colorScheme}`);

        await page.getByTestId('transfer').click();
        await page.getByTestId('to-agents').waitFor();
        await assertAccessible(page, 'the transfer dialog');
        await page.keyboard.press('Escape');
        await page.getByTestId('end').click();
        await page.getByTestId('end-confirm').click();
        await frame.getByTestId('ended').waitFor();
        await frame.getByTestId('rate-bad').click();
        await frame.getByTestId('rate-comment').waitFor();
        await assertAccessible(chatFrame(shop), 'the end with the rating');
        await screenshot(shop, `widget-end-${colorScheme}`);

        await page.getByTestId('area-tickets').click();
        await page.getByTestId('filter').selectOption('all');
        await page.getByTestId('ticket').first().click();
        await page.getByTestId('conversation').waitFor();
        await assertAccessible(page, 'the tickets');
        await screenshot(page, `console-tickets-${colorScheme}`);
        await page.getByTestId('area-settings').click();
        for (const part of ['general', 'departments', 'agents', 'keys', 'bans', 'automation']) {
          await page.getByTestId(`settings-${part}`).click();
          await page.locator('.table, [data-testid=settings-form]').first().waitFor();
          await assertAccessible(page, `settings: ${part}`);
          await screenshot(page, `settings-${part}-${colorScheme}`);
        }
        assertNoErrors();
      }),
    ));
}

test('the keyboard is enough', () =>
  withOwner(async (owner) => {
    const agent = await owner.createAgent('Kay');
    await withBrowser(async ({ context }) => {
      const page = await (await context({ viewport: { width: 1360, height: 800 } })).newPage();
      watchForErrors(page);
      await page.goto(`${DESK_URL}/console/`);
      await page.getByTestId('email').waitFor();
      // The first field has the focus.
      await until('focus on e-mail', () => page.getByTestId('email').evaluate((field) => field === document.activeElement));
      await page.keyboard.type(agent.email);
      await page.keyboard.press('Tab');
      await page.keyboard.type(agent.password);
      await page.keyboard.press('Enter');
      await page.getByTestId('my-status').waitFor();
      await tabTo(page, 'my-status');
      await page.keyboard.type('Online');
      await page.locator('[data-testid=connection][data-up=true]').waitFor({ state: 'attached' });
      await page.getByTestId('team').locator('[data-me=true][data-status=online]').waitFor();

      const shop = await (await context()).newPage();
      watchForErrors(shop);
      await shop.goto(`${DESK_URL}/demo`);
      await shop.getByTestId('launcher').waitFor();
      await tabTo(shop, 'launcher');
      await shop.keyboard.press('Enter');
      const frame = shop.frameLocator('iframe');
      await frame.getByTestId('start-form').waitFor();
      await until('focus in the form', () =>
        frame.getByTestId('form-name').evaluate((field) => field === document.activeElement),
      );
      await shop.keyboard.type('Kim');
      await shop.keyboard.press('Tab');
      if (await frame.getByTestId('form-email').count()) await shop.keyboard.press('Tab');
      if (await frame.getByTestId('form-department').count()) await shop.keyboard.press('Tab');
      await shop.keyboard.type('No mouse here');
      await shop.keyboard.press('Tab');
      await shop.keyboard.press('Enter');

      await page.getByTestId('offer').filter({ hasText: 'Kim' }).waitFor();
      await page.keyboard.press('Alt+a');
      await hasMessage(page, 'No mouse here');
      // Letters are shortcuts only where nothing is being written.
      await page.evaluate(() => document.activeElement.blur());
      await page.keyboard.press('?');
      await page.getByTestId('shortcuts').waitFor();
      await screenshot(page, 'console-shortcuts-light');
      await page.keyboard.press('Escape');
      await page.getByTestId('shortcuts').waitFor({ state: 'detached' });
      await page.keyboard.press('c');
      await page.keyboard.type('None needed?');
      await page.keyboard.press('Enter');
      await hasMessage(frame, 'None needed?');
      await page.keyboard.press('Alt+n');
      assert.equal(await page.getByTestId('kind-note').isChecked(), true);
      await page.keyboard.press('Alt+n');

      await until('focus in the box', () => frame.getByTestId('composer').evaluate((box) => box === document.activeElement));
      await shop.keyboard.type('Not one.');
      await shop.keyboard.press('Enter');
      await hasMessage(page, 'Not one.');
      // Closed by Escape; the badge counts what comes then.
      await shop.keyboard.press('Escape');
      await until('focus on the launcher', () =>
        shop.getByTestId('launcher').evaluate((button) => button.getRootNode().activeElement === button),
      );
      await say(page, 'Are you still there?');
      await shop.getByTestId('unread').filter({ hasText: '1' }).waitFor();
      await screenshot(shop, 'widget-unread-light');
      await shop.keyboard.press('Enter');
      await hasMessage(frame, 'Are you still there?');
      await shop.getByTestId('unread').waitFor({ state: 'hidden' });
      await page.getByTestId('end').focus();
      await page.keyboard.press('Enter');
      await page.getByTestId('end-confirm').focus();
      await page.keyboard.press('Enter');
      await frame.getByTestId('ended').waitFor();
      assertNoErrors();
    });
  }));

test('a phone: the widget fills the screen, left to right and right to left', () =>
  withOwner(async (owner) => {
    const agent = await owner.createAgent('Finn');
    await withBrowser(async ({ context }) => {
      const page = await openConsole(await context(), agent);
      await setStatus(page, 'online');
      for (const colorScheme of ['light', 'dark']) {
        const phone = await context({ colorScheme, viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true });
        const { page: shop, frame } = await openWidget(phone);
        await frame.getByTestId('start-form').waitFor();
        const box = await shop.locator('iframe').boundingBox();
        assert.deepEqual([box.width, box.height], [390, 780]);
        await startChat(frame, { name: `Phil ${colorScheme}`, email: `phil.${colorScheme}@example.com`, text: 'From the train' });
        const offer = page.getByTestId('offer').filter({ hasText: `Phil ${colorScheme}` });
        await offer.getByTestId('accept').click();
        await hasMessage(page, 'From the train');
        await say(page, 'Have a good journey. What can we do for you?');
        await hasMessage(frame, 'Have a good journey. What can we do for you?');
        await screenshot(shop, `widget-phone-${colorScheme}`);
        await chatFrame(shop).evaluate(() => (document.documentElement.dir = 'rtl'));
        await screenshot(shop, `widget-phone-rtl-${colorScheme}`);
        await page.getByTestId('end').click();
        await page.getByTestId('end-confirm').click();
        await frame.getByTestId('ended').waitFor();
      }
      assertNoErrors();
    });
  }));

/** Presses Tab until the element has the focus, as somebody without a mouse would. */
async function tabTo(page, testid) {
  for (let i = 0; i < 40; i++) {
    const there = await page.getByTestId(testid).evaluate((element) => element.getRootNode().activeElement === element);
    if (there) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab does not reach ${testid}`);
}
