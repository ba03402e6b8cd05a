/** The frame of the chat: header, banner, and one screen at a time. */

import { inkOn, paint } from '../../shared/colour.ts';
import type { Texts } from '../../shared/texts.ts';
import type { ToHost } from '../messages.ts';
import { h, icon } from './dom.ts';
import { Form } from './form.ts';
import type { Model, Screen } from './model.ts';
import { Thread } from './thread.ts';

/** A break shorter than this is not worth a banner. */
const BANNER_AFTER_MS = 800;

interface Part {
  element: HTMLElement;
  update(): void;
  focus(): void;
}

export class View {
  #title = h('h1');
  #status = h('p', { testid: 'status' });
  #end: HTMLButtonElement;
  #banner = h('div', { className: 'banner', testid: 'banner', role: 'status', hidden: true });
  #confirm: HTMLElement;
  #main = h('main');
  #screen: Screen | null = null;
  #part: Part | null = null;
  #down = 0;
  #told = '';
  #labelled = '';

  constructor(
    private readonly model: Model,
    private readonly t: Texts,
    private readonly language: string,
    private readonly tell: (message: ToHost) => void,
    embedded: boolean,
  ) {
    this.#end = h('button', { type: 'button', className: 'quiet', testid: 'end', onclick: () => this.#ask(true) }, t('end'));
    this.#confirm = h(
      'div',
      { className: 'confirm', hidden: true, role: 'alertdialog', aria: { label: t('end') } },
      h('p', {}, t('end_sure')),
      h(
        'button',
        {
          type: 'button',
          className: 'primary',
          testid: 'end-confirm',
          onclick: () => {
            this.#ask(false);
            model.end();
          },
        },
        t('end'),
      ),
      h('button', { type: 'button', className: 'quiet', onclick: () => this.#ask(false) }, t('cancel')),
    );
    const close = h(
      'button',
      {
        type: 'button',
        className: 'icon',
        testid: 'close',
        hidden: !embedded,
        aria: { label: t('close') },
        onclick: () => tell({ deskbell: 'close' }),
      },
      icon('close'),
    );
    const header = h('header', {}, h('div', {}, this.#title, this.#status), this.#end, close);
    document.body.append(header, this.#confirm, this.#banner, this.#main);
    document.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      if (!this.#confirm.hidden) this.#ask(false);
      else tell({ deskbell: 'close' });
    });
  }

  focus(): void {
    this.#part?.focus();
  }

  update(): void {
    const { model, t } = this;
    const name = model.visit?.settings.name || t('chat');
    this.#title.textContent = name;
    this.#status.textContent = this.#statusText();
    this.#end.hidden = !model.live;
    if (!model.live) this.#confirm.hidden = true;
    paint(document.documentElement, model.visit?.settings.accent);
    this.#updateBanner();

    const { screen } = model;
    if (screen !== this.#screen) {
      this.#screen = screen;
      this.#part = this.#build(screen);
      this.#main.replaceChildren(...(this.#part ? [this.#part.element] : [h('p', { className: 'centre' }, t(screen))]));
      if (model.open && document.hasFocus()) this.#part?.focus();
    }
    this.#part?.update();
    this.#tellHost(name);
  }

  #build(screen: Screen): Part | null {
    if (screen === 'form' || screen === 'offline') return new Form(this.model, this.t, screen);
    if (screen === 'thread') return new Thread(this.model, this.t, this.language);
    return null;
  }

  #statusText(): string {
    const { model, t } = this;
    const chat = model.state?.chat;
    if (model.starting || (model.live && chat?.state !== 'served')) {
      const queue = model.state?.queue;
      if (!queue) return t('queue_wait');
      return queue.position <= 1 ? t('queue_next') : t('queue', { position: queue.position });
    }
    if (model.live && chat!.agents.length)
      return t(chat!.agents.length > 1 ? 'served_many' : 'served', {
        names: chat!.agents.map(({ name }) => name).join(', '),
      });
    if (model.form) return '';
    if (model.screen === 'form') return t('online');
    return model.screen === 'offline' ? t('offline') : '';
  }

  #updateBanner(): void {
    const { model, t } = this;
    if (model.link.up) {
      clearTimeout(this.#down);
      this.#down = 0;
      this.#banner.hidden = true;
    } else if (model.link.broken) {
      this.#banner.textContent = t('broken');
      this.#banner.hidden = false;
    } else if (!this.#down && model.screen !== 'blocked') {
      this.#down = window.setTimeout(() => {
        this.#banner.textContent = t('connecting');
        this.#banner.hidden = false;
      }, BANNER_AFTER_MS);
    }
  }

  #ask(open: boolean): void {
    this.#confirm.hidden = !open;
    if (open) this.#confirm.querySelector('button')!.focus();
    else this.focus();
  }

  #tellHost(name: string): void {
    const { model } = this;
    const accent = model.visit?.settings.accent;
    if (accent && accent + name !== this.#labelled) {
      this.#labelled = accent + name;
      this.tell({ deskbell: 'look', accent, ink: inkOn(accent), label: this.t('chat_with', { name }) });
    }
    if (model.calls) {
      model.calls = false;
      this.tell({ deskbell: 'open' });
    }
    const unread = model.open ? 0 : model.unread;
    const live = model.live || model.starting;
    if (`${unread} ${live}` === this.#told) return;
    this.#told = `${unread} ${live}`;
    this.tell({ deskbell: 'state', unread, live });
  }
}
