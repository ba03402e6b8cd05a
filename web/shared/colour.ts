/** The account's accent colour, made fit for text on it. */

const HEX = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i;

/** Black or white, whichever has the higher contrast on the accent. */
export function inkOn(accent: string): string {
  const [, r, g, b] = (HEX.exec(accent) ?? []).map((part) => (parseInt(part, 16) / 255) ** 2.2) as number[];
  // Relative luminance; at 0.179 both inks have the same contrast.
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b! > 0.179 ? '#000' : '#fff';
}

/** Puts the accent into custom properties. Anything but `#rrggbb` is left alone. */
export function paint(root: HTMLElement, accent = ''): void {
  if (!HEX.test(accent)) return;
  root.style.setProperty('--accent', accent);
  root.style.setProperty('--accent-ink', inkOn(accent));
}
