import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENTRY_AGE_MAX_MS, newKey, Outbox } from '../outbox.ts';
import type { VisitorCommand } from '../protocol.ts';
import { memory } from './world.ts';

const say = (key: string): VisitorCommand => ({ t: 'send', key, text: key });

test('survives a reload in the order of writing', () => {
  const storage = memory();
  const before = new Outbox(storage, 'out.', () => 5);
  for (const key of ['b', 'a', 'c']) before.add(say(key));
  before.forget('a');
  const after = new Outbox(storage, 'out.', () => 6);
  assert.deepEqual(
    after.entries.map(({ frame }) => frame.key),
    ['b', 'c'],
  );
  after.add(say('d'));
  assert.deepEqual(
    new Outbox(storage, 'out.', () => 6).entries.map(({ frame }) => frame.key),
    ['b', 'c', 'd'],
  );
});

test('what is acknowledged or refused is not sent again after a reload', () => {
  const storage = memory();
  const outbox = new Outbox(storage, 'out.', () => 5);
  for (const key of ['a', 'b', 'c']) outbox.add(say(key));
  outbox.acknowledge('a', 7);
  outbox.refuse('b', 'no');
  assert.equal(outbox.next()?.frame.key, 'c');
  assert.equal(outbox.entries.length, 3);
  assert.deepEqual(
    new Outbox(storage, 'out.', () => 5).entries.map(({ frame }) => frame.key),
    ['c'],
  );
  assert.equal(outbox.seen(6), false);
  assert.equal(outbox.seen(7), true);
  assert.deepEqual(
    outbox.entries.map(({ frame }) => frame.key),
    ['b', 'c'],
  );
});

test('leaves other names alone, drops rubbish and what is too old for its key', () => {
  const storage = memory();
  storage.setItem('other', '1');
  storage.setItem('out.x', 'rubbish');
  new Outbox(storage, 'out.', () => 5).add(say('old'));
  const outbox = new Outbox(storage, 'out.', () => 6 + ENTRY_AGE_MAX_MS);
  assert.deepEqual(outbox.entries, []);
  assert.equal(storage.length, 1);
});

test('works where storage is closed', () => {
  const closed = (): never => {
    throw new Error('closed');
  };
  const outbox = new Outbox({ length: 1, key: closed, getItem: closed, setItem: closed, removeItem: closed }, 'out.');
  outbox.add(say('a'));
  outbox.forget('a');
  assert.deepEqual(outbox.entries, []);
});

test('keys are UUIDs', () => {
  assert.match(newKey(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
