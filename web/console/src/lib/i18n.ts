/** The console's texts and formats, in the reader's language. */

import { chooseFormats, chooseLanguage, direction, texts, type Catalogue, type Texts } from '../../../shared/texts.ts';
import en from '../../locales/en.json';
import type { Unit } from './rules.ts';

const CATALOGUES: Record<string, () => Promise<{ default: Catalogue }>> = {
  en: () => Promise.resolve({ default: en }),
  de: () => import('../../locales/de.json'),
};

export let t: Texts = texts(en);
let time: Intl.DateTimeFormat;
let day: Intl.DateTimeFormat;
let date: Intl.DateTimeFormat;
let formats: string;

/** Before anything is shown. */
export async function loadTexts(): Promise<void> {
  const language = chooseLanguage(Object.keys(CATALOGUES), navigator.languages);
  t = texts((await CATALOGUES[language]!()).default);
  formats = chooseFormats(language, navigator.languages);
  time = new Intl.DateTimeFormat(formats, { timeStyle: 'short' });
  day = new Intl.DateTimeFormat(formats, { day: 'numeric', month: 'short' });
  date = new Intl.DateTimeFormat(formats, { dateStyle: 'medium' });
  document.documentElement.lang = language;
  document.documentElement.dir = direction(language);
}

/** The time of day; with the day where it is another one. */
export function when(at: number): string {
  const today = new Date(at).toDateString() === new Date().toDateString();
  return today ? time.format(at) : `${day.format(at)}, ${time.format(at)}`;
}

/** A day, with its year. */
export function onDay(at: number): string {
  return date.format(at);
}

/** A moment of reports, in the desk's zone. */
export function whenIn(zone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat(formats, { dateStyle: 'medium', timeStyle: 'short', timeZone: zone });
  return (at) => format.format(at);
}

/** How the beginning of an hour, a day, a week or a month is written. */
export function timesIn(zone: string, interval: 'hour' | 'day' | 'week' | 'month'): (at: number) => string {
  const part: Intl.DateTimeFormatOptions =
    interval === 'month' ? { month: 'short', year: 'numeric' } : { day: 'numeric', month: 'short' };
  const hour: Intl.DateTimeFormatOptions = interval === 'hour' ? { hour: '2-digit', minute: '2-digit' } : {};
  const format = new Intl.DateTimeFormat(formats, { ...part, ...hour, timeZone: zone });
  return (at) => format.format(at);
}

export function number(value: number): string {
  return new Intl.NumberFormat(formats).format(value);
}

/** `1 hour`, `45 minutes`. */
export function counted(count: number, unit: Unit): string {
  const name = { s: 'second', m: 'minute', h: 'hour', d: 'day' }[unit];
  return new Intl.NumberFormat(formats, { style: 'unit', unit: name, unitDisplay: 'long' }).format(count);
}

export function share(part: number): string {
  return new Intl.NumberFormat(formats, { style: 'percent', maximumFractionDigits: 1 }).format(part);
}

/** The name of a day of the week; Monday is 0. */
export function weekday(place: number): string {
  // 2024 began with a Monday.
  const at = Date.UTC(2024, 0, 1 + place);
  return new Intl.DateTimeFormat(formats, { weekday: 'long', timeZone: 'UTC' }).format(at);
}

/** `4:05`, `1:02:03`. */
export function lasting(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (!parts[0]) parts.shift();
  return parts.map((part, i) => (i ? `${part}`.padStart(2, '0') : part)).join(':');
}

export function size(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
