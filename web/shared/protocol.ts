/**
 * The live protocol's frames, as `docs/live-protocol.md` describes them. Fields that a server may leave out are optional;
 * unknown fields and frames are ignored by whoever reads these.
 */

export type Id = string;
/** Milliseconds since 1970 UTC. */
export type Millis = number;

export type Author = 'customer' | 'agent' | 'system';
export type MessageKind = 'message' | 'file' | 'note' | 'system' | 'tag' | 'transfer' | 'rating' | 'status' | 'other';
export type ChatState = 'queued' | 'offered' | 'served' | 'ended';
export type EndReason = 'visitor' | 'agent' | 'visitor_gone' | 'inactivity' | 'overflow';
export type Rating = 'good' | 'bad' | null;
export type AgentStatus = 'online' | 'away' | 'invisible' | 'offline';
export type Role = 'owner' | 'administrator' | 'agent';
export type OfferOutcome = 'accepted' | 'expired' | 'declined' | 'withdrawn';
/** Letters of a conversation's status: new, open, answered, resolved, postponed, chatting, calling, deleted, spam, init. */
export type StatusLetter = 'I' | 'N' | 'C' | 'A' | 'R' | 'W' | 'T' | 'P' | 'X' | 'B';

export type ErrorCode =
  | 'invalid'
  | 'missing'
  | 'no_credential'
  | 'bad_credential'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'offline'
  | 'too_large'
  | 'rate_limited'
  | 'unavailable'
  | 'storage_full'
  | 'internal';

export interface FileInfo {
  file: Id;
  name: string;
  content_type: string;
  bytes: number;
}

export interface Message {
  message: Id;
  kind: MessageKind;
  by: Author;
  agent: Id | null;
  name: string;
  text: string;
  file: FileInfo | null;
  at: Millis;
  n: number;
  key: string | null;
}

export interface Page {
  url: string;
  title: string;
  referrer?: string;
}

/** A value of an added field. */
export interface Field {
  code: string;
  value: string;
}

/** What the page that embeds a contact widget hands over with a chat or a message. */
export interface HandedOver {
  phone?: string;
  widget?: Id;
  /** For the customer. */
  fields?: Field[];
  /** For the conversation. */
  ticket_fields?: Field[];
  /** Names or ids of skills that a chat asks for. */
  skills?: string[] | undefined;
}

export type CallDirection = 'in' | 'out' | 'internal';
export type CallState = 'queued' | 'ringing' | 'talking' | 'ended';
export type CallOutcome = 'finished' | 'abandoned' | 'missed' | 'voicemail';
/** What came of a rule whose conditions held. */
export type FiringOutcome = 'done' | 'loop' | 'chain' | 'often' | 'failed';
export type SlaGoal = 'first_answer' | 'next_answer' | 'first_assign' | 'first_resolve' | 'chat_answer' | 'call_answer';

// ---------------------------------------------------------------- events

/** What every event carries, whatever happened. */
export interface EventBase {
  n: number;
  at: Millis;
  conversation?: Id;
  chat?: Id;
}

export interface MessageAdded extends EventBase {
  e: 'message.added';
  conversation: Id;
  message: Id;
  kind: MessageKind;
  by: Author;
  agent: Id | null;
  name: string;
  text: string;
  file: FileInfo | null;
  key: string | null;
}

