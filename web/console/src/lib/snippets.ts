/** Shortcuts in the message box: what is being typed, which ones fit, and what choosing one makes of the text. */

import type { Shortcut } from '../../../shared/native.ts';

/** Shortcuts that are offered at once. */
export const OFFERED_MAX = 8;

export interface Typed {
  /** Where the slash stands. */
  start: number;
  /** What follows it, up to the cursor. */
  prefix: string;
}

/** The shortcut's name that is being typed before the cursor: a slash at the start of a word, and what follows in its line. */
export function typedBefore(text: string, cursor: number): Typed | null {
  const line = text.slice(text.lastIndexOf('\n', cursor - 1) + 1, cursor);
  const slash = line.lastIndexOf('/');
  if (slash < 0 || (slash > 0 && !/\s/.test(line[slash - 1]!))) return null;
  return { start: cursor - line.length + slash, prefix: line.slice(slash + 1) };
}

/** The shortcuts whose names begin so, whatever the case; names that fit to the letter first. */
export function fitting(shortcuts: readonly Shortcut[], prefix: string): Shortcut[] {
  const wanted = prefix.toLowerCase();
  const fit = shortcuts.filter(({ name }) => name.toLowerCase().startsWith(wanted));
  const exact = fit.filter(({ name }) => name.startsWith(prefix));
  return [...exact, ...fit.filter((shortcut) => !exact.includes(shortcut))].slice(0, OFFERED_MAX);
}

/** The text with the shortcut's message in place of what was typed, and where the cursor goes. */
export function insert(text: string, typed: Typed, cursor: number, message: string): { text: string; cursor: number } {
  const before = text.slice(0, typed.start) + message;
  return { text: before + text.slice(cursor), cursor: before.length };
}

/** The tags with those that are not there yet behind them. */
export function withTags(tags: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...tags, ...more])];
}
