/** Rules made on the settings page that act, with what they did in the log; ready texts in the message box, with their files. */

import { test } from 'node:test';
import {
  assertAccessible,
  assertNoErrors,
  hasMessage,
  openConsole,
  openWidget,
  OWNER,
  screenshot,
  setStatus,
  startChat,
  withBrowser,
  withOwner,
} from './desk.mjs';

test('a rule is made, acts, and is in the log; texts are kept ready', () =>
  withOwner(async (owner) => {
    const ann = await owner.createAgent('Ann');
    const mark = Date.now().toString(36);
    const rule = `Refunds ${mark}`;
    await withBrowser(async ({ context }) => {
      const settings = await openConsole(await context({ viewport: { width: 1360, height: 900 } }), OWNER);
      await settings.getByTestId('area-settings').click();
      await settings.getByTestId('settings-rules').click();
      await settings.getByTestId('rules-add').click();
      await settings.getByTestId('rule-name').fill(rule);
      // As JSON first: what it refuses is said, and the form then shows the same.
      await settings.getByTestId('rule-json').click();
      const definition = {
        events: 'customer_message',
        conditions: [[{ text: `refund ${mark}` }]],
        actions: [{ add_tag: `money-${mark}` }],
      };
      await settings.getByTestId('rule-definition').fill(JSON.stringify({ ...definition, events: 'sneezed' }));
      await settings.getByTestId('rule-save').click();
      await settings.getByTestId('rule-problem').filter({ hasText: 'definition.events must be one of' }).waitFor();
      await settings.getByTestId('rule-definition').fill(JSON.stringify(definition));
      await assertAccessible(settings, 'the definition of a rule');
      await settings.getByTestId('rule-json').click();
      await settings.getByTestId('rule-events').getByText('The customer writes').waitFor();
      await settings.getByTestId('condition').getByTestId('condition-text').waitFor();
      await settings.getByTestId('rule-save').click();
      await settings.getByTestId('rules').getByRole('cell', { name: rule, exact: true }).waitFor();

      await settings.getByTestId('settings-texts').click();
      await settings.getByTestId('predefined-add').click();
      await settings.getByTestId('text-name').fill(`label-${mark}`);
      await settings.getByTestId('text-message').fill('The label is attached.');
      await settings.getByTestId('text-file').setInputFiles({ name: 'label.txt', mimeType: 'text/plain', buffer: Buffer.from('a label') });
      await settings.getByTestId('text-files').getByText('label.txt').waitFor();
      await settings.getByTestId('text-visibility').selectOption('all');
      await assertAccessible(settings, 'the form of a ready text');
      await settings.getByTestId('text-save').click();
      await settings.getByTestId('predefined-table').getByText(`/label-${mark}`).waitFor();
      await screenshot(settings, 'settings-texts');

      // Agents have texts of their own, and no other settings.
      const agent = await openConsole(await context({ viewport: { width: 1360, height: 800 } }), ann);
      await agent.getByTestId('area-settings').click();
      await agent.getByTestId('canned-add').click();
      await agent.getByTestId('text-name').fill(`moment-${mark}`);
      await agent.getByTestId('text-message').fill('One moment, please.');
      await agent.getByTestId('text-save').click();
      await agent.getByTestId('canned-table').getByText(`/moment-${mark}`).waitFor();
      await agent.getByTestId('area-chats').click();
      await setStatus(agent, 'online');

      const { frame } = await openWidget(await context());
      await startChat(frame, { name: 'Vera', email: `vera.${mark}@example.com`, text: `I want a refund ${mark}` });
      await agent.getByTestId('offer').filter({ hasText: 'Vera' }).getByTestId('accept').click();
      await hasMessage(agent, `I want a refund ${mark}`);
      await agent.getByTestId('tag').filter({ hasText: `money-${mark}` }).waitFor();

      const box = agent.getByTestId('composer');
      const option = agent.getByTestId('shortcut-list').getByTestId('shortcut-option');
      await box.pressSequentially(`/moment-${mark}`);
      await option.filter({ hasText: 'One moment' }).waitFor();
      await box.press('Enter');
      await box.press('Enter');
      await hasMessage(frame, 'One moment, please.');
      await agent.getByTestId('end').click();
      await agent.getByTestId('end-confirm').click();
      await frame.getByTestId('ended').waitFor();

      await agent.getByTestId('area-tickets').click();
      await agent.getByTestId('filter').selectOption('all');
      await agent.getByTestId('ticket').filter({ hasText: 'Vera' }).first().click();
      await box.pressSequentially(`/label-${mark}`);
      await option.filter({ hasText: 'label.txt' }).waitFor();
      await box.press('Enter');
      await agent.getByTestId('draft-files').getByText('label.txt').waitFor();
      await box.press('Enter');
      await hasMessage(agent, 'The label is attached.');
      await agent.getByTestId('conversation').getByText('label.txt').first().waitFor();

      await settings.getByTestId('settings-rules').click();
      await settings.getByTestId('rule-log').getByText(rule).first().waitFor();
      await assertAccessible(settings, 'the rules and their log');
      await screenshot(settings, 'settings-rules');
      settings.on('dialog', (dialog) => dialog.accept());
      await settings.getByRole('button', { name: `Delete: ${rule}` }).click();
      await settings.getByTestId('rules').getByRole('cell', { name: rule, exact: true }).waitFor({ state: 'detached' });
    });
    assertNoErrors();
  }));
