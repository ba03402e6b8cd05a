/** Texts from JSON catalogues: `{name}` is replaced, a missing entry shows its key so that nobody overlooks it. */

export type Catalogue = Record<string, string>;
export type Texts = (key: string, values?: Record<string, string | number>) => string;

export function texts(catalogue: Catalogue): Texts {
  return (key, values) => (catalogue[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => `${values?.[name] ?? whole}`);
}

/** The reader's own way of writing times, where it is of the language that the texts are in: `en-GB`, not `en`. */
export function chooseFormats(language: string, wanted: readonly string[]): string {
  return wanted.find((tag) => tag.toLowerCase().split('-')[0] === language) ?? language;
}

/** The first of the reader's languages that there is a catalogue for. */
export function chooseLanguage<L extends string>(known: readonly L[], wanted: readonly string[]): L {
  for (const language of wanted) {
    const base = language.toLowerCase().split('-')[0];
    const found = known.find((name) => name === base);
    if (found) return found;
  }
  return known[0]!;
}

const RIGHT_TO_LEFT = ['ar', 'fa', 'he', 'ur'];

export function direction(language: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.includes(language.split('-')[0]!) ? 'rtl' : 'ltr';
}
