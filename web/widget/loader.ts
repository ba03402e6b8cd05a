/**
 * The one script on a customer's page: a launcher in a shadow root, and an iframe of the desk's origin that is made when it is first
 * opened. It must stay below 2 kB compressed, so it holds no texts and no logic of the chat.
 */

import type { HostPage, Identity, ToFrame, ToHost } from './messages.ts';

interface Deskbell {
  open(): void;
  close(): void;
  identify(identity: Identity): void;
}

const STYLE = `:host{all:initial!important}
button,iframe{position:fixed;inset-inline-end:20px;border:0;z-index:2147483000;box-shadow:0 4px 20px #0004}
button{bottom:20px;width:56px;height:56px;padding:0;border-radius:50%;background:var(--a,#2563eb);color:var(--i,#fff);cursor:pointer;font:600 12px/20px system-ui,sans-serif}
button:focus-visible{outline:3px solid var(--a,#2563eb);outline-offset:3px}
svg{display:block;margin:auto;width:28px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
span{position:absolute;top:-4px;inset-inline-end:-4px;min-width:20px;padding:0 5px;box-sizing:border-box;border-radius:10px;background:#c81e1e;color:#fff}
iframe{bottom:90px;width:380px;height:min(640px,100vh - 110px);border-radius:14px;background:Canvas}
[hidden]{display:none}
@media(max-width:480px){iframe{inset:0;width:100%;height:100%;border-radius:0}[aria-expanded=true]{display:none}}
@media(prefers-reduced-motion:no-preference){button{transition:transform .15s}button:hover{transform:scale(1.05)}}`;

const BUBBLE = 'M21 12a8 8 0 0 1-8 8H4l2-3.5A8 8 0 1 1 21 12z';
const CROSS = 'M6 6l12 12M18 6L6 18';

function start(script: HTMLScriptElement): Deskbell {
  const { origin } = new URL(script.src);
  const { dataset } = script;
  const svgNs = 'http://www.w3.org/2000/svg';

  const host = document.createElement('div');
  host.dataset.testid = 'deskbell';
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const button = document.createElement('button');
  button.type = 'button';
  button.dataset.testid = 'launcher';
  const svg = document.createElementNS(svgNs, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  const path = document.createElementNS(svgNs, 'path');
  svg.append(path);
  const badge = document.createElement('span');
  badge.dataset.testid = 'unread';
  badge.hidden = true;
  button.append(svg, badge);
  root.append(button);

  let frame: HTMLIFrameElement | undefined;
  let ready = false;
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

  const page = (): HostPage => ({ url: location.href, title: document.title, referrer: document.referrer });

  function tell(message: ToFrame): void {
    // Before the frame is ready it would be lost; `start` then says all.
    if (ready) frame!.contentWindow!.postMessage(message, origin);
  }

  function show(): void {
    button.setAttribute('aria-label', label);
    button.ariaExpanded = `${isOpen}`;
    path.setAttribute('d', isOpen ? CROSS : BUBBLE);
    if (frame) frame.hidden = !isOpen;
    remember();
  }

  function load(): void {
    if (frame) return;
    frame = document.createElement('iframe');
    frame.title = label;
    const query = new URLSearchParams({ lang: dataset.lang ?? document.documentElement.lang });
    if (dataset.transport) query.set('transport', dataset.transport);
    // The frame answers to this origin alone.
    frame.src = `${origin}/widget/frame?${query}#${location.origin}`;
    root.prepend(frame);
  }

  function open(): void {
    load();
    isOpen = true;
    show();
    frame!.focus();
    tell({ deskbell: 'open' });
  }

  function close(): void {
    if (!isOpen) return;
    isOpen = false;
    show();
    button.focus();
    tell({ deskbell: 'closed' });
  }

  addEventListener('message', ({ data, origin: from, source }: MessageEvent<ToHost>) => {
    if (from !== origin || !frame || source !== frame.contentWindow) return;
    if (data.deskbell === 'ready') {
      ready = true;
      tell({ deskbell: 'start', page: page(), identity, open: isOpen });
    } else if (data.deskbell === 'close') close();
    else if (data.deskbell === 'look') {
      paint(data.accent, data.ink);
      frame.title = label = data.label;
      show();
    } else if (data.deskbell === 'state') {
      live = data.live;
      badge.textContent = `${data.unread}`;
      badge.hidden = !data.unread;
      remember();
    }
  });

  // Pages that change their address by script: where the browser tells of it, we pass it on.
  const moved = (): void => tell({ deskbell: 'page', page: page() });
  const { navigation } = window as { navigation?: EventTarget };
  if (navigation) navigation.addEventListener('navigatesuccess', moved);
  else addEventListener('popstate', moved);

  button.onclick = () => (isOpen ? close() : open());
  document.body.append(host);
  show();
  if (remembered[0] === 'open') open();
  else if (remembered[0]) {
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

const page = window as { Deskbell?: Deskbell };
if (!page.Deskbell) {
  const script = (document.currentScript ?? document.querySelector('script[src*="/widget.js"]')) as HTMLScriptElement;
  const run = (): void => void (page.Deskbell = start(script));
  if (document.body) run();
  else addEventListener('DOMContentLoaded', run);
}
