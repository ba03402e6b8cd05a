/**
 * Conversations that an agent's client watches, each with a cursor of its own. After a reconnect the stream brings a conversation's
 * desk-wide events before its history brings the others, so events wait until the history came: every consumer gets each
 * event once and in order.
 */

import type { DeskEvent, Id } from './protocol.ts';

interface Watch {
  /** The highest number of this conversation that was delivered. */
  cursor: number;
  /** False from (re)connecting until its history came. */
  synced: boolean;
  /** Only a part of its history has come yet. */
  more: boolean;
  early: DeskEvent[];
}

export class Watches {
  #watches = new Map<Id, Watch>();

  constructor(private readonly deliver: (conversation: Id, events: DeskEvent[]) => void) {}

  has(conversation: Id): boolean {
    return this.#watches.has(conversation);
  }

  add(conversation: Id, after: number): void {
    this.#watches.set(conversation, { cursor: after, synced: false, more: false, early: [] });
  }

  remove(conversation: Id): boolean {
    return this.#watches.delete(conversation);
  }

  list(): { conversation: Id; after: number }[] {
    return [...this.#watches].map(([conversation, { cursor }]) => ({ conversation, after: cursor }));
  }

  /** The connection broke: histories must come anew. */
  unsync(): void {
    for (const watch of this.#watches.values()) {
      watch.synced = false;
      watch.more = false;
      watch.early = [];
    }
  }

  /** Nothing can be resumed: forgets all and says which they were. */
  clear(): Id[] {
    const lost = [...this.#watches.keys()];
    this.#watches.clear();
    return lost;
  }

  event(event: DeskEvent): void {
    const watch = event.conversation === undefined ? undefined : this.#watches.get(event.conversation);
    if (!watch) return;
    if (watch.synced) this.#pass(event.conversation!, watch, [event]);
    else watch.early.push(event);
  }

  /** Takes a piece of history. After the last one the conversation is up to date, and what came early is let through. */
  history(conversation: Id, events: DeskEvent[], upto: number, more = false): void {
    const watch = this.#watches.get(conversation);
    if (!watch) return;
    this.#pass(conversation, watch, events);
    watch.cursor = Math.max(watch.cursor, upto);
    watch.more = more;
    if (!more) this.#release(conversation, watch);
  }

  /** A poll may leave out a history that is empty. */
  caughtUp(conversation: Id): void {
    const watch = this.#watches.get(conversation);
    if (watch && !watch.synced && !watch.more) this.#release(conversation, watch);
  }

  #release(conversation: Id, watch: Watch): void {
    const { early } = watch;
    watch.synced = true;
    watch.early = [];
    this.#pass(conversation, watch, early);
  }

  #pass(conversation: Id, watch: Watch, events: DeskEvent[]): void {
    const news = events.filter((event) => event.n > watch.cursor);
    if (!news.length) return;
    watch.cursor = news.at(-1)!.n;
    this.deliver(conversation, news);
  }
}
