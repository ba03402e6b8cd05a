import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Shortcut } from '../../shared/native.ts';
import { fitting, insert, OFFERED_MAX, snippets, typedBefore, withTags } from '../src/lib/snippets.ts';

const shortcut = (name: string): Shortcut => ({
  shortcut: name,
  name,
  message: `The text of ${name}`,
  options: '',
  tags: [],
  scope: 'all',
  departments: [],
  agents: [],
});

test('a slash at the start of a word begins a shortcut', () => {
  for (const [text, wanted] of [
    ['/', { start: 0, prefix: '' }],
    ['/he', { start: 0, prefix: 'he' }],
    ['Hello /by', { start: 6, prefix: 'by' }],
    ['one\n/sign up', { start: 4, prefix: 'sign up' }],
    ['either/or', null],
    ['https://shop.example', null],
    ['1/2 /x', { start: 4, prefix: 'x' }],
    ['/one\ntwo', null],
    ['', null],
  ] as const)
    assert.deepEqual(typedBefore(text, text.length), wanted, text);
  assert.deepEqual(typedBefore('/hello there', 3), { start: 0, prefix: 'he' }, 'what stands behind the cursor is not typed yet');
});

test('those that begin so are offered, the exact ones first, not too many', () => {
  const all = ['Bye', 'bye', 'hello', 'hello again', 'help'].map(shortcut);
  const names = (prefix: string): string[] => fitting(all, prefix).map(({ name }) => name);
  assert.deepEqual(names('hel'), ['hello', 'hello again', 'help']);
  assert.deepEqual(names('HELLO'), ['hello', 'hello again']);
  assert.deepEqual(names('by'), ['bye', 'Bye']);
  assert.deepEqual(names('By'), ['Bye', 'bye']);
  assert.deepEqual(names('x'), []);
  assert.equal(fitting(Array.from({ length: 30 }, (_, n) => shortcut(`s${n}`)), 's').length, OFFERED_MAX);
});

test('the message takes the place of what was typed', () => {
  const text = 'Hi! /he and more';
  const typed = typedBefore(text, 7)!;
  assert.deepEqual(insert(text, typed, 7, 'How can I help?'), { text: 'Hi! How can I help? and more', cursor: 19 });
});

test('tags are added once', () => {
  assert.deepEqual(withTags(['a', 'b'], ['b', 'c', 'c']), ['a', 'b', 'c']);
});

test('shortcuts, canned messages and predefined answers are one list', () => {
  const everybody = { visibility: 'all', department: null, agent: null } as const;
  const canned = { ...everybody, message: 'm1', name: 'wait', text: 'One moment.' };
  const file = { file: 'f', name: 'form.pdf', content_type: 'application/pdf', bytes: 1 };
  const answer = {
    ...everybody,
    answer: 'a1',
    name: 'form',
    subject: 'The form',
    message: '<p>Here it is.</p>',
    format: 'html',
    text: 'Here it is.',
    files: [file],
  } as const;
  const all = snippets([shortcut('hello')], [canned], [{ ...answer, files: [file] }]);
  assert.deepEqual(
    all.map(({ key, name, message }) => [key, name, message]),
    [
      ['shello', 'hello', 'The text of hello'],
      ['cm1', 'wait', 'One moment.'],
      ['aa1', 'form', 'Here it is.'],
    ],
  );
  assert.deepEqual(all.map(({ subject }) => subject), ['', '', 'The form']);
  assert.deepEqual([all[1]!.answer, all[2]!.answer, all[2]!.files], [null, 'a1', ['form.pdf']]);
  assert.deepEqual(
    fitting(all, 'W').map(({ name }) => name),
    ['wait'],
  );
});
