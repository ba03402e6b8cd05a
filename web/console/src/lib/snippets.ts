/** Ready texts in the message box: what is being typed, which ones fit, and what choosing one makes of the text. */

import type { CannedMessage, PredefinedAnswer, Shortcut } from '../../../shared/native.ts';

/** Texts that are offered at once. */
export const OFFERED_MAX = 8;

/** A text that is kept ready: a shortcut, a canned message or a predefined answer. */
export interface Snippet {
  /** The kind, and the id. */
  key: string;
  name: string;
  /** Of a predefined answer: what it is about. */
  subject: string;
  message: string;
  /** Proposed answers, of shortcuts. */
  options: string;
  tags: readonly string[];
  /** The id of a predefined answer. */
  answer: string | null;
  /** Names of its files. */
  files: readonly string[];
}

/** All of them as one list: shortcuts first, then those of the team's own. */
export function snippets(
  shortcuts: readonly Shortcut[],
  canned: readonly CannedMessage[],
  answers: readonly PredefinedAnswer[],
): Snippet[] {
  const plain = { subject: '', options: '', tags: [], answer: null, files: [] };
  return [
    ...shortcuts.map(({ shortcut, name, message, options, tags }) => ({ ...plain, key: `s${shortcut}`, name, message, options, tags })),
    ...canned.map(({ message, name, text }) => ({ ...plain, key: `c${message}`, name, message: text })),
    ...answers.map(({ answer, name, subject, text, files }) => ({
      ...plain,
      key: `a${answer}`,
      name,
      subject,
      message: text,
      answer,
      files: files.map((file) => file.name),
    })),
  ];
}

export interface Typed {
  /** Where the slash stands. */
  start: number;
  /** What follows it, up to the cursor. */
  prefix: string;
}

/** The name that is being typed before the cursor: a slash at the start of a word, and what follows in its line. */
export function typedBefore(text: string, cursor: number): Typed | null {
  const line = text.slice(text.lastIndexOf('\n', cursor - 1) + 1, cursor);
  const slash = line.lastIndexOf('/');
  if (slash < 0 || (slash > 0 && !/\s/.test(line[slash - 1]!))) return null;
  return { start: cursor - line.length + slash, prefix: line.slice(slash + 1) };
}

/** The texts whose names begin so, whatever the case; names that fit to the letter first. */
export function fitting<T extends { name: string }>(texts: readonly T[], prefix: string): T[] {
  const wanted = prefix.toLowerCase();
  const fit = texts.filter(({ name }) => name.toLowerCase().startsWith(wanted));
  const exact = fit.filter(({ name }) => name.startsWith(prefix));
  return [...exact, ...fit.filter((text) => !exact.includes(text))].slice(0, OFFERED_MAX);
}

/** The text with the chosen one in place of what was typed, and where the cursor goes. */
export function insert(text: string, typed: Typed, cursor: number, message: string): { text: string; cursor: number } {
  const before = text.slice(0, typed.start) + message;
  return { text: before + text.slice(cursor), cursor: before.length };
}

/** The tags with those that are not there yet behind them. */
export function withTags(tags: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...tags, ...more])];
}
