/** A visitor's state and what each event does to it. Pure: the same events over a stale state give what a fresh load gives. */

import type { DeskEvent, Message, MessageAdded, VisitorState } from './protocol.ts';

/** The desk shows a visitor this many messages of the latest conversation. */
export const MESSAGES_MAX = 200;

export function messageOf(event: MessageAdded): Message {
  const { message, kind, by, agent, name, text, file, at, n, key } = event;
  return { message, kind, by, agent, name, text, file, at, n, key };
}

/** Adds a message unless it is there already; keeps the order of the journal. */
export function withMessage(messages: readonly Message[], added: Message): Message[] {
  if (
    messages.some(({ message, key }) => message === added.message || (key !== null && key === added.key && added.by !== 'system'))
  )
    return messages as Message[];
  const at = messages.findLastIndex(({ n }) => n <= added.n);
  return [...messages.slice(0, at + 1), added, ...messages.slice(at + 1)];
}

export function foldVisitor(state: VisitorState, event: DeskEvent): VisitorState {
  const { chat } = state;
  switch (event.e) {
    case 'conversation.started':
      if (event.conversation === state.conversation) return state;
      return {
        ...state,
        conversation: event.conversation,
        chat: null,
        queue: null,
        read: { customer: null, agent: null },
        messages: [],
      };
    case 'chat.requested':
      if (chat?.chat === event.chat) return state;
      return {
        ...state,
        conversation: event.conversation,
        greetings: [],
        chat: { chat: event.chat, state: 'queued', department: event.department, rating: null, agents: [], reason: null },
      };
    case 'chat.joined':
      if (chat?.chat !== event.chat) return state;
      return {
        ...state,
        queue: null,
        chat: {
          ...chat,
          state: 'served',
          agents: [...chat.agents.filter(({ agent }) => agent !== event.agent), { agent: event.agent, name: event.name }],
        },
      };
    case 'chat.left':
      if (chat?.chat !== event.chat) return state;
      return {
        ...state,
        chat: { ...chat, state: event.state, agents: chat.agents.filter(({ agent }) => agent !== event.agent) },
      };
    case 'chat.transferred':
      if (chat?.chat !== event.chat) return state;
      return { ...state, chat: { ...chat, state: event.state, department: event.department } };
    case 'chat.ended':
      if (chat?.chat !== event.chat) return state;
      return { ...state, queue: null, chat: { ...chat, state: 'ended', reason: event.reason, agents: [] } };
    case 'chat.rated':
      if (chat?.chat !== event.chat) return state;
      return { ...state, chat: { ...chat, rating: event.rating } };
    case 'message.added':
      if (state.conversation !== event.conversation) return state;
      return { ...state, messages: withMessage(state.messages, messageOf(event)).slice(-MESSAGES_MAX) };
    case 'greeting':
      return { ...state, greetings: [...state.greetings, event] };
    case 'read.marked':
      if (state.conversation !== event.conversation || event.by === 'system') return state;
      return { ...state, read: { ...state.read, [event.by]: event.message } };
    default:
      return state;
  }
}
