/** What the widget knows: the visit, the chat, what is on its way. The view reads it and calls its methods. */

import { backoff, wait } from '../../shared/backoff.ts';
import { LiveClient, type Link } from '../../shared/live.ts';
import { newKey, Outbox } from '../../shared/outbox.ts';
import type { DeskEvent, FileInfo, Id, Message, Rating, Visit, VisitorCommand, VisitorState } from '../../shared/protocol.ts';
import { foldVisitor } from '../../shared/visitor.ts';
import type { Handed, HostPage, Identity } from '../messages.ts';

/** Loaded when the first file comes by: many chats have none. */
const files = () => import('../../shared/files.ts');

const TOKEN = 'deskbell.token';
/** When the desk last spoke first, as far as this browser has shown it. */
const GREETED = 'deskbell.greeted';
/** The desk takes a sneak-peek every 300 ms at most. */
const TYPING_EVERY_MS = 300;
const TYPING_HOLDS_MS = 5_000;
/** Before another token is asked for, so that a desk that takes none is not asked without end. */
const REFUSED_WAIT_MS = 2_000;
/** Whether somebody is there is asked again when the widget is opened after this long. */
const VISIT_FRESH_MS = 30_000;

export interface Transfer {
  id: number;
  name: string;
  problem: 'file_too_large' | 'file_failed' | null;
}

export type Screen = 'loading' | 'blocked' | 'form' | 'offline' | 'thread';

export class Model {
  visit: Visit | null = null;
  state: VisitorState | null = null;
  link: Link = { up: false, transport: 'socket', broken: false };
  typing: string | null = null;
  transfers: Transfer[] = [];
  draft = { name: '', email: '', department: '', text: '' };
  /** What the page says of its visitor, beside what he types himself. */
  handed: Handed = {};
  problem: string | null = null;
  open = false;
  /** The page is to show us. */
  calls = false;
  /** Set when the reader wants another chat after an ended one. */
  again = false;
  /** Words of the latest message that came while we were here, for the polite region. */
  announcement: { name: string; text: string } | null = null;

  readonly outbox = new Outbox<VisitorCommand>(store(), 'deskbell.out.');
  readonly #client: LiveClient<VisitorState, VisitorCommand>;
  #token: string | null = store()?.getItem(TOKEN) ?? null;
  #page: HostPage;
  #blocked = false;
  #unavailable = false;
  #visited = 0;
  #files = new Map<Id, FileInfo>();
  #images = new Map<Id, Promise<string>>();
  #turn = 0;
  #cancelTyping = 0;
  #peekTimer = 0;
  #peekText = '';
  #peekSent = '';
  #phone = '';
  #asked = false;
  /** The page took back who its visitor is: the desk's own memory of this browser is not shown either. */
  #forgotten = false;

