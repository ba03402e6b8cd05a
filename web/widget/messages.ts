/** What the loader on the host's page and the chat in the iframe tell each other. Every message is an object with `deskbell`. */

export interface Identity {
  name?: string;
  email?: string;
}

export interface HostPage {
  url: string;
  title: string;
  referrer: string;
}

export type ToFrame =
  | { deskbell: 'start'; page: HostPage; identity: Identity | null; open: boolean }
  | { deskbell: 'open' }
  | { deskbell: 'closed' }
  | { deskbell: 'page'; page: HostPage }
  | { deskbell: 'identify'; identity: Identity };

export type ToHost =
  | { deskbell: 'ready' }
  | { deskbell: 'close' }
  | { deskbell: 'look'; accent: string; ink: string; label: string }
  /** `live` asks the loader to start the chat by itself on the next page. */
  | { deskbell: 'state'; unread: number; live: boolean };
