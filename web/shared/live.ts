/**
 * The client's half of the live protocol: a connection that resumes by epoch and number, over a WebSocket or, where those do not get
 * through, by long polling. It owns reconnecting, the order and the single delivery of events, and the sending of the outbox. What
 * events mean is no business of it: see `visitor.ts`, `desk.ts` and `thread.ts`.
 */

import { backoff } from './backoff.ts';
import type { Outbox } from './outbox.ts';
import type { Command, DeskEvent, Ephemeral, ErrorFrame, Id, OkFrame, ServerFrame, TypingFrame } from './protocol.ts';
import { openSocket } from './socket.ts';
import type { Environment, Host, Open, Transport } from './transport.ts';
import type { Watches } from './watches.ts';

/** Without an answer a command goes out again, with the same key. */
export const ANSWER_WITHIN_MS = 15_000;
/** Sockets that fail in a row before polling is tried: sooner where none ever worked. */
export const SOCKET_FAILURES_MAX = 2;
export const SOCKET_FAILURES_MAX_ONCE_WELCOME = 4;
/** While polling, a socket is tried again after this long, then twice as long, and so on. */
export const PROBE_FIRST_MS = 60_000;
export const PROBE_MAX_MS = 30 * 60_000;

export interface Link {
  up: boolean;
  transport: 'socket' | 'poll';
  /** The desk said that we broke its rules; nothing but a reload helps. */
  broken: boolean;
}

export interface LiveHandlers<S> {
  /** A whole new state: forget everything before it. */
  fresh(state: S): void;
  /** An event, each once and in order. */
  event(event: DeskEvent): void;
  /** The watch could not be resumed: load the conversation anew and watch it again. */
  lost?(conversation: Id): void;
  ephemeral(frame: TypingFrame | { t: 'queue'; position: number; waiting: number }): void;
  /** The desk answered a command for good. */
  answered?(command: Command, answer: OkFrame | ErrorFrame): void;
  /** The outbox changed. */
  outbox(): void;
  link(link: Link): void;
  /** The credential is not good any more. The client has stopped. */
  refused(): void;
}

export interface LiveOptions<S, C extends Command> {
  role: 'visitor' | 'agent';
  /** A visitor's token; agents are known by their cookie. */
  token?: () => string | null;
  outbox: Outbox<C>;
  handlers: LiveHandlers<S>;
  /** Agents watch conversations. */
  watches?: Watches;
  /** Loads the fall-back, which few readers ever need. */
  poll: () => Promise<Open>;
  /** `poll` never opens a socket. */
  transport?: 'auto' | 'poll';
  environment?: Environment;
}

export class LiveClient<S, C extends Command = Command> {
  epoch: number | undefined;
  number = 0;
  link: Link = { up: false, transport: 'socket', broken: false };

  #env: Environment;
  #on: LiveHandlers<S>;
  #outbox: Outbox<C>;
  #transport: Transport | null = null;
  #mode: Link['transport'] = 'socket';

  #running = false;
  /** Grows with every connection; whatever belongs to an older one is ignored. */
  #generation = 0;
  #attempt = 0;
  #retryAttempt = 0;
  #socketFailures = 0;
  #everWelcome = false;
  #probeMs = PROBE_FIRST_MS;
  #probing = false;
  /** The key of the command that has no answer yet. */
  #underWay: string | null = null;
  /** The journal's number at the latest welcome. */
  #welcomed = 0;

  #cancelRetry = nothing;
  #cancelProbe = nothing;
  #cancelPump = nothing;
  #unlisten: (() => void)[] = [];

