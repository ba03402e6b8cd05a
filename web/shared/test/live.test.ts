import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveClient, PROBE_FIRST_MS, type Link } from '../live.ts';
import { Outbox } from '../outbox.ts';
import { openPoll } from '../poll.ts';
import type { AgentCommand, Command, DeskEvent, ErrorFrame, OkFrame } from '../protocol.ts';
import { PING_AFTER_MS, PONG_WITHIN_MS, WELCOME_WITHIN_MS } from '../socket.ts';
import { Watches } from '../watches.ts';
import { memory, World } from './world.ts';

function start(options: { transport?: 'auto' | 'poll'; storage?: Storage } = {}) {
  const world = new World();
  const seen = {
    fresh: [] as unknown[],
    events: [] as number[],
    watched: [] as [string, number[]][],
    lost: [] as string[],
    links: [] as Link[],
    answers: [] as [Command, OkFrame | ErrorFrame][],
    refused: 0,
  };
  const outbox = new Outbox<AgentCommand>(options.storage ?? memory(), 'out.', () => world.time);
  const client = new LiveClient<unknown, AgentCommand>({
    role: 'agent',
    outbox,
    environment: world.environment,
    poll: async () => openPoll,
    transport: options.transport ?? 'auto',
    watches: new Watches((conversation, events) => seen.watched.push([conversation, events.map(({ n }) => n)])),
    handlers: {
      fresh: (state) => seen.fresh.push(state),
      event: ({ n }) => seen.events.push(n),
      lost: (conversation) => seen.lost.push(conversation),
      ephemeral: () => {},
      answered: (command, answer) => seen.answers.push([command, answer]),
      outbox: () => {},
      link: (link) => seen.links.push(link),
      refused: () => seen.refused++,
    },
  });
  client.start();
  return { world, seen, outbox, client };
}

const welcome = (number: number, resumed = false, epoch = 7) => ({
  t: 'welcome',
  epoch,
  number,
  resumed,
  ...(resumed ? {} : { state: { at: number } }),
});
const event = (n: number, more: object = {}) => ({ t: 'event', n, at: n, e: 'status.changed', ...more });
const said = (n: number, key: string, conversation = 'c1') =>
  event(n, { e: 'message.added', conversation, message: `m${n}`, key });
const say = (key: string, text = key): AgentCommand => ({ t: 'send', key, conversation: 'c1', text, kind: 'message' });

function connected(options: Parameters<typeof start>[0] = {}, number = 10) {
  const all = start(options);
  all.world.socket.open();
  all.world.socket.say(welcome(number));
  return all;
}

test('a fresh start says hello without a place and takes the state', () => {
  const { world, seen, client } = connected();
  assert.equal(world.socket.url, 'wss://desk.example/live/agent');
  assert.deepEqual(world.socket.sent[0], { t: 'hello' });
  assert.deepEqual(seen.fresh, [{ at: 10 }]);
  assert.deepEqual(client.link, { up: true, transport: 'socket', broken: false });
});

test('after a break it names epoch and number, and drops events that it has seen', async () => {
  const { world, seen } = connected();
  world.socket.say(event(11));
  world.socket.break();
  await world.pass(500);
  world.socket.open();
  assert.deepEqual(world.socket.sent[0], { t: 'hello', epoch: 7, number: 11 });
  world.socket.say(welcome(13, true));
  for (const n of [11, 12, 12, 13]) world.socket.say(event(n));
  assert.deepEqual(seen.events, [11, 12, 13]);
  assert.equal(seen.fresh.length, 1);
});

test('“not resumed” forgets everything, also the watches', async () => {
  const { world, seen, client } = connected();
  client.watch('c1', 10);
  world.socket.break();
  await world.pass(500);
  world.socket.open();
  world.socket.say(welcome(3, false, 8));
  assert.deepEqual(seen.lost, ['c1']);
  assert.equal(world.socket.all('watch').length, 0);
  world.socket.say(event(4));
  assert.deepEqual(seen.events, [4]);
});

test('frames of an abandoned connection are not heard', async () => {
  const { world, seen } = connected();
  const old = world.socket;
  const heard = old.onmessage!;
  world.happens('offline');
  assert.equal(old.closed, true);
  heard({ data: JSON.stringify(event(11)) });
  assert.deepEqual(seen.events, []);
});

