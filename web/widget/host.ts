/**
 * The desk's frame in somebody else's page, and how it looks there. Shared by the loader and the old embed's script, both of which
 * must stay small: no texts, and no logic of the chat.
 */

import type { HostPage, ToFrame, ToHost } from './messages.ts';

export const BUBBLE = 'M21 12a8 8 0 0 1-8 8H4l2-3.5A8 8 0 1 1 21 12z';
export const CROSS = 'M6 6l12 12M18 6L6 18';

export const STYLE = `:host{all:initial!important}
.launcher,iframe{position:fixed;inset-inline-end:20px;border:0;z-index:2147483000;box-shadow:0 4px 20px #0004}
.launcher{bottom:20px;width:56px;height:56px;padding:0;border-radius:50%;background:var(--a,#2563eb);color:var(--i,#fff);cursor:pointer;font:600 12px/20px system-ui,sans-serif}
.launcher:focus-visible{outline:3px solid var(--a,#2563eb);outline-offset:3px}
svg{display:block;margin:auto;width:28px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
span{position:absolute;top:-4px;inset-inline-end:-4px;min-width:20px;padding:0 5px;box-sizing:border-box;border-radius:10px;background:#c81e1e;color:#fff}
iframe{bottom:90px;width:380px;height:min(640px,100vh - 110px);border-radius:14px;background:Canvas}
[hidden]{display:none}
@media(max-width:480px){iframe{inset:0;width:100%;height:100%;border-radius:0}[aria-expanded=true]{display:none}}
@media(prefers-reduced-motion:no-preference){.launcher{transition:transform .15s}.launcher:hover{transform:scale(1.05)}}`;

export const styled = (root: ShadowRoot, css: string): void => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
};

/** The round button, and the path that is drawn in it. */
export function launcher(): [HTMLButtonElement, SVGPathElement] {
  const ns = 'http://www.w3.org/2000/svg';
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'launcher';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  const path = document.createElementNS(ns, 'path');
  path.setAttribute('d', BUBBLE);
  svg.append(path);
  button.append(svg);
  return [button, path];
}

export const page = (): HostPage => ({ url: location.href, title: document.title, referrer: document.referrer });

/** Pages that change their address by script: where the browser tells of it, we pass it on. */
export function whenMoved(moved: () => void): void {
  const { navigation } = window as { navigation?: EventTarget };
  if (navigation) navigation.addEventListener('navigatesuccess', moved);
  else addEventListener('popstate', moved);
}

export interface Hosted {
  frame: HTMLIFrameElement;
  /** Before the frame is ready it would be lost; `start` then says all. */
  tell(message: ToFrame): void;
}

/** Makes the frame. It answers to this page's origin alone, and only messages of the desk's origin are heard. */
export function host(
  origin: string,
  query: Record<string, string>,
  start: () => ToFrame,
  heard: (message: ToHost) => void,
): Hosted {
  const frame = document.createElement('iframe');
  let ready = false;
  const tell = (message: ToFrame): void => {
    if (ready) frame.contentWindow!.postMessage(message, origin);
  };
  addEventListener('message', ({ data, origin: from, source }: MessageEvent<ToHost>) => {
    if (from !== origin || !source || source !== frame.contentWindow) return;
    if (data.deskbell === 'ready') {
      ready = true;
      tell(start());
    } else heard(data);
  });
  frame.src = `${origin}/widget/frame?${new URLSearchParams(query)}#${location.origin}`;
  return { frame, tell };
}
