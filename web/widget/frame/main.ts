/** Connects the chat with the page it stands in. */

import { chooseFormats, chooseLanguage, direction, texts, type Catalogue } from '../../shared/texts.ts';
import en from '../locales/en.json';
import type { ToFrame, ToHost } from '../messages.ts';
import { Model } from './model.ts';
import { View } from './view.ts';

const CATALOGUES: Record<string, () => Promise<{ default: Catalogue }>> = {
  en: () => Promise.resolve({ default: en }),
  de: () => import('../locales/de.json'),
};

const query = new URLSearchParams(location.search);
/** The page that embeds us, by its own word; a message from any other origin is not heard. */
const hostOrigin = decodeURIComponent(location.hash.slice(1));
const embedded = window.parent !== window && hostOrigin !== '';

function tell(message: ToHost): void {
  if (embedded) window.parent.postMessage(message, hostOrigin);
}

let heard: (message: ToFrame) => void;

/** The loader's first word, which carries the page. What it says until the chat is built waits in `early`. */
const early: ToFrame[] = [];
const handshake = new Promise<ToFrame & { deskbell: 'start' }>((resolve) => {
  if (!embedded) return resolve(import('./alone.ts').then(({ alone }) => alone(query)));
  heard = (message) => (message.deskbell === 'start' ? resolve(message) : early.push(message));
  addEventListener('message', ({ data, origin, source }: MessageEvent<ToFrame>) => {
    if (source === window.parent && origin === hostOrigin && typeof data?.deskbell === 'string') heard(data);
  });
  tell({ deskbell: 'ready' });
});

async function run(): Promise<void> {
  const language = chooseLanguage(Object.keys(CATALOGUES), [query.get('lang') ?? '', ...navigator.languages]);
  const [start, catalogue] = await Promise.all([handshake, CATALOGUES[language]!()]);
  const root = document.documentElement;
  root.lang = language;
  root.dir = direction(language);

  let due = false;
  const options = {
    page: start.page,
    language,
    transport: query.get('transport') === 'poll' ? ('poll' as const) : ('auto' as const),
    changed() {
      // Not by animation frames: those stand still while the iframe is hidden.
      if (due) return;
      due = true;
      queueMicrotask(() => {
        due = false;
        view.update();
      });
    },
  };
  const model = new Model(options, query.has('form'));
  const view = new View(model, texts(catalogue.default), chooseFormats(language, navigator.languages), tell, embedded && !model.form);

  heard = (message) => {
    if (message.deskbell === 'open') {
      model.setOpen(true);
      view.focus();
    } else if (message.deskbell === 'closed') model.setOpen(false);
    else if (message.deskbell === 'page') model.setPage(message.page);
    else if (message.deskbell === 'identify') model.identify(message.identity, message.handed);
  };

  model.open = start.open;
  model.identify(start.identity ?? {}, start.handed);
  early.forEach(heard);
  view.update();
  await model.connect();
}

// Not awaited at the top: chunks that are loaded later import this module, and would wait for it for ever.
void run();