test('commands go out one at a time, in order, and again after a break with the same key', async () => {
  const { world, outbox, client } = connected();
  client.send(say('k1'));
  client.send(say('k2'));
  assert.deepEqual(
    world.socket.all('send').map(({ key }) => key),
    ['k1'],
  );
  world.socket.break();
  await world.pass(500);
  world.socket.open();
  world.socket.say(welcome(10, true));
  assert.deepEqual(
    world.socket.all('send').map(({ key }) => key),
    ['k1'],
  );
  world.socket.say({ t: 'ok', key: 'k1', number: 11 });
  assert.deepEqual(
    world.socket.all('send').map(({ key }) => key),
    ['k1', 'k2'],
  );
  world.socket.say({ t: 'ok', key: 'k2', number: 12 });
  // Acknowledged ones stay in sight until the journal got that far.
  assert.deepEqual(
    outbox.entries.map(({ frame }) => frame.key),
    ['k1', 'k2'],
  );
  world.socket.say(said(11, 'k1'));
  world.socket.say(said(12, 'k2'));
  assert.deepEqual(outbox.entries, []);
});

test('an echo settles a command whose answer was lost', async () => {
  const { world, outbox, client } = connected();
  client.send(say('k1'));
  world.socket.say(said(11, 'k1'));
  assert.deepEqual(outbox.entries, []);
  client.send(say('k2'));
  world.socket.say({ t: 'ok', key: 'k1', number: 11 });
  assert.deepEqual(
    world.socket.all('send').map(({ key }) => key),
    ['k1', 'k2'],
  );
});

test('“unavailable” is tried again with the same key and nothing overtakes it', async () => {
  const { world, client } = connected();
  client.send(say('k1'));
  client.send(say('k2'));
  world.socket.say({ t: 'error', key: 'k1', code: 'unavailable', message: '' });
  assert.equal(world.socket.all('send').length, 1);
  await world.pass(500);
  assert.deepEqual(
    world.socket.all('send').map(({ key }) => key),
    ['k1', 'k1'],
  );
});

test('a refusal is kept with the words of the desk, and the next command goes on', () => {
  const { world, outbox, client, seen } = connected();
  client.send(say('k1'));
  client.send(say('k2'));
  world.socket.say({ t: 'error', key: 'k1', code: 'conflict', message: 'The chat has ended' });
  assert.equal(outbox.get('k1')?.refused, 'The chat has ended');
  assert.equal(seen.answers.length, 1);
  assert.deepEqual(
    world.socket.all('send').map(({ key }) => key),
    ['k1', 'k2'],
  );
});

test('without an answer the same frame goes out again', async () => {
  const { world, client } = connected();
  client.send(say('k1'));
  await world.pass(10_000);
  world.socket.say({ t: 'pong' });
  await world.pass(5_000);
  assert.deepEqual(
    world.socket.all('send').map(({ key }) => key),
    ['k1', 'k1'],
  );
});

test('silence is asked after, and then taken for a break', async () => {
  const { world, client } = connected();
  await world.pass(PING_AFTER_MS);
  assert.equal(world.socket.all('ping').length, 1);
  world.socket.say({ t: 'pong' });
  await world.pass(PING_AFTER_MS);
  assert.equal(world.socket.all('ping').length, 2);
  await world.pass(PONG_WITHIN_MS - 1);
  assert.equal(client.link.up, true);
  await world.pass(1);
  assert.equal(client.link.up, false);
  await world.pass(500);
  assert.equal(world.sockets.length, 2);
});

test('waits double up to 15 s and begin anew after a welcome', async () => {
  const { world } = connected();
  world.socket.break();
  for (const wait of [500, 1000, 2000, 4000]) {
    const before = world.sockets.length + world.requests.length;
    await world.pass(wait - 1);
    assert.equal(world.sockets.length + world.requests.length, before);
    await world.pass(1);
    assert.equal(world.sockets.length + world.requests.length, before + 1);
    world.socket.break();
  }
});

