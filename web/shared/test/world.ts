/** A world without time or network of its own: tests move the clock, open the sockets and answer the requests. */

import type { Environment, SocketLike } from '../transport.ts';

export class FakeSocket implements SocketLike {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  sent: Record<string, unknown>[] = [];
  closed = false;

  constructor(readonly url: string) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.onopen?.();
  }

  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  break(code = 1006): void {
    this.onclose?.({ code });
  }

  /** Frames of a kind that were sent, in order. */
  all(t: string): Record<string, unknown>[] {
    return this.sent.filter((frame) => frame.t === t);
  }
}

export interface Request {
  path: string;
  body: Record<string, unknown>;
  aborted(): boolean;
  answer(body: unknown, status?: number): Promise<void>;
  fail(): Promise<void>;
}

export class World {
  time = 1_000_000;
  sockets: FakeSocket[] = [];
  requests: Request[] = [];
  #timers: { at: number; turn: number; run: () => void }[] = [];
  #turn = 0;
  #listeners = new Map<string, Set<() => void>>();

  environment: Environment = {
    origin: 'https://desk.example',
    socket: (url) => {
      const socket = new FakeSocket(url);
      this.sockets.push(socket);
      return socket;
    },
    fetch: (url, init) =>
      new Promise((resolve, reject) => {
        const settle = async (run: () => void): Promise<void> => {
          run();
          await this.settle();
        };
        init.signal?.addEventListener('abort', () => reject(new Error('aborted')));
        this.requests.push({
          path: new URL(url).pathname,
          body: JSON.parse(String(init.body)) as Record<string, unknown>,
          aborted: () => init.signal?.aborted ?? false,
          answer: (body, status = 200) => settle(() => resolve(new Response(JSON.stringify(body), { status }))),
          fail: () => settle(() => reject(new TypeError('network'))),
        });
      }),
    now: () => this.time,
    // The whole of every wait.
    random: () => 1,
    after: (ms, run) => {
      const timer = { at: this.time + ms, turn: this.#turn++, run };
      this.#timers.push(timer);
      return () => void (this.#timers = this.#timers.filter((other) => other !== timer));
    },
    on: (what, run) => {
      const set = this.#listeners.get(what) ?? new Set();
      this.#listeners.set(what, set.add(run));
      return () => set.delete(run);
    },
  };

  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  get request(): Request {
    return this.requests.at(-1)!;
  }

  happens(what: 'online' | 'offline' | 'visible'): void {
    for (const run of this.#listeners.get(what) ?? []) run();
  }

  /** Moves the clock and runs what falls due, in order. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.turn - b.turn)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.time = next.at;
      next.run();
      await this.settle();
    }
    this.time = end;
  }

  /** Lets promises run. */
  async settle(): Promise<void> {
    for (let i = 0; i < 12; i++) await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A storage in memory. */
export function memory(): Storage {
  const map = new Map<string, string>();
  return {
    get length() {
      return map.size;
    },
    key: (i) => [...map.keys()][i] ?? null,
    getItem: (name) => map.get(name) ?? null,
    setItem: (name, value) => void map.set(name, value),
    removeItem: (name) => void map.delete(name),
    clear: () => map.clear(),
  };
}
