/** The conversation: messages, what is on its way, the box to write in, and what comes after the end. */

import type { FileInfo, Message } from '../../shared/protocol.ts';
import type { Texts } from '../../shared/texts.ts';
import { h, icon, linked } from './dom.ts';
import type { Model } from './model.ts';

/** Messages of one author within this time stand together. */
const TOGETHER_MS = 5 * 60_000;
const NEAR_END_PX = 80;

interface Item {
  id: string;
  /** Changes when the row must be built anew. */
  look: string;
  build(): HTMLElement;
}

export class Thread {
  element: HTMLElement;
  #log: HTMLElement;
  #typing = h('p', { className: 'typing', testid: 'typing', hidden: true });
  #live = h('div', { className: 'unseen', aria: { live: 'polite' }, testid: 'announcer' });
  #composer: HTMLFormElement;
  #box: HTMLTextAreaElement;
  #after = h('div', { className: 'after', testid: 'after', hidden: true });
  #afterPart = import('./after.ts');
  #rows = new Map<string, { look: string; element: HTMLElement }>();
  #time: Intl.DateTimeFormat;
  #announced: unknown = null;
  #atEnd = true;

  constructor(
    private readonly model: Model,
    private readonly t: Texts,
    language: string,
  ) {
    this.#time = new Intl.DateTimeFormat(language, { timeStyle: 'short' });
    // The region of its own below announces; the scroller must not, or everything would be read twice.
    this.#log = h('div', {
      className: 'log',
      role: 'log',
      tabIndex: 0,
      testid: 'log',
      aria: { label: t('messages'), live: 'off' },
    });
    this.#log.onscroll = () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#log;
      this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    };
    // A keyboard on the screen, or the rating, takes room from it.
    new ResizeObserver(() => this.#toEnd()).observe(this.#log);
    const input = h('input', { type: 'file', multiple: true, hidden: true, testid: 'file-input' });
    input.onchange = () => {
      this.#sendFiles(input.files);
      input.value = '';
    };
    this.#box = h('textarea', { rows: 1, placeholder: t('write'), testid: 'composer', aria: { label: t('write') } });
    this.#box.oninput = () => {
      this.#grow();
      model.peek(this.#box.value);
    };
    this.#box.onkeydown = (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#say();
    };
    this.#box.onpaste = ({ clipboardData }) => this.#sendFiles(clipboardData?.files);
    this.#composer = h(
      'form',
      { className: 'composer' },
      h(
        'button',
        { type: 'button', className: 'icon', testid: 'attach', aria: { label: t('attach') }, onclick: () => input.click() },
        icon('attach'),
      ),
      input,
      this.#box,
      h('button', { type: 'submit', className: 'icon', testid: 'send', aria: { label: t('send') } }, icon('send')),
    );
    this.#composer.onsubmit = (event) => {
      event.preventDefault();
      this.#say();
    };
    this.element = h(
      'div',
      { className: 'thread', testid: 'thread' },
      this.#log,
      this.#typing,
      this.#composer,
      this.#after,
      this.#live,
    );
    this.element.dataset.drop = t('drop');
    this.element.ondragover = (event) => {
      if (!model.live || !event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      this.element.classList.add('dropping');
    };
    this.element.ondragleave = () => this.element.classList.remove('dropping');
    this.element.ondrop = (event) => {
      event.preventDefault();
      this.element.classList.remove('dropping');
      if (model.live) this.#sendFiles(event.dataTransfer?.files);
    };
  }

  focus(): void {
    if (!this.#composer.hidden) this.#box.focus();
    else this.#after.querySelector('button')?.focus();
  }

  update(): void {
    const { model, t } = this;
    const rows = this.#rows.size;
    this.#show(this.#items());
    if (this.#rows.size > rows && model.pending.length) this.#atEnd = true;
    this.#toEnd();

    this.#typing.hidden = model.typing === null;
    this.#typing.textContent = model.typing === null ? '' : t('typing', { name: model.typing });
    const writable = model.live || model.starting || model.greeted;
    const hadFocus = this.#composer.contains(document.activeElement);
    this.#composer.hidden = !writable;
    this.#composer.querySelector('button')!.hidden = model.greeted;
    this.#showAfter(!writable);
    if (!writable && hadFocus) this.focus();

    if (model.announcement && model.announcement !== this.#announced) {
      this.#announced = model.announcement;
      this.#live.textContent = t('new_messages', model.announcement);
    }
  }

  /** Stays at the newest message, unless the reader has scrolled up. */
  #toEnd(): void {
    if (this.#atEnd) this.#log.scrollTop = this.#log.scrollHeight;
  }

  #say(): void {
    const text = this.#box.value.trim();
    if (!text) return;
    this.#box.value = '';
    this.#grow();
    this.model.say(text);
  }

  #grow(): void {
    const { style } = this.#box;
    style.height = 'auto';
    style.height = `${this.#box.scrollHeight}px`;
  }

  #sendFiles(files: FileList | null | undefined): void {
    // A file has no place before the chat has begun.
    if (!this.model.greeted) for (const file of files ?? []) void this.model.sendFile(file);
  }

  // -------------------------------------------------------------- rows

  #show(items: Item[]): void {
    const wanted = new Set(items.map(({ id }) => id));
    for (const [id, { element }] of this.#rows) {
      if (wanted.has(id)) continue;
      element.remove();
      this.#rows.delete(id);
    }
    let place = this.#log.firstElementChild;
    for (const { id, look, build } of items) {
      let row = this.#rows.get(id);
      if (row?.look !== look) {
        const element = build();
        if (row) {
          if (row.element === place) place = place.nextElementSibling;
          row.element.remove();
        }
        this.#rows.set(id, (row = { look, element }));
      }
      if (row.element === place) place = place.nextElementSibling;
      else this.#log.insertBefore(row.element, place);
    }
  }

  #items(): Item[] {
    const { model, t } = this;
    const { messages, read, greetings } = model.state!;
    const items: Item[] = [];
    const seen = messages.findIndex(({ message }) => message === read.agent);
    const lastOwn = messages.findLastIndex(({ by }) => by === 'customer');
    let before: Message | null = null;
    messages.forEach((message, i) => {
      if (message.kind !== 'message' && message.kind !== 'file' && message.kind !== 'system') return;
      const opens = !before || before.by !== message.by || before.agent !== message.agent || message.at - before.at > TOGETHER_MS;
      before = message;
      const mark = i === lastOwn && i <= seen ? t('seen') : '';
      items.push({
        id: message.key ?? message.message,
        look: `${message.message} ${opens} ${mark}`,
        build: () => this.#message(message, opens, mark),
      });
    });
    greetings.forEach((greeting, i) =>
      items.push({ id: `${i}`, look: '', build: () => this.#message({ by: 'system', ...greeting } as Message, true, '') }),
    );
    for (const { key, text, file, refused } of model.pending)
      items.push({
        id: key,
        look: `${refused} ${model.link.up}`,
        build: () => this.#pending(key, text, file, refused),
      });
    for (const { id, name, problem } of model.transfers)
      items.push({
        id: `transfer ${id}`,
        look: `${problem}`,
        build: () =>
          h(
            'div',
            { className: 'row mine', testid: 'transfer' },
            h('p', { className: problem ? 'mark problem' : 'mark' }, t(problem ?? 'file_sending', { name })),
            !!problem && h('button', { type: 'button', className: 'link', onclick: () => model.dismiss(id) }, t('close')),
          ),
      });
    return items;
  }

  #message({ message, by, name, text, file, at, kind }: Message, opens: boolean, mark: string): HTMLElement {
    if (kind === 'system') return h('p', { className: 'note', testid: 'system' }, text);
    const mine = by === 'customer';
    const row = h(
      'div',
      { className: `row ${mine ? 'mine' : 'theirs'}${opens ? ' opens' : ''}`, testid: 'message' },
      opens &&
        h(
          'p',
          { className: 'who' },
          mine ? h('span', { className: 'unseen' }, this.t('you')) : h('b', {}, name),
          ' ',
          h('time', { dateTime: new Date(at).toISOString() }, this.#time.format(at)),
        ),
      this.#bubble(text, file),
      !!mark && h('p', { className: 'mark', testid: 'seen' }, mark),
    );
    Object.assign(row.dataset, { message, by, state: 'sent' });
    return row;
  }

  #pending(key: string, text: string, file: FileInfo | null, refused: string | null): HTMLElement {
    const { model, t } = this;
    const state = refused ? 'failed' : model.link.up ? 'sending' : 'waiting';
    const row = h(
      'div',
      { className: 'row mine pending', testid: 'message' },
      this.#bubble(text, file),
      h('p', { className: refused ? 'mark problem' : 'mark' }, t(state)),
      !!refused && h('button', { type: 'button', className: 'link', onclick: () => model.sayAgain(key) }, t('again')),
    );
    Object.assign(row.dataset, { by: 'customer', state });
    return row;
  }

  #bubble(text: string, file: FileInfo | null): HTMLElement {
    return h('div', { className: 'bubble', dir: 'auto' }, ...(file ? [this.#file(file)] : linked(text)));
  }

  /** The name at once; the picture, or the way to download it, when its code and bytes are here. */
  #file(file: FileInfo): HTMLElement {
    const name = file.name || this.t('file');
    const link = h('a', { className: 'file', href: '#', testid: 'file' }, icon('attach'), name);
    link.setAttribute('aria-label', this.t('download', { name }));
    import('./file.ts').then(({ fill }) => fill(link, name, file, this.model, () => this.#toEnd())).catch(() => {});
    return link;
  }

  #showAfter(shown: boolean): void {
    this.#after.hidden = !shown;
    if (shown) void this.#afterPart.then(({ showAfter }) => !this.#after.hidden && showAfter(this.#after, this.model, this.t));
    else this.#after.dataset.look = '';
  }
}
