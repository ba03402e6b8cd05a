/**
 * `/scripts/track.js`: what a page with an embed code of LiveAgent loads. It defines `LiveAgent` as such pages use it, shows the
 * operator's button, and opens the desk's own chat. Below 4 kB compressed.
 */

import { inkOn } from '../shared/colour.ts';
import type { Field } from '../shared/protocol.ts';
import { BUBBLE, CROSS, host as hostFrame, launcher, page, STYLE, styled, whenMoved, type Hosted } from '../widget/host.ts';
import type { Handed, HostPage, Identity, ToHost } from '../widget/messages.ts';
import { content } from './content.ts';

/** What `GET /scripts/widget/<id>` tells. */
interface Shown {
  widget: string;
  department: string;
  name: string;
  accent: string;
  language: string;
  online: boolean;
  /** Whether pages of this origin may embed the desk. */
  allowed: boolean;
  /** The operator's HTML for this moment; empty: a plain button; null: nothing is shown now. */
  code: string | null;
  css: string;
}

/** What `createButton` gives back. Pages set the hooks afterwards, or call `onClick` themselves. */
interface Button {
  readonly elementId: string;
  readonly buttonDiv: HTMLElement;
  /** Old pages wait for it to be there. */
  readonly chat: object;
  onOnline?(): void;
  onOffline?(): void;
  onClick(): void;
  onCloseFunction_?(): void;
}

interface Part {
  id: string;
  element: HTMLElement;
  tell?: (who: Identity) => void;
}

/** Around the operator's own HTML. */
const OWN_STYLE = ':host{all:initial!important;display:inline-block!important;cursor:pointer!important;font:14px/1.4 system-ui,sans-serif}';
const FIELDS_MAX = 50;
const CODE_CHARS_MAX = 64;
const VALUE_CHARS_MAX = 1_000;
/** Of all fields of one kind. */
const FIELD_CHARS_MAX = 4_000;
const REFRESH_MS = 60_000;
const REMEMBERED = 'deskbell.la';

