/** The whole desk as this console sees it: the connection, the agent's state, the threads, what is on its way. */

import { untrack } from 'svelte';
import { foldDesk } from '../../../shared/desk.ts';
import { uploadPatiently } from '../../../shared/files.ts';
import { LiveClient, type Link } from '../../../shared/live.ts';
import {
  api,
  everything,
  type Agent,
  type CannedMessage,
  type Overview,
  type PredefinedAnswer,
  type Settings,
  type Shortcut,
} from '../../../shared/native.ts';
import { newKey, Outbox, type Entry } from '../../../shared/outbox.ts';
import { openPoll } from '../../../shared/poll.ts';
import type { AgentCommand, AgentStatus, DeskEvent, DeskState, FileInfo, Id, LiveChat } from '../../../shared/protocol.ts';
import { Watches } from '../../../shared/watches.ts';
import { t } from './i18n.ts';
import { ring } from './ring.svelte.ts';
import { router } from './route.svelte.ts';
import { Thread } from './thread.svelte.ts';

/** Events that come within this time are shown together. */
const COALESCE_MS = 50;
const OVERVIEW_EVERY_MS = 15_000;
const OVERVIEW_AFTER_EVENT_MS = 800;
/** What changes the ready texts, or which of them are mine. */
const TEXTS_CHANGE: ReadonlySet<string> = new Set([
  'shortcut.changed',
  'canned_message.changed',
  'predefined_answer.changed',
  'membership.changed',
]);
const PEEK_HOLDS_MS = 20_000;
const TYPING_EVERY_MS = 3_000;
const NOTICE_MS = 7_000;

export interface Notice {
  id: number;
  text: string;
}

export interface Upload {
  id: number;
  conversation: Id;
  name: string;
}

type Draft<C> = C extends { key: string } ? Omit<C, 'key'> : never;

export class Desk {
  state = $state.raw<DeskState | null>(null);
  link = $state.raw<Link>({ up: false, transport: 'socket', broken: false });
  outbox = $state.raw<readonly Entry<AgentCommand>[]>([]);
  overview = $state.raw<Overview | null>(null);
  notices = $state.raw<Notice[]>([]);
  uploads = $state.raw<Upload[]>([]);
  threads = $state.raw<ReadonlyMap<Id, Thread>>(new Map());
  /** The conversation that is on the screen. */
  open = $state.raw<Id | null>(null);
  /** Chats that I have accepted and the desk has not told of yet. What I write meanwhile goes out after the acceptance. */
  joining = $state.raw<ReadonlySet<Id>>(new Set());
  /** Grows with every change that a list of conversations would show. */
  listTurn = $state(0);
  files = new Map<Id, FileInfo>();
  /** The ready texts that I may use; read when the first one is typed. */
  shortcuts = $state.raw<readonly Shortcut[]>([]);
  canned = $state.raw<readonly CannedMessage[]>([]);
  answers = $state.raw<readonly PredefinedAnswer[]>([]);

