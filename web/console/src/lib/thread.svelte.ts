/** A conversation that is open in this console or belongs to one of my chats. */

import { api } from '../../../shared/native.ts';
import type { ConversationDetail, Customer } from '../../../shared/native.ts';
import type { DeskEvent, FileInfo, Id, Message } from '../../../shared/protocol.ts';
import { foldThread, type Thread as Data } from '../../../shared/thread.ts';

/** Pages of messages that are loaded of a long conversation. */
const PAGES_MAX = 10;

export class Thread {
  data = $state.raw<Data | null>(null);
  detail = $state.raw<ConversationDetail | null>(null);
  customer = $state.raw<Customer | null>(null);
  /** What stands in the visitor's box just now. */
  peek = $state('');
  draft = $state('');
  /** Tags of the shortcuts in the draft: they go onto the conversation with it. */
  draftTags = $state.raw<readonly string[]>([]);
  /** Files of the predefined answers in the draft: they are sent with it. */
  draftFiles = $state.raw<readonly FileInfo[]>([]);
  kind = $state<'message' | 'note'>('message');
  problem = $state<string | null>(null);
  /** Events that came while it was loading. */
  #early: DeskEvent[] = [];

  constructor(readonly conversation: Id) {}

  /** Messages of the customer below the agents' read mark. */
  unread = $derived.by(() => {
    const { messages, read } = this.data ?? { messages: [], read: { agent: null } };
    const upTo = messages.findLastIndex(({ message, by }) => by === 'agent' || message === read.agent);
    return messages.slice(upTo + 1).filter(({ by }) => by === 'customer').length;
  });

  /** Answers the journal's number from which on its events are needed. */
  async load(): Promise<number> {
    this.problem = null;
    try {
      const messages: Message[] = [];
      let number: number | undefined;
      let after: string | undefined;
      for (let page = 0; page < PAGES_MAX; page++) {
        const answer = await api.messages(this.conversation, after);
        messages.push(...answer.items);
        // The first page's number: what came later comes again as events, and is dropped where it is known.
        number ??= answer.number;
        if (!answer.next) break;
        after = answer.next;
      }
      const detail = await api.conversation(this.conversation);
      this.detail = detail;
      this.data = {
        conversation: this.conversation,
        messages,
        tags: detail.tags,
        status: detail.status,
        department: detail.department,
        agent: detail.agent,
        read: this.data?.read ?? { customer: null, agent: null },
      };
      void this.loadCustomer();
      return number!;
    } catch (error) {
      this.problem = (error as Error).message;
      throw error;
    }
  }

  async loadCustomer(): Promise<void> {
    if (!this.detail) return;
    this.customer = await api.customer(this.detail.customer.customer).catch(() => this.customer);
  }

  async refresh(): Promise<void> {
    this.detail = await api.conversation(this.conversation).catch(() => this.detail);
  }

  apply(events: DeskEvent[]): void {
    if (!this.data) {
      this.#early.push(...events);
      return;
    }
    this.data = [...this.#early, ...events].reduce(foldThread, this.data);
    this.#early = [];
    if (events.some((event) => event.e === 'message.added' && event.by === 'customer')) this.peek = '';
    if (events.some(({ e }) => e === 'chat.ended' || e === 'chat.rated')) void this.refresh();
  }

  markRead(message: Id): void {
    if (this.data) this.data = { ...this.data, read: { ...this.data.read, agent: message } };
  }
}
