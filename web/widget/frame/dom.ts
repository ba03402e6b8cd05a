/** Elements by DOM calls only: nothing here takes HTML text, so it works under trusted types. */

type Props<E> = { [K in keyof E]?: E[K] } & { testid?: string; aria?: Record<string, string> };
type Child = Node | string | null | false | undefined;

export function h<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  props: Props<HTMLElementTagNameMap[T]> = {},
  ...children: Child[]
): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  const { testid, aria, ...rest } = props;
  Object.assign(element, rest);
  if (testid) element.dataset.testid = testid;
  for (const name in aria) element.setAttribute(`aria-${name}`, aria[name]!);
  element.append(...children.filter((child) => child !== null && child !== false && child !== undefined));
  return element;
}

const PATHS = {
  close: 'M6 6l12 12M18 6L6 18',
  attach: 'M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.4a1.7 1.7 0 0 1-2.4-2.3l7.8-7.8',
  send: 'M4 12l16-8-6 17-3-7z',
  good: 'M7 11v9H4v-9zM7 11l4-8c2 0 3 1 2.5 3.5L13 9h6l1 2-2 8-2 1H7',
  bad: 'M17 13V4h3v9zM17 13l-4 8c-2 0-3-1-2.5-3.5L11 15H5l-1-2 2-8 2-1h9',
};

export function icon(name: keyof typeof PATHS): SVGElement {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(ns, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}

/** Text with its web addresses as links. */
export function linked(text: string): (Node | string)[] {
  return text
    .split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]}'])/)
    .map((part, i) => (i % 2 ? h('a', { href: part, target: '_blank', rel: 'noopener noreferrer' }, part) : part));
}