  /** `form`: only messages are left here, whoever is online. */
  constructor(
    private readonly options: { page: HostPage; language: string; transport: 'auto' | 'poll'; changed: () => void },
    readonly form: boolean,
  ) {
    this.#page = options.page;
    this.#client = new LiveClient<VisitorState, VisitorCommand>({
      role: 'visitor',
      token: () => this.#token,
      outbox: this.outbox,
      poll: () => import('../../shared/poll.ts').then(({ openPoll }) => openPoll),
      transport: options.transport,
      handlers: {
        fresh: (state) => {
          this.state = state;
          this.#greet();
          this.#markRead();
          this.#changed();
        },
        event: (event) => this.#event(event),
        ephemeral: (frame) => {
          if (frame.t === 'queue' && this.state) {
            this.state = { ...this.state, queue: { position: frame.position, waiting: frame.waiting } };
          } else if (frame.t === 'typing') this.#showTyping(frame.name ?? '');
          this.#changed();
        },
        answered: (command, answer) => {
          if (answer.t === 'ok') {
            if (command.t === 'chat' && answer.chat === this.state?.chat?.chat) this.outbox.forget(command.key);
          } else if (command.t === 'chat' || command.t === 'offline') {
            this.outbox.forget(command.key);
            this.draft.text = command.text ?? '';
            this.again = true;
            if (answer.code === 'offline') this.#unavailable = true;
            else this.problem = answer.message;
          }
          this.#changed();
        },
        outbox: () => this.#changed(),
        link: (link) => {
          this.link = link;
          this.#markRead();
          this.#changed();
        },
        refused: () => void wait(REFUSED_WAIT_MS).then(() => this.connect()),
      },
    });
  }

  #changed(): void {
    this.options.changed();
  }

  /** Gets a token, then connects. Goes on until the desk answers. */
  async connect(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#askVisit().catch(() => null);
      if (answer === 'blocked') {
        this.#blocked = true;
        return this.#changed();
      }
      if (answer) break;
      this.#changed();
      await wait(backoff(attempt));
    }
    this.#client.start();
  }

  async #askVisit(): Promise<Visit | 'blocked'> {
    const response = await fetch('/live/visit', {
      method: 'POST',
      // A colleague who tries the widget is a visitor here, whoever he is in the console.
      credentials: 'omit',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: this.#token, page: this.#page, language: this.options.language }),
    });
    if (response.status === 403) return 'blocked';
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const visit = (await response.json()) as Visit;
    this.visit = visit;
    this.#visited = Date.now();
    this.#token = visit.token;
    // Somebody of the widget's own department must be there.
    const own = visit.departments.find(({ id }) => id === this.handed.department);
    this.#unavailable = this.form || !(own ?? visit).online;
    try {
      localStorage.setItem(TOKEN, visit.token);
    } catch {
      // Without storage the visitor is new on every page.
    }
    if (!this.#forgotten) {
      this.draft.name ||= visit.customer.name;
      this.draft.email ||= visit.customer.email ?? '';
    }
    this.#changed();
    return visit;
  }

  // -------------------------------------------------------------- what is shown

  get screen(): Screen {
    if (this.#blocked) return 'blocked';
    if (!this.visit || !this.state) return 'loading';
    if (this.form && !this.#asked) return 'offline';
    if (this.starting || this.live || this.greeted) return 'thread';
    if (this.state.conversation && this.state.messages.length && !this.again) return 'thread';
    if (this.outbox.entries.some(({ frame, refused }) => frame.t === 'offline' && !refused)) return 'thread';
    return this.#unavailable ? 'offline' : 'form';
  }

  /** A chat was asked for and the desk has not told of it yet. */
  get starting(): boolean {
    return this.outbox.entries.some(({ frame, refused }) => frame.t === 'chat' && !refused);
  }

  get live(): boolean {
    const chat = this.state?.chat;
    return !!chat && chat.state !== 'ended';
  }

  /** The desk spoke first, and somebody is there for the answer. */
  get greeted(): boolean {
    return !this.#unavailable && !!this.state?.greetings.length;
  }

  get ended(): boolean {
    return this.state?.chat?.state === 'ended' && !this.starting;
  }

  get unread(): number {
    const { messages, read } = this.state ?? { messages: [], read: { customer: null } };
    const upTo = messages.findIndex(({ message }) => message === read.customer);
    return messages.slice(upTo + 1).filter(({ by }) => by === 'agent').length;
  }

  /** What is written and not in the conversation yet, oldest first. */
  get pending(): { key: string; text: string; file: FileInfo | null; refused: string | null }[] {
    const arrived = new Set(this.state?.messages.map(({ key }) => key));
    return this.outbox.entries.flatMap(({ frame, refused }) => {
      if (arrived.has(frame.key) || (frame.t !== 'send' && frame.t !== 'chat' && frame.t !== 'offline')) return [];
      const id = frame.t === 'send' ? frame.file : undefined;
      const file = id ? (this.#files.get(id) ?? { file: id, name: '', content_type: '', bytes: 0 }) : null;
      return frame.text || file ? [{ key: frame.key, text: frame.text ?? '', file, refused }] : [];
    });
  }

  image(file: Id): Promise<string> {
    let url = this.#images.get(file);
    if (url) return url;
    url = files()
      .then(({ download }) => download(file, this.#token!))
      .then((blob) => URL.createObjectURL(blob));
    this.#images.set(file, url);
    // A failed download may be tried again at the next look.
    url.catch(() => this.#images.delete(file));
    return url;
  }

  // -------------------------------------------------------------- what the reader does

  identify({ name, email, phone }: Identity, handed = this.handed): void {
    this.#forgotten ||= name === '';
    this.draft.name = name ?? this.draft.name;
    this.draft.email = email ?? this.draft.email;
    this.#phone = phone ?? this.#phone;
    this.handed = handed;
    this.#changed();
  }

  setOpen(open: boolean): void {
    this.open = open;
    this.#markRead();
    if (open && this.state && !this.live && Date.now() - this.#visited > VISIT_FRESH_MS) void this.#askVisit().catch(() => {});
    this.#changed();
  }

  setPage(page: HostPage): void {
    this.#page = page;
    this.#client.whisper({ t: 'page', url: page.url, title: page.title });
  }

  /** Asks for a chat, or leaves a message. */
  ask(t: 'chat' | 'offline'): void {
    const { name, email, department, text } = this.draft;
    this.#client.send({
      ...this.handed,
      t,
      key: newKey(),
      ...(name && { name }),
      ...(email && { email }),
      ...(department && { department }),
      ...(this.#phone && { phone: this.#phone }),
      text,
    } as VisitorCommand);
    this.#asked = true;
    this.draft.text = '';
    this.problem = null;
    this.again = false;
    this.#changed();
  }

  say(text: string): void {
    if (this.greeted && !this.starting) {
      this.draft.text = text;
      return this.ask('chat');
    }
    this.peek('');
    this.#client.send({ t: 'send', key: newKey(), text });
  }

  /** Puts a refused message into the queue anew. */
  sayAgain(key: string): void {
    const entry = this.outbox.get(key);
    if (!entry) return;
    this.outbox.forget(key);
    this.#client.send({ ...entry.frame, key: newKey() });
  }

  async sendFile(file: File): Promise<void> {
    const transfer: Transfer = { id: this.#turn++, name: file.name, problem: null };
    this.transfers = [...this.transfers, transfer];
    this.#changed();
    try {
      const { uploadPatiently } = await files();
      const info = await uploadPatiently(file, this.#token!);
      this.#files.set(info.file, info);
      this.#images.set(info.file, Promise.resolve(URL.createObjectURL(file)));
      this.dismiss(transfer.id);
      this.#client.send({ t: 'send', key: newKey(), file: info.file });
    } catch (error) {
      const problem = (error as { code?: string }).code === 'too_large' ? 'file_too_large' : 'file_failed';
      this.transfers = this.transfers.map((other) => (other === transfer ? { ...other, problem } : other));
      this.#changed();
    }
  }

  dismiss(id: number): void {
    this.transfers = this.transfers.filter((transfer) => transfer.id !== id);
    this.#changed();
  }

  end(): void {
    this.#client.send({ t: 'end', key: newKey() });
  }

  rate(rating: Rating, comment?: string): void {
    this.#client.send({ t: 'rate', key: newKey(), rating, ...(comment && { comment }) });
  }

  startAgain(): void {
    this.again = true;
    this.#asked = false;
    void this.#askVisit().catch(() => {});
    this.#changed();
  }

  /** Shows the agent what stands in the box, while it is being written. */
  peek(text: string): void {
    this.#peekText = text;
    if (this.#peekTimer) return;
    this.#whisperPeek();
    this.#peekTimer = window.setTimeout(() => {
      this.#peekTimer = 0;
      if (this.#peekText !== this.#peekSent) this.peek(this.#peekText);
    }, TYPING_EVERY_MS);
  }

  #whisperPeek(): void {
    if (this.#peekText === this.#peekSent || !this.live) return;
    this.#peekSent = this.#peekText;
    this.#client.whisper({ t: 'typing', text: this.#peekText });
  }

  // -------------------------------------------------------------- what the desk tells

  #event(event: DeskEvent): void {
    if (!this.state) return;
    this.state = foldVisitor(this.state, event);
    if (event.e === 'chat.requested') {
      this.again = false;
      for (const { frame, acknowledged } of this.outbox.entries)
        if (frame.t === 'chat' && acknowledged !== null) this.outbox.forget(frame.key);
    }
    if (event.e === 'message.added' && event.by === 'agent') {
      this.#hideTyping();
      this.announcement = { name: event.name, text: event.text || (event.file?.name ?? '') };
      this.#markRead();
    }
    if (event.e === 'chat.ended' || event.e === 'chat.left') this.#hideTyping();
    if (event.e === 'greeting') this.#greet();
    this.#changed();
  }

  /** Comes into sight for what the desk says by itself, once. */
  #greet(): void {
    const last = this.state!.greetings.at(-1);
    if (!last || last.at <= Number(store()?.getItem(GREETED))) return;
    store()?.setItem(GREETED, `${last.at}`);
    this.announcement = last;
    this.calls = this.open = true;
  }

  #markRead(): void {
    const last = this.state?.messages.findLast(({ by }: Message) => by === 'agent')?.message;
    if (!this.open || !this.link.up || !last || !this.unread) return;
    this.#client.whisper({ t: 'read', message: last });
    // Our own sight of it need not wait for the echo.
    this.state = { ...this.state!, read: { ...this.state!.read, customer: last } };
  }

  #showTyping(name: string): void {
    this.typing = name;
    clearTimeout(this.#cancelTyping);
    this.#cancelTyping = window.setTimeout(() => {
      this.#hideTyping();
      this.#changed();
    }, TYPING_HOLDS_MS);
  }

  #hideTyping(): void {
    clearTimeout(this.#cancelTyping);
    this.typing = null;
  }
}

/** Null where the browser closes storage to a frame of another site. */
function store(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
