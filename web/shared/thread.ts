/** One conversation as an agent sees it: its messages, tags, read marks, status. Pure. */

import type { DeskEvent, Id, Message, StatusLetter } from './protocol.ts';
import { messageOf, withMessage } from './visitor.ts';

export interface Thread {
  conversation: Id;
  messages: Message[];
  tags: string[];
  status: StatusLetter;
  department: Id | null;
  agent: Id | null;
  read: { customer: Id | null; agent: Id | null };
}

export function foldThread(thread: Thread, event: DeskEvent): Thread {
  if (event.conversation !== thread.conversation) return thread;
  switch (event.e) {
    case 'message.added':
      return { ...thread, messages: withMessage(thread.messages, messageOf(event)) };
    case 'tags.changed':
      return { ...thread, tags: event.after };
    case 'status.changed':
      return { ...thread, status: event.to };
    case 'assigned':
      return { ...thread, department: event.department, agent: event.agent };
    case 'read.marked':
      if (event.by === 'system') return thread;
      return { ...thread, read: { ...thread.read, [event.by]: event.message } };
    default:
      return thread;
  }
}