  me = $derived.by(() => this.state?.me ?? this.signedIn);
  mine = $derived(this.#sorted((chat) => chat.agents.includes(this.me.agent)));
  offers = $derived(this.#sorted((chat) => chat.offers.some(({ agent }) => agent === this.me.agent)));
  queue = $derived(this.#sorted((chat) => chat.state !== 'served' && !this.offers.includes(chat)));
  others = $derived(this.#sorted((chat) => chat.state === 'served' && !this.mine.includes(chat) && !this.offers.includes(chat)));

  #box: Outbox<AgentCommand>;
  #client: LiveClient<DeskState, AgentCommand>;
  #events: DeskEvent[] = [];
  #watched: [Id, DeskEvent[]][] = [];
  #flushTimer = 0;
  #overviewTimer = 0;
  #overviewEvery = 0;
  #turn = 0;
  #peekTimers = new Map<Id, number>();
  #typed = 0;
  /** Whether the ready texts that are here are those of the desk. */
  #knowsTexts = false;

  constructor(
    readonly signedIn: Agent,
    onRefused: () => void,
  ) {
    this.#box = new Outbox<AgentCommand>(sessionStorage, `deskbell.out.${signedIn.agent}.`);
    this.outbox = this.#box.entries;
    const later = (): void => this.#flushSoon();
    this.#client = new LiveClient<DeskState, AgentCommand>({
      role: 'agent',
      outbox: this.#box,
      poll: async () => openPoll,
      transport: new URLSearchParams(location.search).get('transport') === 'poll' ? 'poll' : 'auto',
      watches: new Watches((conversation, events) => {
        this.#watched.push([conversation, events]);
        later();
      }),
      handlers: {
        fresh: (state) => {
          this.#events = [];
          this.joining = new Set(this.#box.entries.flatMap(({ frame }) => (frame.t === 'accept' ? [frame.chat] : [])));
          this.state = state;
          this.#forgetTexts();
          this.listTurn++;
          this.#follow();
          this.#loadOverview();
        },
        event: (event) => {
          this.#events.push(event);
          later();
        },
        lost: (conversation) => void this.#load(conversation),
        ephemeral: (frame) => {
          if (frame.t === 'typing' && frame.by === 'customer') this.#showPeek(frame.conversation, frame.text ?? '');
        },
        answered: (command, answer) => {
          if (answer.t === 'ok') return;
          if (command.t === 'send') return;
          if (command.t === 'accept') this.#joined(command.chat);
          this.#box.forget(command.key);
          this.notify(answer.message);
        },
        outbox: later,
        link: (link) => {
          this.link = link;
        },
        refused: onRefused,
      },
    });
  }

  start(): void {
    this.#client.start();
    this.#overviewEvery = window.setInterval(() => this.#loadOverview(), OVERVIEW_EVERY_MS);
  }

  stop(): void {
    this.#client.stop();
    clearInterval(this.#overviewEvery);
  }

  // -------------------------------------------------------------- looking things up

  agentName(id: Id | null): string {
    return this.state?.agents.find(({ agent }) => agent === id)?.name ?? '';
  }

  departmentName(id: Id | null): string {
    return this.state?.departments.find(({ department }) => department === id)?.name ?? '';
  }

  chatOf(conversation: Id): LiveChat | undefined {
    return this.state?.chats.find((chat) => chat.conversation === conversation);
  }

  get administrator(): boolean {
    return this.me.role !== 'agent';
  }

  #sorted(which: (chat: LiveChat) => boolean): LiveChat[] {
    return (this.state?.chats ?? []).filter(which).sort((a, b) => a.requested - b.requested);
  }

  // -------------------------------------------------------------- what I do

  #send(command: Draft<AgentCommand>): void {
    this.#client.send({ ...command, key: newKey() } as AgentCommand);
    this.#flush();
  }

  setStatus(status: AgentStatus): void {
    this.#send({ t: 'status', status });
  }

  accept(chat: LiveChat): void {
    this.joining = new Set([...this.joining, chat.chat]);
    this.#send({ t: 'accept', chat: chat.chat });
  }

  #joined(chat: Id): void {
    this.joining = new Set([...this.joining].filter((other) => other !== chat));
  }

  decline(chat: LiveChat): void {
    this.#send({ t: 'decline', chat: chat.chat });
  }

  write(conversation: Id, kind: 'message' | 'note', text: string): void {
    this.typing(conversation, '');
    this.#send({ t: 'send', conversation, kind, text });
  }

  writeAgain(key: string): void {
    const entry = this.#box.get(key);
    if (!entry) return;
    this.#box.forget(key);
    this.#client.send({ ...entry.frame, key: newKey() });
    this.#flush();
  }

  /** Gives up a refused message. */
  discard(key: string): void {
    this.#box.forget(key);
    this.#flush();
  }

  async sendFile(conversation: Id, kind: 'message' | 'note', file: File): Promise<void> {
    const upload: Upload = { id: this.#turn++, conversation, name: file.name };
    this.uploads = [...this.uploads, upload];
    try {
      const info = await uploadPatiently(file);
      this.files.set(info.file, info);
      this.#send({ t: 'send', conversation, kind, file: info.file });
    } catch (error) {
      this.notify(t('file_failed', { name: file.name, why: (error as Error).message }));
    }
    this.uploads = this.uploads.filter((other) => other !== upload);
  }

  setTags(conversation: Id, tags: string[]): void {
    this.#send({ t: 'tags', conversation, tags });
  }

  /** Sends files that are on the desk already. */
  sendFiles(conversation: Id, kind: 'message' | 'note', files: readonly FileInfo[]): void {
    for (const file of files) {
      this.files.set(file.file, file);
      this.#send({ t: 'send', conversation, kind, file: file.file });
    }
  }

  /** Reads the ready texts if they are not known. What cannot be read is asked for again the next time. */
  needTexts(): void {
    if (this.#knowsTexts) return;
    this.#knowsTexts = true;
    Promise.all([
      everything(api.shortcuts),
      everything((after) => api.cannedMessages('usable', after)),
      everything((after) => api.predefinedAnswers('usable', after)),
    ]).then(
      (read) => ([this.shortcuts, this.canned, this.answers] = read),
      () => (this.#knowsTexts = false),
    );
  }

  transfer(chat: LiveChat, to: { department?: Id; agent?: Id }): void {
    this.#send({ t: 'transfer', chat: chat.chat, ...to });
  }

  invite(chat: LiveChat, agent: Id): void {
    this.#send({ t: 'invite', chat: chat.chat, agent });
  }

  setSkills(chat: LiveChat, skills: Id[]): void {
    this.#send({ t: 'skills', chat: chat.chat, skills });
  }

  leave(chat: LiveChat): void {
    this.#send({ t: 'leave', chat: chat.chat });
  }

  end(chat: LiveChat): void {
    this.#send({ t: 'end', chat: chat.chat });
  }

  resolve(conversation: Id): void {
    this.#send({ t: 'resolve', conversation });
  }

  reopen(conversation: Id): void {
    this.#send({ t: 'reopen', conversation });
  }

  postpone(conversation: Id, until: number): void {
    this.#send({ t: 'postpone', conversation, until });
  }

  /** Tells the visitor that I am writing: again every 3 s while it lasts, and once when it stops. */
  typing(conversation: Id, text: string): void {
    const now = Date.now();
    if (text ? now - this.#typed < TYPING_EVERY_MS : !this.#typed) return;
    this.#typed = text ? now : 0;
    this.#client.whisper({ t: 'typing', conversation, typing: !!text });
  }

  /** I have seen all there is in the thread. */
  markRead(thread: Thread): void {
    const last = thread.data?.messages.findLast(({ by }) => by === 'customer');
    if (!last || !this.link.up || !thread.unread) return;
    this.#client.whisper({ t: 'read', conversation: thread.conversation, message: last.message });
    thread.markRead(last.message);
  }

  retryNow(): void {
    this.#client.retryNow();
  }

  notify(text: string): void {
    const notice = { id: this.#turn++, text };
    this.notices = [...this.notices, notice];
    setTimeout(() => this.dismiss(notice.id), NOTICE_MS);
  }

  dismiss(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id);
  }

  // -------------------------------------------------------------- threads

  show(conversation: Id | null): void {
    // Called by effects, which must not depend on what it reads.
    untrack(() => {
      this.open = conversation;
      this.#follow();
    });
  }

  /** Watches my chats and what is on the screen, and nothing else. */
  #follow(): void {
    const wanted = new Set(this.mine.map(({ conversation }) => conversation));
    if (this.open) wanted.add(this.open);
    const threads = new Map(this.threads);
    let changed = false;
    for (const conversation of threads.keys()) {
      if (wanted.has(conversation)) continue;
      threads.delete(conversation);
      this.#client.unwatch(conversation);
      changed = true;
    }
    const added = [...wanted].filter((conversation) => !threads.has(conversation));
    for (const conversation of added) threads.set(conversation, new Thread(conversation));
    if (changed || added.length) this.threads = threads;
    for (const conversation of added) void this.#load(conversation);
  }

  async #load(conversation: Id): Promise<void> {
    const thread = this.threads.get(conversation);
    if (!thread) return;
    const number = await thread.load().catch(() => null);
    if (this.threads.get(conversation) !== thread) return;
    // An old link to one that was merged shows where it went.
    const shown = thread.detail?.conversation ?? conversation;
    if (shown !== conversation && this.open === conversation) return router.go(router.route.area, shown);
    if (number !== null) this.#client.watch(conversation, number);
    else setTimeout(() => void this.#load(conversation), OVERVIEW_EVERY_MS);
  }

  #showPeek(conversation: Id, text: string): void {
    const thread = this.threads.get(conversation);
    if (!thread) return;
    thread.peek = text;
    clearTimeout(this.#peekTimers.get(conversation));
    this.#peekTimers.set(
      conversation,
      window.setTimeout(() => (thread.peek = ''), PEEK_HOLDS_MS),
    );
  }

  // -------------------------------------------------------------- what the desk tells

  #flushSoon(): void {
    if (!this.#flushTimer) this.#flushTimer = window.setTimeout(() => this.#flush(), COALESCE_MS);
  }

  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = 0;
    const events = this.#events;
    const watched = this.#watched;
    this.#events = [];
    this.#watched = [];
    for (const [conversation, news] of watched) this.#applyToThread(conversation, news);
    this.outbox = this.#box.entries;
    if (!events.length || !this.state) return;
    this.state = events.reduce(foldDesk, this.state);
    this.#follow();
    for (const event of events) this.#notice(event);
  }

  #applyToThread(conversation: Id, events: DeskEvent[]): void {
    const thread = this.threads.get(conversation);
    if (!thread) return;
    thread.apply(events);
    const written = events.some((event) => event.e === 'message.added' && event.by === 'customer');
    if (written && (conversation !== this.open || document.hidden)) ring.tick();
  }

  #notice(event: DeskEvent): void {
    if ((event.e === 'chat.joined' && event.agent === this.me.agent) || event.e === 'chat.ended') this.#joined(event.chat);
    if (event.e === 'settings.changed') void this.#loadSettings();
    if (TEXTS_CHANGE.has(event.e)) this.#forgetTexts();
    if (event.e === 'conversation.merged') this.#merged(event.conversation, event.into);
    if (event.e === 'customer.changed')
      for (const thread of this.threads.values())
        if (thread.detail?.customer.customer === event.customer) void thread.loadCustomer();
    if (event.conversation) this.listTurn++;
    clearTimeout(this.#overviewTimer);
    this.#overviewTimer = window.setTimeout(() => this.#loadOverview(), OVERVIEW_AFTER_EVENT_MS);
  }

  /** They changed, or which of them are mine: read again if they are in use, else when they are needed. */
  #forgetTexts(): void {
    const inUse = this.#knowsTexts;
    this.#knowsTexts = false;
    if (inUse) this.needTexts();
  }

  /** What was open leads to where it went; what came along from the other one is told by no event. */
  #merged(conversation: Id, into: Id): void {
    if (this.open === conversation) router.go(router.route.area, into);
    if (!this.threads.has(into)) return;
    this.#client.unwatch(into);
    void this.#load(into);
  }

  #loadOverview(): void {
    if (document.hidden && this.overview) return;
    api.overview().then(
      (overview) => (this.overview = overview),
      // The next one comes by itself.
      () => {},
    );
  }

  async #loadSettings(): Promise<void> {
    const settings = await api.settings().catch(() => null);
    if (settings) this.applySettings(settings);
  }

  applySettings({ name, accent }: Settings): void {
    if (this.state) this.state = { ...this.state, settings: { name, accent } };
  }
}
