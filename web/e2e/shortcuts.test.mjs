/** A shortcut: made on the settings page, typed, chosen with the keys, sent with its tags; and what the list is to a screen reader. */

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
  until,
  withBrowser,
  withOwner,
} from './desk.mjs';

test('a shortcut is typed, chosen and sent with its tags', () =>
  withOwner(async (owner) => {
    const ann = await owner.createAgent('Ann');
    const mark = Date.now().toString(36);
    const name = `ship-${mark}`;
    await withBrowser(async ({ context }) => {
      const settings = await openConsole(await context(), OWNER);
      await settings.getByTestId('area-settings').click();
      await settings.getByTestId('settings-shortcuts').click();
      await settings.getByTestId('shortcut-add').click();
      await settings.getByTestId('shortcut-name').fill(name);
      await settings.getByTestId('shortcut-message').fill('Yes, we ship to Norway.');
      await settings.getByTestId('shortcut-tags').fill(`shipping-${mark}, norway-${mark}`);
      await assertAccessible(settings, 'the form of a shortcut');
      await settings.getByTestId('shortcut-save').click();
      await settings.getByTestId('shortcut-table').getByText(`/${name}`).waitFor();
      await settings.getByTestId('settings-routing').click();
      await settings.getByTestId('routing-form').waitFor();
      await assertAccessible(settings, 'the settings of routing');

      const agent = await openConsole(await context({ viewport: { width: 1360, height: 800 } }), ann);
      await setStatus(agent, 'online');
      const { frame } = await openWidget(await context());
      await startChat(frame, { name: 'Vera', email: `vera.${mark}@example.com`, text: 'Do you ship to Norway?' });
      await agent.getByTestId('offer').filter({ hasText: 'Vera' }).getByTestId('accept').click();
      await hasMessage(agent, 'Do you ship to Norway?');

      const box = agent.getByTestId('composer');
      const list = agent.getByTestId('shortcut-list');
      await box.pressSequentially(`Hi Vera! /SHIP-${mark}`);
      await list.getByTestId('shortcut-option').filter({ hasText: name }).waitFor();
      await assertAccessible(agent, 'the list of shortcuts');
      await screenshot(agent, 'console-shortcuts');
      await box.press('Escape');
      await list.waitFor({ state: 'detached' });
      await box.press('Backspace');
      await list.waitFor();
      await box.press('ArrowDown');
      await box.press('ArrowUp');
      await box.press('Enter');
      await until('the text in the box', async () => (await box.inputValue()) === 'Hi Vera! Yes, we ship to Norway.');
      await box.press('Enter');
      await hasMessage(frame, 'Hi Vera! Yes, we ship to Norway.');
      for (const tag of ['shipping', 'norway']) await agent.getByTestId('tag').filter({ hasText: `${tag}-${mark}` }).waitFor();

      settings.on('dialog', (dialog) => dialog.accept());
      await settings.getByTestId('settings-shortcuts').click();
      await settings.getByRole('button', { name: `Delete: ${name}` }).click();
      await settings.getByTestId('shortcut-table').getByText(`/${name}`).waitFor({ state: 'detached' });
    });
    assertNoErrors();
  }));
