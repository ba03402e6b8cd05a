/** The console's keys, in one list: the help shows it, the shell obeys it. */

export const SHORTCUTS = [
  { name: 'accept', keys: 'Alt+A', code: 'KeyA', alt: true },
  { name: 'decline', keys: 'Alt+D', code: 'KeyD', alt: true },
  { name: 'next', keys: 'Alt+↓', code: 'ArrowDown', alt: true },
  { name: 'previous', keys: 'Alt+↑', code: 'ArrowUp', alt: true },
  { name: 'note', keys: 'Alt+N', code: 'KeyN', alt: true },
  { name: 'chats', keys: 'Alt+1', code: 'Digit1', alt: true },
  { name: 'tickets', keys: 'Alt+2', code: 'Digit2', alt: true },
  { name: 'settings', keys: 'Alt+3', code: 'Digit3', alt: true },
  { name: 'reports', keys: 'Alt+4', code: 'Digit4', alt: true },
  { name: 'write', keys: 'C', key: 'c', alt: false },
  { name: 'search', keys: '/', key: '/', alt: false },
  { name: 'help', keys: '?', key: '?', alt: false },
] as const;

export type ShortcutName = (typeof SHORTCUTS)[number]['name'];

/** Which shortcut this is, if one. Letters alone are none while something is being written. */
export function shortcut(event: KeyboardEvent): ShortcutName | null {
  if (event.ctrlKey || event.metaKey || event.isComposing) return null;
  const target = event.target as Element | null;
  const writing = target?.matches('input, textarea, select, [contenteditable]') || document.querySelector('dialog[open]');
  for (const entry of SHORTCUTS) {
    // By the key's place: with Alt, many layouts type another letter.
    if (entry.alt ? event.altKey && event.code === entry.code : !event.altKey && !writing && event.key === entry.key)
      return entry.name;
  }
  return null;
}
