/** Fails when what a browser loads first has grown over its budget, in brotli: what every current browser is sent. */

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const web = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const out = path.resolve(process.env.DESKBELL_OUT ?? path.join(web, 'dist'));

/** The page itself and everything it names, and what those scripts import at once. */
async function firstLoad(page) {
  const dir = path.join(out, page);
  const seen = new Set([path.join(dir, 'index.html')]);
  const html = await readFile(path.join(dir, 'index.html'), 'utf8');
  const queue = [...html.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)].map(([, url]) => path.join(out, url));
  while (queue.length) {
    const file = queue.pop();
    if (seen.has(file)) continue;
    seen.add(file);
    if (!file.endsWith('.js')) continue;
    const code = await readFile(file, 'utf8');
    for (const [, name] of code.matchAll(/(?:^|[;}\s])(?:import|export)[^;('"`]*["'](\.[^"']+\.js)["']/g))
      queue.push(path.join(path.dirname(file), name));
  }
  return [...seen];
}

const budgets = [
  ['loader (widget.js)', 2, [path.join(out, 'widget.js')]],
  ['old embed (scripts/track.js)', 4, [path.join(out, 'scripts/track.js')]],
  ['widget, first load', 12, await firstLoad('widget/frame')],
  ['console, first load', 150, await firstLoad('console')],
];

let over = 0;
for (const [name, limit, files] of budgets) {
  let gz = 0;
  let br = 0;
  for (const file of files) {
    const bytes = await readFile(file);
    gz += gzipSync(bytes, { level: 9 }).length;
    br += (await readFile(`${file}.br`).catch(() => bytes)).length;
  }
  const bad = br > limit * 1000;
  over += bad;
  const [brotli, gzip] = [br, gz].map((bytes) => (bytes / 1000).toFixed(2));
  console.log(`${bad ? 'OVER' : 'ok  '} ${name}: ${brotli} kB of ${limit} kB (${gzip} in gzip, ${files.length} files)`);
}
const lazy = (await readdir(path.join(out, 'console/assets'))).filter((name) => name.endsWith('.js')).length;
console.log(`${budgets.length - over} of ${budgets.length} budgets kept (${lazy} console chunks)`);
process.exitCode = over ? 1 : 0;
