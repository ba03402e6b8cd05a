/** Bundles the unit tests (Node 20 cannot read TypeScript) and runs them with node:test; the last line counts. */

import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { runTests } from './run-tests.mjs';

const web = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const out = path.join(web, 'node_modules/.cache/deskbell-test');

const sources = [];
for (const dir of ['shared', 'widget', 'track', 'console'])
  for (const entry of await readdir(path.join(web, dir), { recursive: true }))
    if (entry.endsWith('.test.ts')) sources.push(path.join(web, dir, entry));

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await build({
  configFile: false,
  envDir: false,
  publicDir: false,
  root: web,
  logLevel: 'warn',
  build: {
    ssr: true,
    target: 'node20',
    outDir: out,
    sourcemap: true,
    rolldownOptions: {
      input: Object.fromEntries(sources.map((file) => [path.basename(file, '.ts'), file])),
      output: { entryFileNames: '[name].mjs' },
    },
  },
});
await runTests(sources.map((file) => path.join(out, `${path.basename(file, '.ts')}.mjs`)));
