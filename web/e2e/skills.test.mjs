/** Skills: made in the settings, asked for by a page's tag, shown and set beside the chat. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertAccessible,
  assertNoErrors,
  DESK_URL,
  openConsole,
  OWNER,
  screenshot,
  setStatus,
  startChat,
  until,
  withBrowser,
  withOwner,
} from './desk.mjs';
import { withShop } from './foreign.mjs';

test('a page asks for a skill, and the chat goes to the agent who has it', () =>
  withOwner(async (owner) => {
    const nina = await owner.createAgent('Nina');
    const name = `French ${Date.now()}`;
    const tag = `<script src="${DESK_URL}/widget.js" data-skills="nonsense, ${name.toUpperCase()}" async></script>`;
    await withShop(owner, { pages: { '/': `<h1>Le Thé</h1>${tag}` } }, (shop) =>
      withBrowser(async ({ context }) => {
        try {
          const console = await openConsole(await context({ viewport: { width: 1360, height: 800 } }), OWNER);
          await setStatus(console, 'online');
          await console.goto(`${DESK_URL}/console/#/settings/skills`);
          await console.getByTestId('skill-add').click();
          await console.getByTestId('skill-name').fill(name);
          await console.getByTestId('skill-form').locator(`[data-agent="${nina.agent}"]`).check();
          await console.getByTestId('skill-save').click();
          await console.getByTestId('skills').getByRole('row').filter({ hasText: name }).filter({ hasText: nina.name }).waitFor();
          const routing = console.getByTestId('skill-routing');
          await routing.getByRole('checkbox').check();
          await routing.getByRole('button').click();
          await until('the setting', async () => (await owner.call('GET', '/settings')).skill_routing_enabled);
          await assertAccessible(console, 'settings of skills');
          await screenshot(console, 'settings-skills');

          const agent = await openConsole(await context({ viewport: { width: 1360, height: 800 } }), nina);
          await setStatus(agent, 'online');
          const page = await (await context()).newPage();
          await page.goto(shop.url);
          await page.getByTestId('launcher').click();
          const visitor = `Vera ${Date.now()}`;
          await startChat(page.frameLocator('iframe'), { name: visitor, email: 'vera@example.com', text: 'Bonjour !' });
          await agent.getByTestId('offer').filter({ hasText: visitor }).getByTestId('accept').click();
          const skills = agent.getByTestId('chat-skills');
          await skills.getByText(name).first().waitFor();
          await screenshot(agent, 'chat-skills');
          await assertAccessible(agent, 'a chat that asks for a skill');
          await skills.getByRole('button', { name: new RegExp(name) }).click();
          await skills.getByTestId('chat-skill-add').selectOption({ label: name });
          await skills.getByRole('button', { name: new RegExp(name) }).waitFor();
          assert.equal(await skills.getByRole('button').count(), 1);
          assertNoErrors();
        } finally {
          await owner.call('PUT', '/settings', { skill_routing_enabled: false }, true);
        }
      }),
    );
  }));
