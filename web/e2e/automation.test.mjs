/** Rules and service levels made by forms, and what they do to real tickets. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertNoErrors,
  assertPresentable,
  DESK_URL,
  DESKTOP,
  openConsole,
  OWNER,
  PHONE,
  until,
  withBrowser,
  withOwner,
} from './desk.mjs';
import { leaveMessage } from './foreign.mjs';

async function pick(scope, label) {
  await scope.getByTestId('picks-add').selectOption({ label });
}

/** Whoever is in the field is told what is wrong with it. */
async function assertTold(field, pattern) {
  const told = await field.evaluate((one) => document.getElementById(one.getAttribute('aria-describedby') ?? '')?.textContent);
  assert.match(told ?? 'nothing', pattern);
  assert.equal(await field.getAttribute('aria-invalid'), 'true');
}

test('a rule is made by its form and acts on a ticket; a time rule too', () =>
  withOwner(async (owner) => {
    const mark = Date.now().toString(36);
    const name = `Refunds ${mark}`;
    await withBrowser(async ({ context }) => {
      const page = await openConsole(await context(DESKTOP), OWNER);
      page.on('dialog', (dialog) => dialog.accept());
      await page.goto(`${DESK_URL}/console/#/settings/rules`);
      await page.getByTestId('rules-add').click();
      await page.getByTestId('rule-name').fill(name);
      await page.getByTestId('rule-events-add').selectOption({ label: 'A conversation begins' });

      await page.getByTestId('group-add').click();
      const group = page.getByTestId('group');
      const condition = group.getByTestId('condition');
      await condition.first().getByTestId('condition-mode').selectOption('fits_any_case');
      await condition.first().getByTestId('condition-text').fill(`refund (${mark}`);
      await group.getByTestId('condition-add').click();
      await condition.nth(1).getByTestId('condition-word').selectOption({ label: 'Has a tag' });
      await condition.nth(1).getByTestId('condition-not').selectOption('not');
      await condition.nth(1).getByTestId('picks-add').fill(`done-${mark}`);
      await condition.nth(1).getByTestId('picks-add').press('Enter');
      await page.getByTestId('group-add').click();
      const other = page.getByTestId('group').nth(1).getByTestId('condition');
      await other.getByTestId('condition-word').selectOption({ label: 'Channel' });
      await pick(other, 'Twitter');

      const action = page.getByTestId('action');
      await action.first().getByTestId('picks-add').fill(`money-${mark}`);
      await action.first().getByTestId('picks-add').press('Enter');
      await page.getByTestId('action-add').click();
      await action.nth(1).getByTestId('action-text').fill('For the till: {{customer.nmae}}');
      await page.getByTestId('action-add').click();
      await action.nth(2).getByTestId('action-word').selectOption({ label: 'Set the status' });
      await action.nth(2).getByTestId('action-status').selectOption({ label: 'Open' });
      await page.getByTestId('rule-stop').check();

      // What is wrong is said where it is wrong.
      await page.getByTestId('rule-save').click();
      await condition.first().getByTestId('fault').filter({ hasText: 'regular expression' }).waitFor();
      const text = condition.first().getByTestId('condition-text');
      await assertTold(text, /regular expression/);
      assert.equal(await page.locator('[aria-invalid]').count(), 1);
      await text.fill(`refund.*${mark}`);
      assert.equal(await page.locator('[aria-invalid], [aria-describedby]').count(), 0);
      await page.getByTestId('rule-save').click();
      await action.nth(1).getByTestId('fault').filter({ hasText: 'placeholder' }).waitFor();
      await assertTold(action.nth(1).getByTestId('action-text'), /placeholder/);
      await assertPresentable(page, 'rule-form');
      await action.nth(1).getByTestId('action-text').fill('For the till: {{customer.name}}');
      await page.getByTestId('rule-save').click();
      await page.getByTestId('rules').getByRole('cell', { name, exact: true }).waitFor();

      const ticket = await leaveMessage('Rita', `rita.${mark}@example.com`, `A REFUND please, ${mark}`);
      await until('the rule acted', async () => {
        const { tags, status } = await owner.call('GET', `/conversations/${ticket}`);
        return tags.includes(`money-${mark}`) && status === 'C';
      });
      const { items } = await owner.call('GET', `/conversations/${ticket}/messages`);
      assert.ok(items.some(({ text }) => text === 'For the till: Rita'));
      const log = page.getByTestId('rule-log').getByRole('row').filter({ hasText: name });
      await until('the log tells', async () => {
        await page.getByTestId('rule-log-again').click();
        return log.count();
      });
      await log.filter({ hasText: `Add tags: money-${mark}` }).filter({ hasText: 'Set the status: Open' }).first().waitFor();
      await log.filter({ hasText: 'A conversation begins' }).getByRole('link').click();
      await page.getByTestId('tag').filter({ hasText: `money-${mark}` }).waitFor();

      // What was made is what the form shows again.
      await page.goto(`${DESK_URL}/console/#/settings/rules`);
      await page.getByRole('button', { name: `Edit: ${name}` }).click();
      await page.getByTestId('rule-json').click();
      const definition = JSON.parse(await page.getByTestId('rule-definition').inputValue());
      assert.deepEqual(definition, {
        events: ['customer_message', 'conversation_created'],
        conditions: [[{ text: `/refund.*${mark}/i` }, { not: { tag: [`done-${mark}`] } }], [{ channel: ['T'] }]],
        actions: [{ add_tag: [`money-${mark}`] }, { note: 'For the till: {{customer.name}}' }, { status: 'C' }],
        stop: true,
      });
      await page.getByRole('button', { name: 'Cancel' }).click();

      // A time rule; the first of its kind is put before it.
      const timed = [`Old ${mark}`, `Older ${mark}`];
      for (const [i, name] of timed.entries()) {
        await page.getByTestId('time-rules-add').click();
        await page.getByTestId('rule-name').fill(name);
        const moment = page.getByTestId('condition').first();
        await moment.getByTestId('condition-word').selectOption({ label: i ? 'Overdue by more than' : 'Status unchanged for' });
        await moment.getByTestId('wait-count').fill(i ? '0' : '36');
        await moment.getByTestId('wait-unit').selectOption('h');
        await page.getByTestId('action').getByTestId('action-word').selectOption({ label: 'Postpone for' });
        await page.getByTestId('rule-save').click();
        await page.getByTestId('time-rules').getByRole('cell', { name, exact: true }).waitFor();
      }
      await page.getByRole('button', { name: `Up: ${timed[1]}` }).click();
      await until('their order', async () => {
        const { items } = await owner.call('GET', '/time-rules');
        const places = timed.map((name) => items.findIndex((rule) => rule.name === name));
        return places[1] + 1 === places[0];
      });
      const made = (await owner.call('GET', '/time-rules')).items.filter(({ name }) => timed.includes(name));
      assert.deepEqual(
        made.map(({ definition }) => definition.conditions),
        [[[{ overdue_by_more_than: 0 }]], [[{ status_changed_more_than: '36h' }]]],
      );
      await assertPresentable(page, 'rules');
      for (const gone of [name, ...timed]) {
        await page.getByRole('button', { name: `Delete: ${gone}` }).click();
        await page.getByRole('button', { name: `Delete: ${gone}` }).waitFor({ state: 'detached' });
      }
    });
    assertNoErrors();
  }));

