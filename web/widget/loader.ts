/**
 * The one script on a customer's page: a launcher in a shadow root, and an iframe of the desk's origin that is made when it is first
 * opened, or at once with `data-proactive`: then the desk can speak first. It must stay below 2 kB compressed, so it holds no texts and
 * no logic of the chat.
 */

import { BUBBLE, CROSS, host as hostFrame, launcher, page, STYLE, styled, whenMoved, type Hosted } from './host.ts';
import type { Handed, Identity, ToFrame, ToHost } from './messages.ts';

interface Deskbell {
  open(): void;
  close(): void;
  identify(identity: Identity): void;
}

function start(script: HTMLScriptElement): Deskbell {
  const { origin } = new URL(script.src);
  const { dataset } = script;

  const host = document.createElement('div');
  host.dataset.testid = 'deskbell';
  const root = host.attachShadow({ mode: 'open' });
  styled(root, STYLE);
  const [button, path] = launcher();
  button.dataset.testid = 'launcher';
  const badge = document.createElement('span');
  badge.dataset.testid = 'unread';
  badge.hidden = true;
  button.append(badge);
  root.append(button);

  let hosted: Hosted | undefined;
  let isOpen = false;
  let live = false;
  let identity: Identity | null = null;
  let label = dataset.label ?? 'Chat';

  // What the next page of this tab must know: whether the chat is open or goes on, and its colour.
  const remembered = (recall('deskbell') ?? '').split('|');
  paint(dataset.accent ?? remembered[1] ?? '', remembered[2] ?? '');

  function recall(name: string): string | null {
    try {
      return sessionStorage.getItem(name);
    } catch {
      return null;
    }
  }

  function remember(): void {
    try {
      const mode = isOpen ? 'open' : live ? 'live' : '';
      sessionStorage.setItem(
        'deskbell',
        [mode, host.style.getPropertyValue('--a'), host.style.getPropertyValue('--i')].join('|'),
      );
    } catch {
      // A page without storage forgets; the chat itself does not.
    }
  }

  function paint(accent: string, ink: string): void {
    if (accent) host.style.setProperty('--a', accent);
    if (ink) host.style.setProperty('--i', ink);
  }

  const tell = (message: ToFrame): void => hosted?.tell(message);

  function show(): void {
    button.setAttribute('aria-label', label);
    button.ariaExpanded = `${isOpen}`;
    path.setAttribute('d', isOpen ? CROSS : BUBBLE);
    if (hosted) hosted.frame.hidden = !isOpen;
    remember();
  }

  function load(): void {
    if (hosted) return;
    const query: Record<string, string> = { lang: dataset.lang ?? document.documentElement.lang };
    if (dataset.transport) query.transport = dataset.transport;
    const handed: Handed = { skills: dataset.skills?.split(',') };
    hosted = hostFrame(origin, query, () => ({ deskbell: 'start', page: page(), identity, handed, open: isOpen }), heard);
    hosted.frame.title = label;
    root.prepend(hosted.frame);
  }

  function open(): void {
    load();
    isOpen = true;
    show();
    hosted!.frame.focus();
    tell({ deskbell: 'open' });
  }

  function close(): void {
    if (!isOpen) return;
    isOpen = false;
    show();
    button.focus();
    tell({ deskbell: 'closed' });
  }

  function heard(data: ToHost): void {
    if (data.deskbell === 'close') close();
    else if (data.deskbell === 'open') {
      isOpen = true;
      show();
    }
    else if (data.deskbell === 'look') {
      paint(data.accent, data.ink);
      hosted!.frame.title = label = data.label;
      show();
    } else if (data.deskbell === 'state') {
      live = data.live;
      badge.textContent = `${data.unread}`;
      badge.hidden = !data.unread;
      remember();
    }
  }

  whenMoved(() => tell({ deskbell: 'page', page: page() }));
  button.onclick = () => (isOpen ? close() : open());
  document.body.append(host);
  show();
  if (remembered[0] === 'open') open();
  else if (remembered[0] || 'proactive' in dataset) {
    load();
    show();
  }

  return {
    open,
    close,
    identify(who) {
      identity = who;
      tell({ deskbell: 'identify', identity: who });
    },
  };
}

const global = window as { Deskbell?: Deskbell };
if (!global.Deskbell) {
  const script = (document.currentScript ?? document.querySelector('script[src*="/widget.js"]')) as HTMLScriptElement;
  const run = (): void => void (global.Deskbell = start(script));
  if (document.body) run();
  else addEventListener('DOMContentLoaded', run);
}
