/** Runs test files with node:test and ends with one line that says how many passed. */

import { run } from 'node:test';
import { spec } from 'node:test/reporters';

export async function runTests(files, options = {}) {
  const count = { pass: 0, fail: 0, skip: 0 };
  const tests = run({ files, concurrency: true, ...options });
  const isTest = ({ details }) => details.type !== 'suite';
  tests.on('test:pass', (data) => {
    // The file itself is reported as a test too.
    if (isTest(data) && !files.includes(data.name)) count[data.skip === undefined ? 'pass' : 'skip']++;
  });
  tests.on('test:fail', (data) => {
    if (isTest(data)) count.fail++;
    process.exitCode = 1;
  });
  const report = tests.compose(new spec());
  for await (const chunk of report) process.stdout.write(chunk);
  // Nothing found is no success.
  if (count.pass === 0) process.exitCode = 1;
  console.log(`${count.pass} tests passed, ${count.fail} failed, ${count.skip} skipped`);
}
