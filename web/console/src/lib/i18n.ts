/** The console's texts and formats, in the reader's language. */

import { chooseFormats, chooseLanguage, direction, texts, type Catalogue, type Texts } from '../../../shared/texts.ts';
import en from '../../locales/en.json';

const CATALOGUES: Record<string, () => Promise<{ default: Catalogue }>> = {
  en: () => Promise.resolve({ default: en }),
  de: () => import('../../locales/de.json'),
};

export let t: Texts = texts(en);
let time: Intl.DateTimeFormat;
let day: Intl.DateTimeFormat;
let date: Intl.DateTimeFormat;

/** Before anything is shown. */
export async function loadTexts(): Promise<void> {
  const language = chooseLanguage(Object.keys(CATALOGUES), navigator.languages);
  t = texts((await CATALOGUES[language]!()).default);
  const formats = chooseFormats(language, navigator.languages);
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
