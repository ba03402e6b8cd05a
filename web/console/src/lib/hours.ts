/** Business hours as the form shows them, as service levels have them, and as conditions of rules write them in one line. */

import type { Calendar, Span } from '../../../shared/native.ts';

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const MIDNIGHT = '00:00';
const END_OF_DAY = '24:00';

/** A week as it is edited: a span whose end is not behind its beginning goes on into the next day. */
export interface Week {
  zone: string;
  /** Monday first. */
  days: Span[][];
  holidays: string[];
}

export function officeHours(zone: string): Week {
  return { zone, days: DAYS.map((_, i) => (i < 5 ? [{ from: '09:00', until: '17:00' }] : [])), holidays: [] };
}

/** Whether a span goes over midnight. */
export function isOvernight({ from, until }: Span): boolean {
  return until !== MIDNIGHT && until <= from;
}

/** What is open until midnight and goes on at the same hour of the next day is shown as one span. */
export function toWeek({ zone, days, holidays }: Calendar): Week {
  const week = DAYS.map((day) => (days[day] ?? []).map((span) => ({ ...span })));
  const joined = week.map(() => false);
  for (const i of week.keys()) {
    const evening = week[i]!.at(-1);
    const next = (i + 1) % week.length;
    const morning = week[next]![0];
    const isEvening = evening && evening.until === END_OF_DAY && evening.from !== MIDNIGHT;
    // A morning that is as long as a day would be no night.
    if (isEvening && morning?.from === MIDNIGHT && morning.until < evening.from) {
      evening.until = morning.until;
      joined[next] = true;
    }
  }
  const shown = ({ from, until }: Span): Span => ({ from, until: until === END_OF_DAY ? MIDNIGHT : until });
  return { zone, days: week.map((spans, i) => (joined[i] ? spans.slice(1) : spans).map(shown)), holidays: [...holidays] };
}

/** Spans over midnight are cut there, and those that meet there are one. */
export function fromWeek({ zone, days, holidays }: Week): Calendar {
  const week: Span[][] = DAYS.map(() => []);
  days.forEach((spans, i) => {
    for (const span of spans) {
      if (span.until === MIDNIGHT || isOvernight(span)) week[i]!.push({ from: span.from, until: END_OF_DAY });
      else week[i]!.push({ ...span });
      if (isOvernight(span)) week[(i + 1) % week.length]!.push({ from: MIDNIGHT, until: span.until });
    }
  });
  const tidy = (spans: Span[]): Span[] => {
    const merged: Span[] = [];
    for (const span of spans.toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
      const last = merged.at(-1);
      if (last && last.until === span.from) last.until = span.until;
      else merged.push({ ...span });
    }
    return merged;
  };
  const open = DAYS.map((day, i) => [day, tidy(week[i]!)] as const).filter(([, spans]) => spans.length);
  return { zone, days: Object.fromEntries(open), holidays: [...new Set(holidays)].filter((day) => day).sort() };
}

/** `Europe/Berlin; mon 09:00-12:00 13:00-17:00; off 2026-12-25` */
export function readLine(line: string): Calendar {
  const [zone = '', ...parts] = line.split(';').map((part) => part.trim());
  const calendar: Calendar = { zone, days: {}, holidays: [] };
  for (const part of parts) {
    const [word = '', ...rest] = part.split(/\s+/);
    if (word === 'off') calendar.holidays.push(...rest);
    else if ((DAYS as readonly string[]).includes(word))
      calendar.days[word] = rest.map((span) => {
        const found = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(span);
        if (!found) throw new Error(span);
        return { from: found[1]!, until: found[2]! };
      });
    else throw new Error(part);
  }
  return calendar;
}

export function writeLine({ zone, days, holidays }: Calendar): string {
  const open = DAYS.filter((day) => days[day]?.length);
  const parts = open.map((day) => [day, ...days[day]!.map(({ from, until }) => `${from}-${until}`)].join(' '));
  return [zone, ...parts, ...(holidays.length ? [`off ${holidays.join(' ')}`] : [])].join('; ');
}