function start(script: HTMLScriptElement): object {
  const { origin } = new URL(script.src);
  let details: Record<string, string> = {};
  let contactFields: Record<string, string> = {};
  let ticketFields: Record<string, string> = {};
  let place = '';
  let tracking = true;
  /** What is on the page; forms are told who the visitor is. */
  const parts: Part[] = [];

  let hosted: Hosted | undefined;
  let isOpen = false;
  let live = false;
  /** The button that the chat was opened by last, and its widget. */
  let current: { button: Button; shown: Shown } | undefined;

  /** As much as the desk takes in one frame. */
  function list(fields: Record<string, string>): Field[] {
    let room = FIELD_CHARS_MAX;
    return Object.entries(fields)
      .map(([code, value]) => ({ code: code.slice(0, CODE_CHARS_MAX), value: value.slice(0, VALUE_CHARS_MAX) }))
      .filter(({ code, value }) => (room -= code.length + value.length) >= 0)
      .slice(0, FIELDS_MAX);
  }
  const where = (): HostPage => (tracking ? { ...page(), ...(place && { url: place }) } : { url: '', title: '', referrer: '' });
  const identity = ({ email, firstName = '', lastName = '', phone } = details): Identity => ({
    name: `${firstName} ${lastName}`.trim() || undefined,
    email,
    phone,
  });
  const handed = ({ widget, department }: Shown): Handed => ({
    widget,
    department,
    fields: list(contactFields),
    ticket_fields: list(ticketFields),
  });

  const address = (id: string): string => `${origin}/scripts/widget/${encodeURIComponent(id)}`;

  /** Null if nothing can be shown; then the page's console says why, once. */
  async function ask(id: string, warn = true): Promise<Shown | null> {
    const answer = await fetch(address(id), { credentials: 'omit' }).catch(() => null);
    const shown = answer?.ok ? ((await answer.json()) as Shown) : null;
    if (shown?.allowed) return shown;
    const why = shown
      ? `pages of ${location.origin} may not embed the chat of ${origin}. Add them to the domains in its settings.`
      : `widget ${id} of ${origin}: ${answer ? `status ${answer.status}` : 'no answer'}`;
    if (warn) console.warn(`LiveAgent: ${why}`);
    return null;
  }

  /** What is known of the visitor changed: every frame hears of it. */
  function changed(who = identity()): void {
    if (current) hosted?.tell({ deskbell: 'identify', identity: who, handed: handed(current.shown) });
    for (const { tell } of parts) tell?.(who);
  }

  function impression(id: string): void {
    const { url } = where();
    fetch(`${address(id)}/seen`, { method: 'POST', mode: 'no-cors', credentials: 'omit', keepalive: true, body: url }).catch(() => {});
  }

  // ---------------------------------------------------------------- the chat

  const corner = document.createElement('div');
  corner.dataset.testid = 'la-chat';
  const root = corner.attachShadow({ mode: 'open' });
  styled(root, STYLE);

  function remember(): void {
    try {
      sessionStorage.setItem(REMEMBERED, current && (isOpen || live) ? `${isOpen ? 'open' : 'live'}|${current.shown.widget}` : '');
    } catch {
      // A page without storage forgets; the chat itself does not.
    }
  }

  function show(): void {
    if (hosted) hosted.frame.hidden = !isOpen;
    for (const { element } of parts) {
      const button = element.shadowRoot?.querySelector('.launcher');
      button?.setAttribute('aria-expanded', `${isOpen}`);
      button?.querySelector('path')!.setAttribute('d', isOpen ? CROSS : BUBBLE);
    }
    remember();
  }

  function load(button: Button, shown: Shown): void {
    const other = current?.shown.widget !== shown.widget;
    current = { button, shown };
    if (hosted) return other ? changed() : undefined;
    hosted = hostFrame(
      origin,
      { lang: shown.language || document.documentElement.lang },
      () => ({ deskbell: 'start', page: where(), identity: identity(), handed: handed(current!.shown), open: isOpen }),
      heard,
    );
    hosted.frame.title = shown.name;
    root.append(hosted.frame);
    document.body.append(corner);
  }

  function open(button: Button, shown: Shown): void {
    load(button, shown);
    isOpen = true;
    show();
    hosted!.frame.focus();
    hosted!.tell({ deskbell: 'open' });
  }

  function close(): void {
    if (!isOpen) return;
    isOpen = false;
    show();
    hosted!.tell({ deskbell: 'closed' });
    focusOn(current!.button);
    current!.button.onCloseFunction_?.();
  }

  function focusOn({ buttonDiv }: Button): void {
    buttonDiv.shadowRoot?.querySelector<HTMLElement>('button,[tabindex],a[href]')?.focus();
  }

  function heard(data: ToHost): void {
    if (data.deskbell === 'close') close();
    else if (data.deskbell === 'look') hosted!.frame.title = data.label;
    else if (data.deskbell === 'state') {
      live = data.live;
      remember();
    }
  }

  // ---------------------------------------------------------------- what stands in the page

  /** Beside a script or an image, inside of anything else; in the body, if that would not be seen. */
  function put(element: Element | null | undefined, made: HTMLElement): void {
    const run = (): void => {
      if (!element?.isConnected || element.closest('head')) document.body.append(made);
      else if (/^(script|img)$/i.test(element.tagName)) element.after(made);
      else element.append(made);
    };
    if (document.body) run();
    else addEventListener('DOMContentLoaded', run);
  }

  function draw(button: Button, shown: Shown, pressed: () => void): void {
    const { shadowRoot } = button.buttonDiv;
    const made = shown.code ? content(shown.code) : null;
    styled(shadowRoot!, `${made ? OWN_STYLE + shown.css : STYLE}:host([hidden]){display:none!important}`);
    button.buttonDiv.hidden = shown.code === null;
    if (made) {
      const box = document.createElement('div');
      box.append(made);
      // The operator's own link or button does it, if he made one.
      if (!box.querySelector('a[href],button')) {
        box.tabIndex = 0;
        box.role = 'button';
        box.onkeydown = (event) => {
          if (event.key === 'Enter' || event.key === ' ') {
            event.preventDefault();
            pressed();
          }
        };
      }
      box.onclick = (event) => {
        event.preventDefault();
        pressed();
      };
      shadowRoot!.replaceChildren(box);
    } else {
      const [round] = launcher();
      round.setAttribute('aria-label', shown.name);
      round.onclick = pressed;
      button.buttonDiv.style.setProperty('--a', shown.accent);
      button.buttonDiv.style.setProperty('--i', inkOn(shown.accent));
      shadowRoot!.replaceChildren(round);
    }
  }

  function createButton(id: string, element?: Element | null, virtual = false): Button {
    const buttonDiv = document.createElement('div');
    buttonDiv.dataset.testid = 'la-button';
    buttonDiv.id = `la-${id}`;
    let shown: Shown | null = null;
    let look = '';
    let wanted = false;
    const opens = (): void => {
      wanted = !shown;
      if (shown) open(button, shown);
    };
    const button: Button = { elementId: buttonDiv.id, buttonDiv, chat: {}, onClick: opens };
    const pressed = (): void => {
      if (isOpen && current?.button === button) return close();
      button.onClick();
      // A page's own `onClick` is told of it; what it is told of happens all the same.
      if (button.onClick !== opens) opens();
    };
    async function refresh(first: boolean): Promise<void> {
      if (!first && document.hidden) return;
      const now = await ask(id, first);
      if (!now) return;
      const turned = shown?.online !== now.online;
      shown = now;
      const looks = JSON.stringify([now.code, now.css, now.accent]);
      if (!virtual && looks !== look) draw(button, now, pressed);
      look = looks;
      if (turned) (now.online ? button.onOnline : button.onOffline)?.call(button);
      if (!first) return;
      setInterval(() => void refresh(false), REFRESH_MS);
      if (!virtual && now.code !== null) impression(id);
      const [mode, of] = recall().split('|');
      if (wanted || (of === id && mode === 'open')) open(button, now);
      else if (of === id) {
        load(button, now);
        show();
      }
    }
    if (!virtual) {
      buttonDiv.attachShadow({ mode: 'open' });
      put(element, buttonDiv);
    }
    parts.push({ id, element: buttonDiv });
    void refresh(true);
    return button;
  }

  function recall(): string {
    try {
      return sessionStorage.getItem(REMEMBERED) ?? '';
    } catch {
      return '';
    }
  }

  function createForm(id: string, element?: Element | null): Button {
    const buttonDiv = document.createElement('div');
    buttonDiv.dataset.testid = 'la-form';
    const part: Part = { id, element: buttonDiv };
    const button: Button = { elementId: (buttonDiv.id = `la-${id}`), buttonDiv, chat: {}, onClick() {} };
    put(element, buttonDiv);
    parts.push(part);
    void ask(id).then((shown) => {
      if (!shown) return;
      const form = hostFrame(
        origin,
        { lang: shown.language || document.documentElement.lang, form: '1' },
        () => ({ deskbell: 'start', page: where(), identity: identity(), handed: handed(shown), open: true }),
        () => {},
      );
      part.tell = (who) => form.tell({ deskbell: 'identify', identity: who, handed: handed(shown) });
      form.frame.title = shown.name;
      // Not in a shadow root: pages give the form its size.
      Object.assign(form.frame.style, { border: '0', width: '100%', maxWidth: '480px', height: '520px', display: 'block' });
      buttonDiv.append(form.frame);
      impression(id);
      (shown.online ? button.onOnline : button.onOffline)?.call(button);
    });
    return button;
  }

  whenMoved(() => {
    if (tracking) hosted?.tell({ deskbell: 'page', page: where() });
  });

  return {
    createButton,
    createForm,
    createVirtualButton: (id: string, element?: Element | null) => createButton(id, element, true),
    setUserDetails(email = '', firstName = '', lastName = '', phone = '') {
      details = { email, firstName, lastName, phone };
      changed();
    },
    addUserDetail(key: string, value: unknown) {
      if (/^(email|firstName|lastName|phone)$/.test(key)) details[key] = `${value}`;
      else contactFields[key] = `${value}`;
      changed();
    },
    addContactField(code: string, value: unknown) {
      contactFields[code] = `${value}`;
      changed();
    },
    addTicketField(code: string, value: unknown) {
      ticketFields[code] = `${value}`;
      changed();
    },
    clearAllUserDetails() {
      details = {};
      contactFields = {};
      ticketFields = {};
      changed({ name: '', email: '', phone: '' });
    },
    setVisitorLocation(url: string) {
      if (URL.canParse(url, location.href)) place = new URL(url, location.href).href;
      if (tracking) hosted?.tell({ deskbell: 'page', page: where() });
    },
    disableOnlineVisitorsTracking() {
      tracking = false;
    },
    hideButton(id?: string) {
      for (const part of parts) if (!id || part.id === id) part.element.remove();
    },
    instance: { hasOpenedWidget: () => isOpen, closeOpenedWidget: close },
  };
}

// Old snippets load the script once for every button and form.
const global = window as { LiveAgent?: object; LiveAgentTracker?: object };
global.LiveAgent ??= start((document.currentScript ?? document.querySelector('script[src*="/scripts/track"]')) as HTMLScriptElement);
global.LiveAgentTracker ??= global.LiveAgent;
