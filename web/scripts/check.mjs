/** Types of everything, and the rules that no compiler checks. */

import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const web = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const problems = [];

function run(name, ...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(web, 'node_modules', name), ...args], {
    cwd: web,
    encoding: 'utf8',
  });
  if (status !== 0) problems.push(`${args.join(' ')}\n${stdout}${stderr}`);
}

// svelte-check reads the plain TypeScript too, but tsc alone reports on unused locals there.
run('typescript/bin/tsc', '--project', 'tsconfig.json');
run('svelte-check/bin/svelte-check', '--tsconfig', './tsconfig.json', '--fail-on-warnings', '--output', 'machine');

const LINE_MAX = 140;
const RULES = [
  [
    /\.(css|svelte)$/,
    /(?:margin|padding|border)-(?:left|right)\b|^\s*(?:left|right):|text-align:\s*(?:left|right)/m,
    'logical CSS properties only',
  ],
  [/\.(ts|svelte|mjs)$/, /\.innerHTML\b|\{@html|insertAdjacentHTML|document\.write\b/, 'no HTML from text'],
  [/\.(ts|svelte)$/, /\bconsole\.(?:log|debug)\(/, 'nothing is written to the console'],
  [/\.(svelte|html)$/, /\sstyle="/, 'no inline styles: the content policy forbids them'],
  [/\.html$/, /<script(?![^>]*\bsrc=)|\son\w+=/, 'no inline scripts'],
  [/\.(ts|svelte|mjs|css|html)$/, /[ \t]+$|\t/m, 'no tabs, no blanks at line ends'],
];

const keysUsed = { widget: new Set(), console: new Set() };
for (const dir of ['shared', 'widget', 'track', 'console', 'e2e', 'scripts']) {
  for (const entry of await readdir(path.join(web, dir), { recursive: true })) {
    const file = path.join(dir, entry);
    if (!/\.(ts|svelte|mjs|css|html)$/.test(file)) continue;
    const text = await readFile(path.join(web, file), 'utf8');
    if (file !== path.join('scripts', 'check.mjs'))
      for (const [files, pattern, rule] of RULES) if (files.test(file) && pattern.test(text)) problems.push(`${file}: ${rule}`);
    text.split('\n').forEach((line, i) => {
      if (line.length > LINE_MAX && !file.startsWith('widget/host')) problems.push(`${file}:${i + 1}: longer than ${LINE_MAX}`);
    });
    for (const [, key] of text.matchAll(/\bt\('([a-z_]+)'/g)) keysUsed[dir]?.add(key);
  }
}

for (const part of ['widget', 'console']) {
  const catalogues = {};
  for (const name of await readdir(path.join(web, part, 'locales')))
    catalogues[name] = JSON.parse(await readFile(path.join(web, part, 'locales', name), 'utf8'));
  const english = catalogues['en.json'];
  for (const key of keysUsed[part]) if (!(key in english)) problems.push(`${part}: no text for “${key}”`);
  const values = (text) => (text.match(/\{\w+\}/g) ?? []).sort().join();
  for (const [name, catalogue] of Object.entries(catalogues)) {
    for (const key of Object.keys(english)) {
      if (!(key in catalogue)) problems.push(`${part}/locales/${name}: lacks “${key}”`);
      else if (values(catalogue[key]) !== values(english[key]))
        problems.push(`${part}/locales/${name}: other values in “${key}”`);
    }
    for (const key of Object.keys(catalogue)) if (!(key in english)) problems.push(`${part}/locales/${name}: unknown “${key}”`);
  }
}

for (const problem of problems) console.error(problem);
console.log(problems.length ? `${problems.length} problems` : 'types, texts and rules: all good');
process.exitCode = problems.length ? 1 : 0;
