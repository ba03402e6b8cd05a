/** Reports: the figures of what just happened, over time and by whom. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertNoErrors, assertPresentable, DESK_URL, DESKTOP, openConsole, OWNER, until, withBrowser, withOwner } from './desk.mjs';
import { leaveMessage } from './foreign.mjs';

test('reports show what was done, over time and by whom', () =>
  withOwner(async (owner) => {
    const mark = Date.now().toString(36);
    const ann = await owner.createAgent('Ann');
    const me = (await owner.call('GET', '/session')).agent.agent;
    await withBrowser(async ({ context }) => {
      const page = await openConsole(await context(DESKTOP), OWNER);
      await page.getByTestId('area-reports').click();
      await page.getByTestId('range').selectOption('today');
      const figure = (name) => page.getByTestId('report-total').locator(`[data-figure=${name}] dd`);
      const count = async (name) => Number((await figure(name).textContent()).replaceAll(/\D/g, ''));
      await figure('answers').waitFor();
      const before = { created: await count('created_tickets'), answers: await count('answers') };

      for (let i = 0; i < 3; i++) {
        const ticket = await leaveMessage(`Rosa ${i}`, `rosa.${i}.${mark}@example.com`, `Number ${i}`);
        await owner.call('PUT', `/conversations/${ticket}/tags`, { tags: [`tag-${mark}`] });
        if (i) await owner.call('POST', `/conversations/${ticket}/messages`, { kind: 'message', text: `Answer ${i}` });
      }
      await page.getByTestId('reports-again').click();
      await until('the new figures', async () => (await count('created_tickets')) === before.created + 3);
      assert.equal(await count('answers'), before.answers + 2);
      assert.match(await figure('first_answer').textContent(), /^\d+:\d\d/);

      const each = page.getByTestId('report-each');
      const cell = (of, name) => each.locator(`[data-of="${of}"] [data-figure=${name}]`);
      assert.ok(Number(await cell(me, 'answers').textContent()) >= 2);
      assert.equal(await each.locator(`[data-of="${ann.agent}"]`).count(), 0, 'who did nothing has no row');
      await page.getByTestId('report-by').selectOption('tag');
      const tagged = page.locator('[data-testid=report-each][data-by=tag]').getByRole('row').filter({ hasText: `tag-${mark}` });
      assert.equal(await tagged.locator('[data-figure=answers]').textContent(), '2');
      await page.getByTestId('report-by').selectOption('channel');
      await page.locator('[data-testid=report-each][data-by=channel]').getByRole('rowheader', { name: 'Contact form' }).waitFor();

      // The same over time: the hours of today, in a chart and in a table.
      const { rows } = await owner.call('GET', `/reports/series?from=${today()}&to=${today()}&group_by=hour`);
      assert.equal(await page.getByTestId('chart').locator('rect').count(), rows.length);
      await page.getByText('As a table').click();
      const shown = await page.getByTestId('report-rows').locator('td.figure').allTextContents();
      assert.equal(
        shown.reduce((sum, text) => sum + Number(text), 0),
        await count('created_tickets'),
      );
      await page.getByTestId('report-measure').selectOption('answers');
      await page.getByTestId('chart').getByRole('img', { name: 'Answers over time' }).waitFor();
      await page.getByTestId('range').selectOption('days');
      await until('thirty days', async () => (await page.getByTestId('chart').locator('rect').count()) === 30);
      await assertPresentable(page, 'reports');
      await page.getByTestId('group-by').selectOption('month');
      await until('few months', async () => (await page.getByTestId('chart').locator('rect').count()) <= 2);
      await page.getByTestId('range').selectOption('own');
      await page.getByTestId('range-from').fill('2020-01-31');
      await page.getByTestId('range-to').fill('2020-01-01');
      await page.getByTestId('report-each').getByText('Nothing happened in this time.').waitFor();

      await page.getByTestId('range').selectOption('today');
      await figure('answers').waitFor();
      await page.evaluate(() => (document.documentElement.dir = 'rtl'));
      await assertPresentable(page, 'reports-rtl');

      // Nobody else's business.
      const agent = await openConsole(await context(DESKTOP), ann);
      assert.equal(await agent.getByTestId('area-reports').count(), 0);
      await agent.goto(`${DESK_URL}/console/#/reports`);
      await agent.getByText('Only administrators see reports.').waitFor();
    });
    assertNoErrors();
  }));

/** The desk's zone is GMT unless it was changed. */
function today() {
  return new Date().toISOString().slice(0, 10);
}
