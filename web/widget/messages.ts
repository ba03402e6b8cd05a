/** What the page that embeds the chat and the chat in the iframe tell each other. Every message is an object with `deskbell`. */

import type { Field } from '../shared/protocol.ts';

/** What is left out is as it was; an empty text takes it back. */
export interface Identity {
  name?: string | undefined;
  email?: string | undefined;
  phone?: string | undefined;
}

/** What a contact widget hands over: which one it is, where it leads, and what the page knows of the visitor. */
export interface Handed {
  widget?: string;
  department?: string;
  fields?: Field[];
  ticket_fields?: Field[];
  /** Names or ids of skills that a chat asks for. */
  skills?: string[] | undefined;
}

export interface HostPage {
  url: string;
  title: string;
  referrer: string;
}

export type ToFrame =
  | { deskbell: 'start'; page: HostPage; identity: Identity | null; handed?: Handed; open: boolean }
  | { deskbell: 'open' }
  | { deskbell: 'closed' }
  | { deskbell: 'page'; page: HostPage }
  | { deskbell: 'identify'; identity: Identity; handed?: Handed };

export type ToHost =
  | { deskbell: 'ready' }
  | { deskbell: 'close' }
  /** The desk speaks to the visitor by itself: the chat comes into sight, and takes no focus. */
  | { deskbell: 'open' }
  | { deskbell: 'look'; accent: string; ink: string; label: string }
  /** `live` asks the loader to start the chat by itself on the next page. */
  | { deskbell: 'state'; unread: number; live: boolean };
