/** What stands in the place of the composer when there is no chat: why, the rating, and the way to a new one. */

import type { Texts } from '../../shared/texts.ts';
import { h, icon } from './dom.ts';
import type { Model } from './model.ts';

/** Fills `place`, unless it shows the same already: somebody may be writing a comment in it. */
export function showAfter(place: HTMLElement, model: Model, t: Texts): void {
  const chat = model.state!.chat;
  const look = `${chat?.chat} ${chat?.reason} ${chat?.rating} ${model.ended}`;
  if (place.dataset.look === look) return;
  place.dataset.look = look;
  const focused = place.contains(document.activeElement) && (document.activeElement as HTMLElement).dataset.testid;
  const again = h(
    'button',
    { type: 'button', className: 'primary', testid: 'new-chat', onclick: () => model.startAgain() },
    t('new_chat'),
  );
  if (model.ended) {
    const reason = chat!.reason;
    const known = reason === 'agent' || reason === 'inactivity' || reason === 'overflow';
    place.replaceChildren(h('p', { testid: 'ended' }, t(known ? `ended_${reason}` : 'ended')), rating(model, t), again);
  } else place.replaceChildren(h('p', { testid: 'thanks' }, t('offline_thanks')), again);
  if (focused) place.querySelector<HTMLElement>(`[data-testid=${focused}]`)?.focus();
}

function rating(model: Model, t: Texts): HTMLElement {
  const { rating } = model.state!.chat!;
  const comment = h('textarea', { rows: 2, placeholder: t('comment'), aria: { label: t('comment') }, testid: 'rate-comment' });
  const choose = (value: 'good' | 'bad'): HTMLElement =>
    h(
      'button',
      {
        type: 'button',
        className: 'icon',
        testid: `rate-${value}`,
        aria: { label: t(value), pressed: `${rating === value}` },
        onclick: () => model.rate(rating === value ? null : value),
      },
      icon(value),
    );
  const form = h(
    'form',
    { className: 'rating' },
    h('p', {}, t(rating ? 'rated' : 'rate')),
    h('div', {}, choose('good'), choose('bad')),
    !!rating && comment,
    !!rating && h('button', { type: 'submit', className: 'quiet', testid: 'rate-send' }, t('comment_send')),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    model.rate(rating, comment.value.trim());
    comment.value = '';
    comment.placeholder = t('rated');
  };
  return form;
}