test('“offline” breaks at once, “online” connects at once', async () => {
  const { world, client } = connected();
  world.happens('offline');
  assert.equal(client.link.up, false);
  await world.pass(8_000);
  const before = world.sockets.length;
  world.happens('online');
  assert.equal(world.sockets.length, before + 1);
});

test('a bad credential stops it, also when a poll says so', async () => {
  const first = connected();
  first.world.socket.break(4001);
  assert.equal(first.seen.refused, 1);
  await first.world.pass(60_000);
  assert.equal(first.world.sockets.length, 1);

  const second = start({ transport: 'poll' });
  await second.world.settle();
  await second.world.request.answer({}, 401);
  assert.equal(second.seen.refused, 1);
});

test('broken rules stop it for good', async () => {
  const { world, client } = connected();
  world.socket.break(1008);
  assert.equal(client.link.broken, true);
  await world.pass(60_000);
  assert.equal(world.sockets.length, 1);
});

test('two sockets without a welcome, then polling; a socket that works later takes over', async () => {
  const { world, client, seen } = start();
  world.socket.break();
  await world.pass(500);
  // The second hangs.
  world.socket.open();
  await world.pass(WELCOME_WITHIN_MS);
  await world.pass(1000);
  assert.equal(world.sockets.length, 2);
  assert.deepEqual(world.request.body, { wait_seconds: 0 });
  await world.request.answer({ frames: [welcome(10)] });
  assert.deepEqual(client.link, { up: true, transport: 'poll', broken: false });
  assert.deepEqual(world.request.body, { epoch: 7, number: 10, wait_seconds: 25 });
  await world.request.answer({ frames: [event(11), event(12)] });
  assert.deepEqual(seen.events, [11, 12]);

  // A send goes by a request of its own.
  client.send(say('k1'));
  assert.equal(world.request.path, '/live/agent/send');
  await world.request.answer({ t: 'ok', key: 'k1', number: 13 });

  // The polls wait 25 s each, and bring nothing, until it is time to try a socket again.
  for (let waited = 0; waited < PROBE_FIRST_MS; waited += 20_000) {
    await world.requests.findLast(({ path }) => path.endsWith('/poll'))!.answer({ frames: [] });
    await world.pass(20_000);
  }
  assert.equal(world.sockets.length, 3);
  world.socket.open();
  assert.deepEqual(world.socket.sent[0], { t: 'hello', epoch: 7, number: 12 });
  world.socket.say(welcome(13, true));
  assert.equal(client.link.transport, 'socket');
});

test('a socket that fails where polling worked gives way to it at once', async () => {
  const { world, client } = start();
  for (const wait of [500, 1000]) {
    world.socket.break();
    await world.pass(wait);
  }
  await world.request.answer({ frames: [welcome(10)] });
  const polled = world.requests.length;
  await world.pass(PROBE_FIRST_MS);
  world.socket.break();
  await world.settle();
  assert.equal(world.requests.length, polled + 1);
  assert.deepEqual(world.request.body, { epoch: 7, number: 10, wait_seconds: 0 });
  await world.request.answer({ frames: [] });
  assert.equal(client.link.up, true);
});

test('polls that bring nothing do not chase each other', async () => {
  const { world } = start({ transport: 'poll' });
  await world.settle();
  await world.request.answer({ frames: [welcome(10)] });
  const before = world.requests.length;
  await world.request.answer({ frames: [] });
  assert.equal(world.requests.length, before);
  await world.pass(300);
  assert.equal(world.requests.length, before + 1);
});

test('a watch gets each event once and in order, over a reconnect that mixes stream and history', async () => {
  const { world, client, seen } = connected();
  client.watch('c1', 8);
  assert.deepEqual(world.socket.all('watch'), [{ t: 'watch', conversation: 'c1', after: 8 }]);
  // Live news before the history came.
  world.socket.say(said(11, 'x'));
  world.socket.say({ t: 'history', conversation: 'c1', upto: 10, events: [said(9, 'a'), said(10, 'b')] });
  assert.deepEqual(seen.watched, [
    ['c1', [9, 10]],
    ['c1', [11]],
  ]);
  world.socket.say(event(12, { conversation: 'c2' }));
  world.socket.break();
  await world.pass(500);
  world.socket.open();
  world.socket.say(welcome(15, true));
  assert.deepEqual(world.socket.all('watch'), [{ t: 'watch', conversation: 'c1', after: 11 }]);
  // 13 and 14 are of the watch alone, 15 is desk-wide: the stream brings it first.
  world.socket.say(event(15, { conversation: 'c1' }));
  seen.watched.length = 0;
  world.socket.say({
    t: 'history',
    conversation: 'c1',
    upto: 15,
    events: [said(13, 'c'), said(14, 'd'), event(15, { conversation: 'c1' })],
  });
  world.socket.say(said(16, 'e'));
  assert.deepEqual(seen.watched, [
    ['c1', [13, 14, 15]],
    ['c1', [16]],
  ]);
});