export type DeskEvent =
  | MessageAdded
  | (EventBase & {
      e: 'conversation.started';
      conversation: Id;
      customer: Id;
      name: string;
      department: Id;
      channel: string;
      status: StatusLetter;
      subject: string;
    })
  | (EventBase & { e: 'status.changed'; conversation: Id; from: StatusLetter; to: StatusLetter; by: Author })
  | (EventBase & { e: 'assigned'; conversation: Id; department: Id; agent: Id | null })
  | (EventBase & { e: 'tags.changed'; conversation: Id; before: string[]; after: string[]; by: Author })
  | (EventBase & { e: 'read.marked'; conversation: Id; by: Author; message: Id })
  | (EventBase & { e: 'conversation.merged'; conversation: Id; into: Id })
  | (EventBase & {
      e: 'chat.requested';
      conversation: Id;
      chat: Id;
      customer: Id;
      name: string;
      department: Id;
      started_by: string;
      priority: number;
    })
  | (EventBase & { e: 'chat.offered'; conversation: Id; chat: Id; agent: Id; expires: Millis; state: ChatState })
  | (EventBase & { e: 'offer.closed'; conversation: Id; chat: Id; agent: Id; outcome: OfferOutcome; state: ChatState })
  | (EventBase & { e: 'chat.joined'; conversation: Id; chat: Id; agent: Id; name: string })
  | (EventBase & { e: 'chat.left'; conversation: Id; chat: Id; agent: Id; name: string; state: ChatState })
  | (EventBase & { e: 'skills.requested'; conversation: Id; chat: Id; skills: Id[]; by: Author })
  | (EventBase & {
      e: 'chat.transferred';
      conversation: Id;
      chat: Id;
      from: Id;
      department: Id;
      agent: Id | null;
      state: ChatState;
    })
  | (EventBase & {
      e: 'chat.ended';
      conversation: Id;
      chat: Id;
      department: Id;
      reason: EndReason;
      missed: boolean;
      dropped: boolean;
    })
  | (EventBase & { e: 'chat.rated'; conversation: Id; chat: Id; rating: Rating; comment: string | null })
  | (EventBase & { e: 'agent.changed'; agent: Id } & Partial<Omit<AgentState, 'agent'>>)
  | (EventBase & { e: 'agent.status'; agent: Id; preset: AgentStatus; online: AgentStatus; phone: boolean })
  | (EventBase & { e: 'department.changed'; department: Id } & Partial<Omit<DepartmentState, 'department'>>)
  | (EventBase & { e: 'membership.changed'; department: Id; agent: Id; member: boolean })
  | (EventBase & { e: 'customer.changed'; customer: Id; name: string; email: string | null; phone: string })
  | (EventBase & { e: 'ban.changed'; customer: Id | null; address: string | null; banned: boolean })
  | (EventBase & { e: 'shortcut.changed'; shortcut: Id; name: string; removed: boolean })
  | (EventBase & {
      e: 'call.started';
      conversation: Id;
      call: Id;
      direction: CallDirection;
      customer: Id;
      caller: Id | null;
      department: Id;
    })
  | (EventBase & { e: 'call.rang'; call: Id; agent: Id; expires: Millis; state: CallState })
  | (EventBase & { e: 'ring.closed'; call: Id; agent: Id; outcome: OfferOutcome; state: CallState })
  | (EventBase & { e: 'call.answered' | 'call.left'; call: Id; agent: Id; state: CallState })
  | (EventBase & { e: 'call.held'; call: Id; agent: Id; held: boolean })
  | (EventBase & { e: 'call.transferred'; call: Id; from: Id; department: Id; agent: Id | null; by: Author; state: CallState })
  | (EventBase & { e: 'call.ended'; call: Id; department: Id; direction: CallDirection; outcome: CallOutcome; by: Author })
  | (EventBase & { e: 'sla_level.changed'; level: Id; name: string; removed: boolean })
  | (EventBase & { e: 'sla.level'; level: Id | null; by: Author })
  | (EventBase & { e: 'sla.started'; item: Id; goal: SlaGoal; level: Id; due: Millis | null })
  | (EventBase & { e: 'sla.breached'; item: Id; goal: SlaGoal; level: Id; due: Millis })
  | (EventBase & { e: 'sla.moved'; item: Id; due: Millis | null })
  | (EventBase & { e: 'sla.closed'; item: Id; goal: SlaGoal; level: Id; started: Millis; due: Millis })
  | (EventBase & { e: 'sla.dropped'; item: Id })
  | (EventBase & { e: 'rule.changed' | 'time_rule.changed'; rule: Id; name: string; removed: boolean })
  | (EventBase & { e: 'rule.fired' | 'time_rule.fired'; rule: Id; name: string; outcome: FiringOutcome })
  | (EventBase & { e: 'canned_message.changed'; message: Id; removed: boolean })
  | (EventBase & { e: 'predefined_answer.changed'; answer: Id; removed: boolean })
  | (EventBase & { e: 'settings.changed' })
  | (EventBase & { e: 'greeting' } & Greeting);

// ---------------------------------------------------------------- states

export interface ChatAgent {
  agent: Id;
  name: string;
}

export interface VisitorChat {
  chat: Id;
  state: ChatState;
  department: Id;
  rating: Rating;
  agents: ChatAgent[];
  reason: EndReason | null;
}

/** What the desk says by itself to a visitor who is in no chat. */
export interface Greeting {
  name: string;
  text: string;
  at: Millis;
}

export interface VisitorState {
  visit: Id;
  online: boolean;
  conversation: Id | null;
  chat: VisitorChat | null;
  queue: { position: number; waiting: number } | null;
  read: { customer: Id | null; agent: Id | null };
  messages: Message[];
  /** They wait for an answer; it begins a chat. */
  greetings: Greeting[];
}

