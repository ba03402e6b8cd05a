/** Times that reports are asked for, as whole days of the desk's zone. */

import type { Days, Interval } from '../../../shared/native.ts';

export const RANGES = ['today', 'week', 'days', 'month', 'last_month', 'own'] as const;
export type Range = (typeof RANGES)[number];

const DAY_MS = 86_400_000;

/** The date in a zone: `2026-12-25`. */
export function dateIn(zone: string, at: number): string {
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(at);
  const part = (type: string): string => parts.find((one) => one.type === type)!.value;
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
}

function plus(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

export function daysOf(range: Exclude<Range, 'own'>, today: string): Days {
  switch (range) {
    case 'today':
      return { from: today, to: today };
    case 'week':
      return { from: plus(today, -6), to: today };
    case 'days':
      return { from: plus(today, -29), to: today };
    case 'month':
      return { from: `${today.slice(0, 8)}01`, to: today };
    case 'last_month': {
      const to = plus(`${today.slice(0, 8)}01`, -1);
      return { from: `${to.slice(0, 8)}01`, to };
    }
  }
}

/** How a time is cut so that a chart of it can be read. */
export function intervalFor({ from, to }: Days): Interval {
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (days <= 2) return 'hour';
  if (days <= 62) return 'day';
  return days <= 400 ? 'week' : 'month';
}
