/** Files over HTTP: up before they are sent, down for whoever may see them. */

import { backoff, wait } from './backoff.ts';
import { ApiError } from './error.ts';
import type { FileInfo, Id } from './protocol.ts';

/** Bytes of one file that the desk takes, at most. */
export const FILE_BYTES_MAX = 20 * 1024 * 1024;

/** Sends a file's bytes; the answer's id goes into a `send` command. `token` is a visitor's; an agent's cookie goes by itself. */
export async function upload(file: File, token?: string): Promise<FileInfo> {
  let response: Response;
  try {
    response = await fetch(`/live/files?name=${encodeURIComponent(file.name || 'file')}`, {
      method: 'POST',
      headers: {
        'content-type': file.type || 'application/octet-stream',
        'x-deskbell': '1',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      credentials: 'same-origin',
      body: file,
    });
  } catch {
    throw new ApiError('network', 'The desk cannot be reached', 0);
  }
  if (!response.ok)
    throw new ApiError(response.status === 413 ? 'too_large' : 'internal', `HTTP ${response.status}`, response.status);
  return (await response.json()) as FileInfo;
}

/** A file's bytes as a blob: an `<img src>` of ours could not carry the visitor's token. */
export async function download(file: Id, token?: string): Promise<Blob> {
  const response = await fetch(`/live/files/${file}`, {
    headers: token ? { authorization: `Bearer ${token}` } : {},
    credentials: 'same-origin',
  });
  if (!response.ok) throw new ApiError('not_found', `HTTP ${response.status}`, response.status);
  return response.blob();
}

/** Uploads and, while the desk cannot be reached, tries again for as long as the page lives. */
export async function uploadPatiently(file: File, token?: string): Promise<FileInfo> {
  if (file.size > FILE_BYTES_MAX) throw new ApiError('too_large', 'The file is too large', 413);
  for (let attempt = 0; ; attempt++) {
    try {
      return await upload(file, token);
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 400;
      if (status !== 0 && status !== 429 && status < 500) throw error;
      await wait(backoff(attempt));
    }
  }
}
