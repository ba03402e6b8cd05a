/** Figures of reports: which of the desk's measures are shown, and as what. A mean is a sum divided where it is shown. */

import type { Figures } from '../../../shared/native.ts';

export type Kind = 'count' | 'mean' | 'time';

export interface Figure {
  /** Its text is `measure_…`. */
  name: string;
  kind: Kind;
  /** The measure; of a mean the sum of times. */
  of: string;
  /** What a mean is divided by. */
  by?: string;
}

const count = (name: string): Figure => ({ name, kind: 'count', of: name });
const mean = (name: string, of: string, by: string): Figure => ({ name, kind: 'mean', of, by });

const TICKETS = [
  count('created_tickets'),
  count('incoming_messages'),
  count('answers'),
  count('resolved_tickets'),
  mean('first_answer', 'new_answer_time', 'new_answers'),
];
const CHATS = [
  count('incoming_chats'),
  count('chats'),
  count('unanswered_chats'),
  mean('chat_pickup', 'chat_pickup_time', 'chat_pickup_times'),
  mean('chat_duration', 'chat_time', 'chat_times'),
];
const CALLS = [
  count('incoming_calls'),
  count('calls'),
  count('unanswered_calls'),
  mean('call_duration', 'call_time', 'call_times'),
];
const RATINGS = [count('rewards'), count('punishments')];

/** Of the whole desk, and over time. */
export const FIGURES: readonly Figure[] = [...TICKETS, ...CHATS, ...CALLS, ...RATINGS];

export const DIMENSIONS = ['agent', 'department', 'channel', 'tag'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

const OF_AGENTS: readonly Figure[] = [
  count('answers'),
  count('notes'),
  count('resolved_tickets'),
  mean('first_answer', 'new_answer_time', 'new_answers'),
  count('chats'),
  count('chat_answers'),
  count('missed_chats'),
  mean('chat_pickup', 'chat_pickup_time', 'chat_pickup_times'),
  count('calls'),
  mean('call_duration', 'call_time', 'call_times'),
  ...RATINGS,
  { name: 'work_time', kind: 'time', of: 'work_time' },
];

/** The columns of a table. Who is asked for or rings at nobody in particular counts for no agent. */
export function columnsOf(dimension: Dimension): readonly Figure[] {
  return dimension === 'agent' ? OF_AGENTS : FIGURES;
}

/** A count, or milliseconds; null where there is nothing to make a mean of. */
export function valueOf({ of, by }: Figure, values: Figures): number | null {
  const sum = values[of] ?? 0;
  if (by === undefined) return sum;
  const times = values[by] ?? 0;
  return times > 0 ? sum / times : null;
}
