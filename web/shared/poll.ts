/** The live protocol over long polling, for networks that let no WebSocket through. */

import type { Host, Transport } from './transport.ts';

export const POLL_WAIT_SECONDS = 25;
/** Polls that bring nothing are no closer together than this, whatever the server does. */
export const POLL_PAUSE_MS = 300;
const SEND_WITHIN_MS = 15_000;

const INTERRUPTED = 'interrupted';

class Refused extends Error {}

export function openPoll(host: Host): Transport {
  const { env } = host;
  let closed = false;
  let abort = new AbortController();

  async function post(what: 'poll' | 'send', body: object, withinMs: number, signal: AbortController): Promise<unknown> {
    const token = host.token();
    const cancel = env.after(withinMs, () => signal.abort());
    try {
      const response = await env.fetch(`${env.origin}/live/${host.role}/${what}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-deskbell': '1',
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
        credentials: 'same-origin',
        body: JSON.stringify(body),
        signal: signal.signal,
      });
      if (response.status === 401) throw new Refused();
      const answer: unknown = await response.json();
      // A refused command still is an answer; a refused poll is none.
      if (what === 'poll' && !response.ok) throw new Error(`HTTP ${response.status}`);
      return answer;
    } finally {
      cancel();
    }
  }

  function close(): void {
    closed = true;
    abort.abort();
  }

  function fail(error: unknown): void {
    if (closed) return;
    close();
    if (error instanceof Refused) host.refused();
    else host.failed();
  }

  async function run(): Promise<void> {
    for (let first = true; !closed;) {
      const started = env.now();
      const asked = host.watches();
      const before = JSON.stringify([host.place(), asked]);
      abort = new AbortController();
      let frames: unknown[];
      try {
        const body = {
          ...host.place(),
          // The first answer tells that the desk is there, so it must not wait for news.
          wait_seconds: first ? 0 : POLL_WAIT_SECONDS,
          ...(asked.length ? { watch: asked } : {}),
        };
        const answer = await post('poll', body, (POLL_WAIT_SECONDS + 10) * 1000, abort);
        frames = (answer as { frames?: unknown[] }).frames ?? [];
      } catch (error) {
        // The next request names the place we are at, so nothing is lost by the break.
        if (abort.signal.reason === INTERRUPTED) continue;
        return fail(error);
      }
      for (const frame of frames) if (!closed) host.receive(frame);
      if (closed) return;
      host.caughtUp(asked);
      if (first) host.opened();
      const idle = before === JSON.stringify([host.place(), host.watches()]);
      if (!first && idle && env.now() - started < POLL_PAUSE_MS)
        await new Promise<void>((resolve) => void env.after(POLL_PAUSE_MS, resolve));
      first = false;
    }
  }

  // Begins after the client holds us.
  void Promise.resolve().then(run);
  return {
    send(frame) {
      post('send', frame, SEND_WITHIN_MS, new AbortController()).then(
        (answer) => {
          if (!closed) host.receive(answer);
        },
        'key' in frame ? fail : () => {},
      );
    },
    ping() {},
    watch() {
      abort.abort(INTERRUPTED);
    },
    close,
  };
}
