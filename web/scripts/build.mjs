/**
 * Builds everything into `web/dist`, or where DESKBELL_OUT says: the loader, the old embed's script, the widget's frame, the
 * console, the demo page. Several builds, because each has a base address of its own and what foreign pages load is one classic script.
 */

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { compress, compressFile } from './compress.mjs';

const web = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const out = path.resolve(process.env.DESKBELL_OUT ?? path.join(web, 'dist'));

const common = {
  configFile: false,
  envDir: false,
  publicDir: false,
  logLevel: process.env.DESKBELL_BUILD_LOG ?? 'warn',
  clearScreen: false,
};

/** What current browsers of the last two years run; `light-dark()` and nesting go through untouched. */
const target = ['chrome123', 'firefox128', 'safari17.5'];

function app(name, base, more = {}) {
  return {
    ...common,
    root: path.join(web, name),
    base,
    plugins: [...(more.plugins ?? []), compress()],
    build: {
      target,
      outDir: path.join(out, base),
      emptyOutDir: true,
      reportCompressedSize: false,
      modulePreload: { polyfill: false },
      // A data: address would need a wider content policy.
      assetsInlineLimit: 0,
      license: more.license ?? false,
      // How long plugins took is no warning.
      rolldownOptions: { checks: { pluginTimings: false } },
    },
  };
}

/** The widget's lazy parts are single files: Vite's helper that loads styles and several files beforehand is not worth its bytes. */
function plainImports() {
  return {
    name: 'deskbell-plain-imports',
    enforce: 'pre',
    load: {
      order: 'pre',
      handler: (id) => (id.includes('vite/preload-helper') ? 'export const __vitePreload = (load) => load();' : null),
    },
  };
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

/** One classic script, for foreign pages. */
const script = (entry, fileName) =>
  build({
    ...common,
    root: web,
    plugins: [compress()],
    build: {
      target,
      outDir: out,
      emptyOutDir: false,
      reportCompressedSize: false,
      lib: { entry: path.join(web, entry), formats: ['iife'], name: 'deskbell', fileName: () => fileName },
    },
  });

await script('widget/loader.ts', 'widget.js');
await script('track/track.ts', 'scripts/track.js');
await build(app('widget/frame', '/widget/frame/', { plugins: [plainImports()] }));
await build(
  app('console', '/console/', {
    plugins: [svelte({ configFile: path.join(web, 'svelte.config.js') })],
    license: { fileName: 'licences.md' },
  }),
);

await mkdir(path.join(out, 'demo'), { recursive: true });
for (const [from, to] of [
  ['widget/demo.html', 'demo/index.html'],
  ['widget/demo.css', 'demo/demo.css'],
]) {
  await copyFile(path.join(web, from), path.join(out, to));
  await compressFile(path.join(out, to));
}
