/** What a connection is to the client: a way to send frames, until it fails. `socket.ts` and `poll.ts` are the two there are. */

import type { Id } from './protocol.ts';

export interface SocketLike {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

/** What the client needs of the world; tests bring their own. */
export interface Environment {
  origin: string;
  socket(url: string): SocketLike;
  fetch(url: string, init: RequestInit): Promise<Response>;
  now(): number;
  random(): number;
  after(ms: number, run: () => void): () => void;
  on(what: 'online' | 'offline' | 'visible', run: () => void): () => void;
}

/** What a transport may ask of the client, and tell it. After `failed` or `refused` it is closed and says no more. */
export interface Host {
  env: Environment;
  role: 'visitor' | 'agent';
  token(): string | null;
  /** Where we are in the journal, if anywhere. */
  place(): { epoch?: number; number?: number };
  /** The watches to ask for, with their cursors. */
  watches(): { conversation: Id; after: number }[];
  receive(frame: unknown): void;
  /** The desk has taken us in; frames can be sent. */
  opened(): void;
  /** All that one answer brought has been received. */
  caughtUp(asked: readonly { conversation: Id }[]): void;
  failed(): void;
  refused(): void;
  broken(): void;
}

export interface Transport {
  send(frame: object): void;
  /** Asks the desk whether it is still there. */
  ping(): void;
  /** The watches changed: frames for it to send over a socket; a poll asks anew. */
  watch(frame: object): void;
  close(): void;
}

export type Open = (host: Host) => Transport;
