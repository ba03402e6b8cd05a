/** Times of levels as the form edits them. */

import kinds from '../../../shared/kinds.json';
import type { SlaLevel } from '../../../shared/native.ts';
import type { SlaGoal } from '../../../shared/protocol.ts';
import { UNIT_SECONDS, type Unit } from './rules.ts';

export interface GoalTime {
  goal: SlaGoal;
  /** Null: not watched. */
  count: number | null;
  unit: Unit;
}

/** A day of business hours is no unit that anybody means. */
export const GOAL_UNITS = ['s', 'm', 'h'] as const;

/** In the largest unit that leaves no rest. */
export function readTimes(times: SlaLevel['times'] | null): GoalTime[] {
  return (kinds.goals as SlaGoal[]).map((goal) => {
    const seconds = times?.[goal] ?? null;
    if (seconds === null) return { goal, count: null, unit: goal === 'call_answer' || goal === 'chat_answer' ? 's' : 'h' };
    const unit = GOAL_UNITS.findLast((unit) => seconds % UNIT_SECONDS[unit] === 0) ?? 's';
    return { goal, count: seconds / UNIT_SECONDS[unit], unit };
  });
}

export function writeTimes(times: readonly GoalTime[]): SlaLevel['times'] {
  const seconds = ({ count, unit }: GoalTime): number | null => (typeof count === 'number' ? Math.round(count * UNIT_SECONDS[unit]) : null);
  return Object.fromEntries(times.map((time) => [time.goal, seconds(time)])) as SlaLevel['times'];
}
