/** Runs the browser tests against a running desk: DESKBELL_URL, DESKBELL_EMAIL, DESKBELL_PASSWORD say which. */

import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTests } from './run-tests.mjs';

const dir = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'e2e');
const wanted = process.argv.slice(2);
const files = (await readdir(dir))
  .filter((name) => name.endsWith('.test.mjs') && (!wanted.length || wanted.some((word) => name.includes(word))))
  .sort()
  .map((name) => path.join(dir, name));
// One after another: who is online is the same for the whole desk.
await runTests(files, { concurrency: 1, timeout: 180_000 });