test('a level and its rule are made by forms, and a new ticket is due', () =>
  withOwner(async (owner) => {
    const mark = Date.now().toString(36);
    const [name, rule] = [`Gold ${mark}`, `Gold domain ${mark}`];
    await withBrowser(async ({ context }) => {
      const page = await openConsole(await context(DESKTOP), OWNER);
      page.on('dialog', (dialog) => dialog.accept());
      await page.goto(`${DESK_URL}/console/#/settings/sla`);
      await page.getByTestId('level-add').click();
      await page.getByTestId('level-name').fill(name);
      await page.getByTestId('time-first_answer').fill('2');
      await page.getByTestId('time-chat_answer').fill('45');
      await page.getByTestId('hours-zone').fill('Mars/Base');
      await page.getByTestId('level-save').click();
      await page.getByTestId('fault').filter({ hasText: 'no such time zone' }).waitFor();
      await assertTold(page.getByTestId('hours-zone'), /no such time zone/);
      await page.getByTestId('hours-zone').fill('UTC');
      // Open all the time: a shift over midnight on every day, and the day between.
      for (const day of ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']) {
        const row = page.getByTestId(`hours-${day}`);
        if (day === 'sat' || day === 'sun') await row.getByTestId('hours-add').click();
        await row.locator('input[type=time]').nth(0).fill('06:00');
        await row.locator('input[type=time]').nth(1).fill('22:00');
        await row.getByTestId('hours-add').click();
        await row.locator('input[type=time]').nth(2).fill('22:00');
        await row.locator('input[type=time]').nth(3).fill('06:00');
      }
      await page.getByTestId('holiday').fill('2020-12-25');
      await page.getByTestId('holiday-add').click();
      await assertPresentable(page, 'sla-level-form');
      await page.getByTestId('level-save').click();
      const listed = page.getByTestId('sla-levels').getByRole('row').filter({ hasText: name });
      await listed.filter({ hasText: 'First answer: 2 hours' }).waitFor();
      const level = (await owner.call('GET', '/sla/levels')).items.find((one) => one.name === name);
      assert.deepEqual(level.calendar.days.wed, [{ from: '00:00', until: '24:00' }]);
      assert.deepEqual(level.calendar.holidays, ['2020-12-25']);
      assert.equal(level.times.chat_answer, 45);

      await page.getByTestId('sla-rule-add').click();
      await page.getByTestId('sla-rule-name').fill(rule);
      await page.getByTestId('sla-rule-level').selectOption({ label: name });
      await page.getByTestId('group-add').click();
      const condition = page.getByTestId('condition');
      await condition.getByTestId('condition-word').selectOption({ label: 'Customer’s e-mail domain' });
      await page.getByTestId('sla-rule-save').click();
      await condition.getByTestId('fault').waitFor();
      await assertTold(condition.getByTestId('picks-add'), /1 to/);
      await condition.getByTestId('picks-add').fill(`${mark}.example`);
      await condition.getByTestId('picks-add').press('Enter');
      await assertPresentable(page, 'sla-rule-form');
      await page.getByTestId('sla-rule-save').click();
      await page.getByTestId('sla-rules').getByRole('row').filter({ hasText: rule }).filter({ hasText: `${mark}.example` }).waitFor();
      await assertPresentable(page, 'sla');

      const ticket = await leaveMessage('Gus', `gus@${mark}.example`, `Mine is broken, ${mark}`);
      const detail = await owner.call('GET', `/conversations/${ticket}`);
      assert.deepEqual([detail.sla.name, detail.due - detail.created], [name, 7_200_000]);
      await page.goto(`${DESK_URL}/console/#/tickets`);
      await page.locator(`[data-conversation="${ticket}"]`).getByTestId('due').waitFor();
      const stranger = await leaveMessage('Una', `una@other-${mark}.example`, `Mine too, ${mark}`);
      assert.equal((await owner.call('GET', `/conversations/${stranger}`)).due, null);

      // It is answered, and the log tells that in time.
      await owner.call('POST', `/conversations/${ticket}/messages`, { kind: 'message', text: 'We send another one.' });
      await page.goto(`${DESK_URL}/console/#/reports/sla`);
      await page.getByTestId('sla-level').selectOption({ label: name });
      const row = page.getByTestId('sla-log').getByRole('row').filter({ hasText: name });
      await row.filter({ hasText: 'First answer' }).filter({ hasText: 'In time' }).waitFor();
      await page.getByTestId('sla-share').filter({ hasText: '100' }).waitFor();
      await assertPresentable(page, 'reports-sla');
      await page.getByTestId('sla-kept').selectOption('late');
      await row.waitFor({ state: 'detached' });
      await page.getByTestId('sla-kept').selectOption('');
      await row.getByRole('link').click();
      await page.getByTestId('conversation').getByText('We send another one.').waitFor();

      await page.goto(`${DESK_URL}/console/#/settings/sla`);
      for (const gone of [rule, name]) {
        await page.getByRole('button', { name: `Delete: ${gone}` }).click();
        await page.getByRole('button', { name: `Delete: ${gone}` }).waitFor({ state: 'detached' });
      }
    });
    assertNoErrors();
  }));

test('on a phone the page that is open is in sight in the list of pages', () =>
  withBrowser(async ({ context }) => {
    const page = await openConsole(await context({ viewport: PHONE }), OWNER, DESK_URL, '#/settings/sla');
    const { x, width } = await page.getByTestId('settings-sla').boundingBox();
    assert.ok(x >= 0 && x + width <= PHONE.width, `from ${x}, ${width} wide`);
    await page.getByTestId('settings-general').click();
    await page.locator('[data-testid=settings-general][aria-current]').waitFor();
    assert.ok((await page.getByTestId('settings-general').boundingBox()).x >= 0);
    assertNoErrors();
  }));