export interface AgentState {
  agent: Id;
  email: string;
  name: string;
  role: Role;
  slots: number;
  enabled: boolean;
  preset: AgentStatus;
  online: AgentStatus;
  /** Whether calls may ring at him. */
  phone: boolean;
  departments: Id[];
}

export interface DepartmentState {
  department: Id;
  name: string;
  strategy: string;
  enabled: boolean;
}

export interface Offer {
  agent: Id;
  expires: Millis;
}

export interface LiveChat {
  chat: Id;
  conversation: Id;
  state: ChatState;
  department: Id;
  customer: { customer: Id; name: string; email: string | null };
  started_by: string;
  requested: Millis;
  waiting_since: Millis | null;
  unanswered_since: Millis | null;
  agents: Id[];
  offers: Offer[];
  /** What it asks for. */
  skills: Id[];
}

export interface LiveCall {
  call: Id;
  conversation: Id;
  direction: CallDirection;
  state: CallState;
  department: Id;
  /** Only the id is known of one who came by an event. */
  customer: { customer: Id; name: string; email: string | null };
  caller: Id | null;
  started: Millis;
  agents: { agent: Id; held: boolean }[];
  rings: Offer[];
}

export interface DeskState {
  me: AgentState;
  agents: AgentState[];
  departments: DepartmentState[];
  chats: LiveChat[];
  calls: LiveCall[];
  settings: { name: string; accent: string };
}

// ---------------------------------------------------------------- frames

/** Commands that change something: kept and repeated with their key until the desk answers. */
export type VisitorCommand =
  | ({ t: 'chat'; key: string; department?: Id; name?: string; email?: string; text?: string } & HandedOver)
  | { t: 'send'; key: string; text?: string; file?: Id }
  | ({ t: 'offline'; key: string; name?: string; email: string; text: string; department?: Id } & HandedOver)
  | { t: 'end'; key: string }
  | { t: 'rate'; key: string; rating: Rating; comment?: string };

export type AgentCommand =
  | { t: 'status'; key: string; status: AgentStatus }
  | { t: 'accept'; key: string; chat: Id }
  | { t: 'decline'; key: string; chat: Id }
  | { t: 'send'; key: string; conversation: Id; text?: string; file?: Id; kind: 'message' | 'note' }
  | { t: 'tags'; key: string; conversation: Id; tags: string[] }
  | { t: 'transfer'; key: string; chat: Id; department?: Id; agent?: Id }
  | { t: 'invite'; key: string; chat: Id; agent: Id }
  | { t: 'skills'; key: string; chat: Id; skills: Id[] }
  | { t: 'leave'; key: string; chat: Id }
  | { t: 'end'; key: string; chat: Id }
  | { t: 'resolve'; key: string; conversation: Id }
  | { t: 'reopen'; key: string; conversation: Id }
  | { t: 'postpone'; key: string; conversation: Id; until: number };

export type Command = VisitorCommand | AgentCommand;

/** Frames that may be lost without harm. */
export type Ephemeral =
  | { t: 'read'; message: Id; conversation?: Id }
  | { t: 'typing'; text: string }
  | { t: 'typing'; conversation: Id; typing: boolean }
  | { t: 'page'; url: string; title: string };

export type OkFrame = { t: 'ok'; key: string | null; number: number; conversation?: Id; chat?: Id; state?: ChatState };
export type ErrorFrame = { t: 'error'; key?: string | null; code: ErrorCode; message: string };
export type TypingFrame = { t: 'typing'; conversation: Id; by: Author; text?: string; name?: string };

export type ServerFrame<S> =
  | { t: 'welcome'; epoch: number; number: number; resumed: true }
  | { t: 'welcome'; epoch: number; number: number; resumed: false; state: S }
  | ({ t: 'event' } & DeskEvent)
  /** With `more` the desk could not send all: watch again after `upto`, it has stopped watching. */
  | { t: 'history'; conversation: Id; upto: number; events: DeskEvent[]; more?: boolean }
  | OkFrame
  | ErrorFrame
  | TypingFrame
  | { t: 'queue'; position: number; waiting: number }
  | { t: 'pong' };

/** The answer of `POST /live/visit`. */
export interface Visit {
  token: string;
  visit: Id;
  customer: { name: string; email: string | null };
  online: boolean;
  departments: { id: Id; name: string; online: boolean }[];
  settings: { name: string; accent: string; ask_email: boolean; greeting: string };
}
