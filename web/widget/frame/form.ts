/** What is asked before a chat, and the form for times when nobody is there. */

import type { Texts } from '../../shared/texts.ts';
import { h } from './dom.ts';
import type { Model } from './model.ts';

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

export class Form {
  element: HTMLFormElement;
  #name: HTMLInputElement;
  #email: HTMLInputElement;
  #department: HTMLSelectElement;
  #text: HTMLTextAreaElement;
  #problem = h('p', { className: 'problem', role: 'alert', testid: 'problem' });

  constructor(
    private readonly model: Model,
    private readonly t: Texts,
    private readonly kind: 'form' | 'offline',
  ) {
    const { draft } = model;
    const offline = kind === 'offline';
    const settings = model.visit!.settings;
    this.#name = h('input', { value: draft.name, autocomplete: 'name', maxLength: 200, testid: 'form-name' });
    this.#email = h('input', {
      type: 'email',
      value: draft.email,
      autocomplete: 'email',
      maxLength: 200,
      required: offline,
      testid: 'form-email',
    });
    this.#text = h('textarea', { value: draft.text, rows: 4, required: true, testid: 'form-text' });
    // A widget leads to its own department.
    const departments = model.handed.widget ? [] : model.visit!.departments.filter(({ online }) => online || offline);
    this.#department = h(
      'select',
      { testid: 'form-department' },
      ...departments.map(({ id, name }) => h('option', { value: id }, name)),
    );
    this.element = h(
      'form',
      { className: 'form', noValidate: true, testid: offline ? 'offline-form' : 'start-form' },
      h('p', { className: 'greeting' }, offline && !model.form ? t('offline_intro') : settings.greeting || t('greeting')),
      this.#label('name', this.#name, true),
      (offline || settings.ask_email) && this.#label('email', this.#email, !offline),
      departments.length > 1 && this.#label('department', this.#department),
      this.#label('message', this.#text),
      this.#problem,
      h('button', { type: 'submit', className: 'primary', testid: 'form-submit' }, t(offline ? 'offline_send' : 'start')),
    );
    this.element.onsubmit = (event) => {
      event.preventDefault();
      this.#submit();
    };
    // Kept as it is written: the other form, or a second try, begins with the same words.
    this.element.oninput = (event) => {
      this.#keep();
      (event.target as Element).removeAttribute('aria-invalid');
    };
  }

  #label(text: string, field: Field, optional = false): HTMLElement {
    return h('label', {}, h('span', {}, this.t(text), optional && h('small', {}, ` (${this.t('optional')})`)), field);
  }

  #keep(): void {
    Object.assign(this.model.draft, {
      name: this.#name.value.trim(),
      email: this.#email.value.trim(),
      department: this.#department.value,
      text: this.#text.value,
    });
  }

  #submit(): void {
    this.#keep();
    this.model.draft.text = this.#text.value.trim();
    const wrong = [this.#email, this.#text].find(
      (field) => !field.checkValidity() || (field === this.#text && !field.value.trim()),
    );
    if (wrong) {
      wrong.setAttribute('aria-invalid', 'true');
      this.#problem.textContent = this.t(wrong === this.#email && wrong.value ? 'email_wrong' : 'required');
      wrong.focus();
      return;
    }
    this.model.ask(this.kind === 'offline' ? 'offline' : 'chat');
  }

  focus(): void {
    (this.#name.value ? this.#text : this.#name).focus();
  }

  update(): void {
    const { draft, problem } = this.model;
    if (problem) this.#problem.textContent = problem;
    // Who the page says the visitor is may come after the form was built.
    for (const [field, value] of [
      [this.#name, draft.name],
      [this.#email, draft.email],
    ] as const)
      if ((!field.value || !value) && document.activeElement !== field) field.value = value;
  }
}