  constructor(private readonly options: LiveOptions<S, C>) {
    this.#env = options.environment ?? browser();
    this.#on = options.handlers;
    this.#outbox = options.outbox;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    const { on } = this.#env;
    this.#unlisten = [
      on('online', () => {
        // A connection in the making may hang on the network that is gone.
        if (!this.link.up) this.#drop();
        this.retryNow();
      }),
      on('offline', () => {
        this.#probing = false;
        this.#drop();
        this.#retry();
      }),
      on('visible', () => this.retryNow()),
    ];
    this.#connect();
  }

  stop(): void {
    this.#running = false;
    for (const off of this.#unlisten) off();
    this.#drop();
    this.#cancelRetry();
  }

  /** Tries at once instead of after the wait, or asks whether the connection still stands. */
  retryNow(): void {
    if (this.link.up) return this.#transport?.ping();
    this.#attempt = 0;
    if (!this.#transport) this.#connect();
  }

  /** Sends for as long as it takes. */
  send(command: C): void {
    this.#outbox.add(command);
    this.#on.outbox();
    this.#pump();
  }

  /** Sends if there is a connection just now; else it is lost. */
  whisper(frame: Ephemeral): void {
    if (this.link.up) this.#transport?.send(frame);
  }

  /** Delivers the conversation's events above `after`, from now on and after every reconnect. */
  watch(conversation: Id, after: number): void {
    const { watches } = this.options;
    if (!watches || watches.has(conversation)) return;
    watches.add(conversation, after);
    if (this.link.up) this.#transport?.watch({ t: 'watch', conversation, after });
  }

  unwatch(conversation: Id): void {
    if (this.options.watches?.remove(conversation) && this.link.up) this.#transport?.watch({ t: 'unwatch', conversation });
  }

  // -------------------------------------------------------------- connecting

  #connect(): void {
    this.#cancelRetry();
    if (!this.#running) return;
    const poll = this.options.transport === 'poll' || this.#socketFailures >= this.#socketFailuresMax();
    this.#open(poll ? 'poll' : 'socket');
  }

  #socketFailuresMax(): number {
    return this.#everWelcome ? SOCKET_FAILURES_MAX_ONCE_WELCOME : SOCKET_FAILURES_MAX;
  }

  #open(mode: Link['transport']): void {
    this.#drop();
    this.#mode = mode;
    const generation = this.#generation;
    const host = this.#host(generation);
    if (mode === 'socket') this.#transport = openSocket(host);
    else
      this.options.poll().then((open) => {
        if (generation === this.#generation) this.#transport = open(host);
      }, host.failed);
  }

  /** What the transport of one connection may do; after the connection's end, nothing. */
  #host(generation: number): Host {
    const now = <A extends unknown[]>(run: (...args: A) => void) => {
      return (...args: A): void => {
        if (generation === this.#generation) run(...args);
      };
    };
    return {
      env: this.#env,
      role: this.options.role,
      token: () => this.options.token?.() ?? null,
      place: () => (this.epoch === undefined ? {} : { epoch: this.epoch, number: this.number }),
      watches: () => this.options.watches?.list() ?? [],
      receive: now((frame) => this.#receive(frame as ServerFrame<S>)),
      opened: now(() => this.#opened()),
      caughtUp: now((asked) => {
        // One answer holds all that was missed. Nothing of it may have been for us, and then no event tells how far we are.
        this.number = Math.max(this.number, this.#welcomed);
        this.#seen();
        for (const { conversation } of asked) this.options.watches?.caughtUp(conversation);
      }),
      failed: now(() => this.#failed()),
      refused: now(() => this.#refused()),
      broken: now(() => {
        this.stop();
        this.#setLink({ up: false, broken: true });
      }),
    };
  }

  #opened(): void {
    this.#attempt = 0;
    if (this.#mode === 'socket') {
      this.#everWelcome = true;
      this.#socketFailures = 0;
      this.#probing = false;
      this.#probeMs = PROBE_FIRST_MS;
    } else if (this.options.transport !== 'poll') {
      this.#cancelProbe = this.#env.after(this.#probeMs, () => {
        this.#probeMs = Math.min(this.#probeMs * 2, PROBE_MAX_MS);
        this.#probing = true;
        this.#open('socket');
      });
    }
    this.#setLink({ up: true, transport: this.#mode });
    this.#pump();
  }

  #drop(): void {
    this.#generation++;
    this.#cancelProbe();
    this.#cancelPump();
    this.#underWay = null;
    this.#transport?.close();
    this.#transport = null;
    this.options.watches?.unsync();
    if (this.link.up) this.#setLink({ up: false });
  }

  #failed(): void {
    const wasUp = this.link.up;
    this.#drop();
    if (this.#probing) {
      this.#probing = false;
      return this.#open('poll');
    }
    // Where polling fails too, perhaps nothing gets through at all: let a socket have the next turn.
    if (this.#mode === 'poll') this.#socketFailures = this.#socketFailuresMax() - 1;
    else if (!wasUp) this.#socketFailures++;
    this.#retry();
  }

  #retry(): void {
    this.#cancelRetry();
    this.#cancelRetry = this.#env.after(backoff(this.#attempt++, this.#env.random), () => this.#connect());
  }

  #refused(): void {
    this.stop();
    // With another credential it is another reader, to whom nothing of this state belongs.
    this.epoch = undefined;
    this.number = 0;
    this.#on.refused();
  }

  #setLink(change: Partial<Link>): void {
    this.link = { ...this.link, ...change };
    this.#on.link(this.link);
  }

  // -------------------------------------------------------------- receiving

  #receive(frame: ServerFrame<S>): void {
    switch (frame.t) {
      case 'welcome':
        return this.#welcome(frame);
      case 'event':
        return this.#event(frame);
      case 'history':
        this.options.watches?.history(frame.conversation, frame.events, frame.upto, frame.more);
        // A poll asks for the rest by itself.
        if (frame.more && this.#mode === 'socket')
          this.#transport?.watch({ t: 'watch', conversation: frame.conversation, after: frame.upto });
        return frame.events.forEach((event) => this.#echo(event));
      case 'ok':
      case 'error':
        return this.#answer(frame);
      case 'typing':
      case 'queue':
        return this.#on.ephemeral(frame);
    }
  }

  #welcome(frame: ServerFrame<S> & { t: 'welcome' }): void {
    const known = this.epoch !== undefined;
    this.epoch = frame.epoch;
    this.#welcomed = frame.number;
    if (frame.resumed) return;
    this.number = frame.number;
    const lost = known ? (this.options.watches?.clear() ?? []) : [];
    this.#on.fresh(frame.state);
    this.#seen();
    for (const conversation of lost) this.#on.lost?.(conversation);
  }

  #event(event: DeskEvent): void {
    if (event.n <= this.number) return;
    this.number = event.n;
    this.#echo(event);
    this.#on.event(event);
    this.options.watches?.event(event);
    this.#seen();
  }

  /** Our own message came back: whatever becomes of the answer, it is on disk. */
  #echo(event: DeskEvent): void {
    if (event.e !== 'message.added' || !event.key || !this.#outbox.get(event.key)) return;
    this.#outbox.forget(event.key);
    this.#on.outbox();
  }

  #seen(): void {
    if (this.#outbox.seen(this.number)) this.#on.outbox();
  }

  // -------------------------------------------------------------- sending

  /** Sends the outbox's next entry, one at a time. */
  #pump(): void {
    if (!this.link.up || this.#underWay) return;
    const frame = this.#outbox.next()?.frame;
    if (!frame) return;
    this.#underWay = frame.key;
    this.#pumpAfter(ANSWER_WITHIN_MS);
    this.#transport!.send(frame);
  }

  #pumpAfter(ms: number): void {
    this.#cancelPump();
    this.#cancelPump = this.#env.after(ms, () => {
      this.#underWay = null;
      this.#pump();
    });
  }

  #answer(frame: OkFrame | ErrorFrame): void {
    const key = frame.key ?? '';
    if (frame.t === 'error') {
      if (frame.code === 'no_credential' || frame.code === 'bad_credential') return this.#refused();
      if (frame.code === 'unavailable' || frame.code === 'storage_full' || frame.code === 'rate_limited') {
        // It stays under way, so that nothing overtakes it.
        if (key === this.#underWay) this.#pumpAfter(backoff(this.#retryAttempt++, this.#env.random));
        return;
      }
    }
    const command = this.#outbox.get(key)?.frame;
    if (command) {
      if (frame.t === 'error') this.#outbox.refuse(key, frame.message);
      // What the reader has written stays in sight until its event is here, so that it never flickers; the rest is done.
      else if (SHOWN.has(command.t)) this.#outbox.acknowledge(key, frame.number);
      else this.#outbox.forget(key);
      this.#on.outbox();
      this.#on.answered?.(command, frame);
      this.#seen();
    }
    if (key !== this.#underWay) return;
    this.#retryAttempt = 0;
    this.#underWay = null;
    this.#cancelPump();
    this.#pump();
  }
}

/** Commands with words of the reader in them. */
const SHOWN = new Set<Command['t']>(['send', 'chat', 'offline']);

function nothing(): void {}

function browser(): Environment {
  return {
    origin: location.origin,
    socket: (url) => new WebSocket(url) as never,
    fetch: (url, init) => fetch(url, init),
    now: Date.now,
    random: Math.random,
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    on(what, run) {
      const target = what === 'visible' ? document : window;
      const name = what === 'visible' ? 'visibilitychange' : what;
      const listener = (): void => {
        if (what !== 'visible' || !document.hidden) run();
      };
      target.addEventListener(name, listener);
      return () => target.removeEventListener(name, listener);
    },
  };
}