test('watches over polling: interrupts the request, takes histories and bare events', async () => {
  const { world, client, seen } = start({ transport: 'poll' });
  await world.settle();
  await world.request.answer({ frames: [welcome(10)] });
  const idle = world.request;
  client.watch('c1', 9);
  await world.settle();
  assert.equal(idle.aborted(), true);
  assert.deepEqual(world.request.body.watch, [{ conversation: 'c1', after: 9 }]);
  await world.request.answer({ frames: [{ t: 'history', conversation: 'c1', upto: 10, events: [said(10, 'a')] }] });
  assert.deepEqual(world.request.body.watch, [{ conversation: 'c1', after: 10 }]);
  await world.request.answer({ frames: [said(11, 'b')] });
  await world.request.answer({
    frames: [{ t: 'history', conversation: 'c1', upto: 12, events: [said(11, 'b'), said(12, 'c')] }, said(12, 'c')],
  });
  assert.deepEqual(
    seen.watched.flatMap(([, numbers]) => numbers),
    [10, 11, 12],
  );
  assert.deepEqual(seen.events, [11, 12]);
});

test('a history in pieces is asked for to its end', () => {
  const { world, client, seen } = connected();
  client.watch('c1', 0);
  world.socket.say(said(11, 'd'));
  world.socket.say({ t: 'history', conversation: 'c1', upto: 5, more: true, events: [said(5, 'a')] });
  assert.deepEqual(world.socket.all('watch').at(-1), { t: 'watch', conversation: 'c1', after: 5 });
  world.socket.say({ t: 'history', conversation: 'c1', upto: 11, events: [said(8, 'b'), said(11, 'd')] });
  assert.deepEqual(
    seen.watched.flatMap(([, numbers]) => numbers),
    [5, 8, 11],
  );
});

test('a poll moves on past what was not for us', async () => {
  const { world, client } = start({ transport: 'poll' });
  await world.settle();
  await world.request.answer({ frames: [welcome(10)] });
  await world.request.answer({ frames: [welcome(20, true), event(12)] });
  assert.equal(client.number, 20);
  assert.deepEqual(world.request.body, { epoch: 7, number: 20, wait_seconds: 25 });
});

test('an outbox from before a reload is sent after the welcome', () => {
  const storage = memory();
  new Outbox<AgentCommand>(storage, 'out.', () => 1_000_000).add(say('k0'));
  const { world } = connected({ storage });
  assert.deepEqual(
    world.socket.all('send').map(({ key }) => key),
    ['k0'],
  );
});

test('any order of breaks delivers every event once', async () => {
  // A small server that knows 200 events, and a network that breaks wherever it likes.
  let chance = 12345;
  const random = (): number => (chance = (chance * 1103515245 + 12345) % 2147483648) / 2147483648;
  const journal: DeskEvent[] = Array.from({ length: 200 }, (_, i) => ({ ...event(i + 11), n: i + 11 }) as unknown as DeskEvent);
  const { world, seen, client } = connected();
  let at = 10;
  while (client.number < 210) {
    const upTo = Math.min(210, at + Math.floor(random() * 9));
    for (const entry of journal) if (entry.n > at && entry.n <= upTo) world.socket.say({ t: 'event', ...entry });
    at = upTo;
    if (random() < 0.6) {
      world.socket.break();
      await world.pass(20_000);
      world.socket.open();
      const hello = world.socket.sent[0] as { number: number };
      world.socket.say(welcome(210, true));
      at = hello.number;
    }
  }
  assert.deepEqual(
    seen.events,
    journal.map(({ n }) => n),
  );
});
