/** Compressed copies beside every built text file, so that the server only picks one. */

import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** A smaller file would not get smaller on the wire. */
export const COMPRESS_FROM_BYTES = 1024;
const TEXT = /\.(html|js|css|json|svg|txt|md|map|webmanifest)$/;

export async function compressFile(file) {
  if (!TEXT.test(file)) return;
  const bytes = await readFile(file);
  if (bytes.length <= COMPRESS_FROM_BYTES) return;
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
    promisify(gzip)(bytes, { level: 9 }),
  ]);
  await Promise.all([writeFile(`${file}.br`, br), writeFile(`${file}.gz`, gz)]);
}

/** The Vite plugin. */
export function compress() {
  return {
    name: 'deskbell-compress',
    apply: 'build',
    enforce: 'post',
    async writeBundle({ dir }, bundle) {
      for (const name of Object.keys(bundle)) await compressFile(path.join(dir, name));
    },
  };
}
