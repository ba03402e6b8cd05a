/**
 * Commands that the desk has not acknowledged yet. Each keeps its key until the answer comes, over reconnects and, where the
 * storage allows, over reloads. An entry lies under a storage name of its own, so two tabs never overwrite each other's list;
 * that both may send one is harmless, because the desk carries out a key once.
 */

import type { Command } from './protocol.ts';

/** The desk remembers a key for seven days; an older one could be carried out twice, so it is given up before. */
export const ENTRY_AGE_MAX_MS = 6 * 24 * 3600 * 1000;

export interface Entry<C extends Command = Command> {
  frame: C;
  at: number;
  /** Keeps the order of entries made within one millisecond. */
  turn: number;
  /** The journal's number at the desk's `ok`; until then null. */
  acknowledged: number | null;
  /** The desk's own words when it refused for good. */
  refused: string | null;
}

type Stored = Pick<Entry, 'frame' | 'at' | 'turn'>;

export function newKey(): string {
  // randomUUID exists in secure contexts only, and a desk may be tried out over plain HTTP.
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export class Outbox<C extends Command = Command> {
  #entries: Entry<C>[] = [];
  #turn = 0;

  constructor(
    private readonly storage: Pick<Storage, 'length' | 'key' | 'getItem' | 'setItem' | 'removeItem'> | null,
    private readonly prefix: string,
    private readonly now: () => number = Date.now,
  ) {
    this.#load();
  }

  /** In the order in which they were added. The array is new after every change. */
  get entries(): readonly Entry<C>[] {
    return this.#entries;
  }

  /** The one to send next. One is under way at a time, so that the desk sees them in the order they were written. */
  next(): Entry<C> | undefined {
    return this.#entries.find((entry) => entry.acknowledged === null && entry.refused === null);
  }

  get(key: string): Entry<C> | undefined {
    return this.#entries.find((entry) => entry.frame.key === key);
  }

  add(frame: C): Entry<C> {
    const entry: Entry<C> = { frame, at: this.now(), turn: this.#turn++, acknowledged: null, refused: null };
    this.#entries = [...this.#entries, entry];
    this.#store(entry);
    return entry;
  }

  /** It is on disk at the desk. The entry stays in sight until its event was seen: `forget`, or `seen` past its number. */
  acknowledge(key: string, number: number): void {
    this.#replace(key, { acknowledged: number });
    this.#unstore(key);
  }

  refuse(key: string, why: string): void {
    this.#replace(key, { refused: why });
    this.#unstore(key);
  }

  forget(key: string): void {
    if (!this.get(key)) return;
    this.#entries = this.#entries.filter((entry) => entry.frame.key !== key);
    this.#unstore(key);
  }

  /** Everything up to this number of the journal is known; acknowledged entries below it have nothing more to show. */
  seen(number: number): boolean {
    const left = this.#entries.filter(({ acknowledged }) => acknowledged === null || acknowledged > number);
    const changed = left.length < this.#entries.length;
    if (changed) this.#entries = left;
    return changed;
  }

  #replace(key: string, change: Partial<Entry<C>>): void {
    this.#entries = this.#entries.map((entry) => (entry.frame.key === key ? { ...entry, ...change } : entry));
  }

  #load(): void {
    const { storage } = this;
    if (!storage) return;
    const found: Entry<C>[] = [];
    const stale: string[] = [];
    try {
      for (let i = 0; i < storage.length; i++) {
        const name = storage.key(i);
        if (!name?.startsWith(this.prefix)) continue;
        const stored = parse(storage.getItem(name));
        if (!stored || this.now() - stored.at > ENTRY_AGE_MAX_MS) stale.push(name);
        else found.push({ ...(stored as Stored & { frame: C }), acknowledged: null, refused: null });
      }
      for (const name of stale) storage.removeItem(name);
    } catch {
      // Storage may be closed to us (private windows, blocked third-party data): then the outbox lives in memory alone.
    }
    this.#entries = found.sort((a, b) => a.at - b.at || a.turn - b.turn);
    this.#turn = found.reduce((turn, entry) => Math.max(turn, entry.turn + 1), 0);
  }

  #store({ frame, at, turn }: Entry<C>): void {
    try {
      this.storage?.setItem(this.prefix + frame.key, JSON.stringify({ frame, at, turn } satisfies Stored));
    } catch {
      // Full or closed; memory still has it.
    }
  }

  #unstore(key: string): void {
    try {
      this.storage?.removeItem(this.prefix + key);
    } catch {
      // As above.
    }
  }
}

function parse(text: string | null): Stored | null {
  try {
    const value = JSON.parse(text ?? '') as Stored;
    return typeof value.at === 'number' && typeof value.frame?.key === 'string' ? value : null;
  } catch {
    return null;
  }
}
