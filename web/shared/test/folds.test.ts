import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldDesk } from '../desk.ts';
import type { AgentState, DeskEvent, DeskState, VisitorState } from '../protocol.ts';
import { foldThread } from '../thread.ts';
import { foldVisitor, MESSAGES_MAX } from '../visitor.ts';

const at = (n: number, e: string, more: object): DeskEvent => ({ n, at: n * 1000, e, ...more }) as unknown as DeskEvent;
const chat = { conversation: 'c1', chat: 'h1' };
const message = (n: number, text: string, more: object = {}): DeskEvent =>
  at(n, 'message.added', {
    ...chat,
    message: `m${n}`,
    kind: 'message',
    by: 'customer',
    agent: null,
    name: '',
    text,
    file: null,
    key: `k${n}`,
    ...more,
  });

const VISITOR: VisitorState = {
  visit: 'v',
  online: true,
  conversation: null,
  chat: null,
  queue: null,
  read: { customer: null, agent: null },
  messages: [],
  greetings: [],
};
const STORY: DeskEvent[] = [
  at(1, 'conversation.started', {
    conversation: 'c1',
    customer: 'u',
    name: 'Vera',
    department: 'default',
    channel: 'chat',
    status: 'T',
  }),
  at(2, 'chat.requested', { ...chat, customer: 'u', name: 'Vera', department: 'default', started_by: 'visitor', priority: 0 }),
  message(3, 'Hello'),
  at(4, 'chat.joined', { ...chat, agent: 'a1', name: 'Ann' }),
  message(5, 'Hi', { by: 'agent', agent: 'a1', name: 'Ann' }),
  at(6, 'read.marked', { conversation: 'c1', by: 'customer', message: 'm5' }),
  at(7, 'chat.joined', { ...chat, agent: 'a2', name: 'Bob' }),
  at(8, 'chat.left', { ...chat, agent: 'a1', name: 'Ann', state: 'served' }),
];

test('visitor: a chat from request to rating', () => {
  const mid = STORY.reduce(foldVisitor, VISITOR);
  assert.equal(mid.chat?.state, 'served');
  assert.deepEqual(mid.chat?.agents, [{ agent: 'a2', name: 'Bob' }]);
  assert.deepEqual(
    mid.messages.map(({ text }) => text),
    ['Hello', 'Hi'],
  );
  assert.equal(mid.read.customer, 'm5');
  const end = [
    at(9, 'chat.transferred', { ...chat, from: 'default', department: 'd2', agent: null, state: 'queued' }),
    at(10, 'chat.ended', { ...chat, department: 'd2', reason: 'visitor', missed: false, dropped: false }),
    at(11, 'chat.rated', { ...chat, rating: 'good', comment: null }),
  ].reduce(foldVisitor, mid);
  assert.deepEqual(end.chat, { chat: 'h1', state: 'ended', department: 'd2', rating: 'good', agents: [], reason: 'visitor' });
});

test('visitor: another conversation begins with nothing', () => {
  const state = [...STORY, at(9, 'conversation.started', { conversation: 'c2' })].reduce(foldVisitor, VISITOR);
  assert.equal(state.chat, null);
  assert.deepEqual(state.messages, []);
  assert.equal(foldVisitor(state, message(10, 'late')), state);
});

test('visitor: events twice change nothing, and late ones find their place', () => {
  const once = STORY.reduce(foldVisitor, VISITOR);
  const twice = [message(3, 'Hello'), message(5, 'Hi', { by: 'agent', agent: 'a1', name: 'Ann' })].reduce(foldVisitor, once);
  assert.deepEqual(twice, once);
  assert.deepEqual(
    foldVisitor(once, message(4, 'between')).messages.map(({ text }) => text),
    ['Hello', 'between', 'Hi'],
  );
});

test('visitor: what the desk says first stays until the chat begins', () => {
  const greeting = (n: number, text: string): DeskEvent => at(n, 'greeting', { name: 'Sarah', text });
  const greeted = [greeting(1, 'Hello'), greeting(2, 'May I help?')].reduce(foldVisitor, VISITOR);
  assert.deepEqual(
    greeted.greetings.map(({ name, text, at: when }) => [name, text, when]),
    [
      ['Sarah', 'Hello', 1_000],
      ['Sarah', 'May I help?', 2_000],
    ],
  );
  const later = STORY.map((event) => ({ ...event, n: event.n + 2 })) as DeskEvent[];
  assert.deepEqual(later.slice(0, 1).reduce(foldVisitor, greeted).greetings, greeted.greetings);
  assert.deepEqual(later.reduce(foldVisitor, greeted).greetings, []);
});

test('visitor: keeps the newest messages', () => {
  let state = STORY.reduce(foldVisitor, VISITOR);
  for (let n = 20; n < 20 + MESSAGES_MAX + 5; n++) state = foldVisitor(state, message(n, `${n}`));
  assert.equal(state.messages.length, MESSAGES_MAX);
  assert.equal(state.messages.at(-1)?.text, `${20 + MESSAGES_MAX + 4}`);
});

const agent = (id: string): AgentState => ({
  agent: id,
  email: `${id}@example.com`,
  name: id,
  role: 'agent',
  slots: 5,
  enabled: true,
  preset: 'online',
  online: 'online',
  phone: false,
  departments: ['default'],
});
const DESK: DeskState = {
  me: agent('a1'),
  agents: [agent('a1'), agent('a2')],
  departments: [{ department: 'default', name: 'Support', strategy: 'random', enabled: true }],
  chats: [],
  calls: [],
  settings: { name: 'Acme', accent: '#2563eb' },
};

test('desk: queue, offer, join, transfer, end', () => {
  const states: string[] = [];
  let desk = DESK;
  const step = (event: DeskEvent): void => {
    desk = foldDesk(desk, event);
    const now = desk.chats[0];
    states.push(now ? `${now.state} [${now.agents.join()}] (${now.offers.map((offer) => offer.agent).join()})` : '–');
  };
  step(STORY[1]!);
  step(at(3, 'chat.offered', { ...chat, agent: 'a1', expires: 99, state: 'offered' }));
  step(at(4, 'offer.closed', { ...chat, agent: 'a1', outcome: 'expired', state: 'queued' }));
  step(at(5, 'chat.offered', { ...chat, agent: 'a2', expires: 99, state: 'offered' }));
  step(at(6, 'offer.closed', { ...chat, agent: 'a2', outcome: 'accepted', state: 'offered' }));
  step(at(7, 'chat.joined', { ...chat, agent: 'a2', name: 'Bob' }));
  step(at(8, 'chat.offered', { ...chat, agent: 'a1', expires: 99, state: 'served' }));
  step(at(9, 'chat.left', { ...chat, agent: 'a2', name: 'Bob', state: 'offered' }));
  step(at(10, 'chat.transferred', { ...chat, from: 'default', department: 'd2', agent: 'a1', state: 'offered' }));
  step(at(11, 'chat.ended', { ...chat, department: 'd2', reason: 'visitor', missed: false, dropped: true }));
  assert.deepEqual(states, [
    'queued [] ()',
    'offered [] (a1)',
    'queued [] ()',
    'offered [] (a2)',
    'offered [] ()',
    'served [a2] ()',
    'served [a2] (a1)',
    'offered [] (a1)',
    'offered [] (a1)',
    '–',
  ]);
});

test('desk: what a chat asks for', () => {
  const asking = foldDesk(foldDesk(DESK, STORY[1]!), at(3, 'skills.requested', { ...chat, skills: ['s1', 's2'], by: 'customer' }));
  assert.deepEqual(asking.chats[0]!.skills, ['s1', 's2']);
  assert.deepEqual(foldDesk(asking, at(4, 'skills.requested', { ...chat, skills: [], by: 'agent' })).chats[0]!.skills, []);
});

test('desk: a call rings, is answered, held, handed on and ended', () => {
  const call = { conversation: 'c9', call: 'p1' };
  const states: string[] = [];
  let desk = DESK;
  const step = (n: number, e: string, more: object): void => {
    desk = foldDesk(desk, at(n, e, { ...call, ...more }));
    const now = desk.calls[0];
    const talkers = now?.agents.map(({ agent, held }) => (held ? `${agent}*` : agent)).join();
    states.push(now ? `${now.state} [${talkers}] (${now.rings.map(({ agent }) => agent).join()}) ${now.department}` : '–');
  };
  step(1, 'call.started', { direction: 'in', customer: 'u', caller: null, department: 'default' });
  step(1, 'call.started', { direction: 'in', customer: 'u', caller: null, department: 'default' });
  step(2, 'call.rang', { agent: 'a1', expires: 99, state: 'ringing' });
  step(3, 'ring.closed', { agent: 'a1', outcome: 'accepted', state: 'talking' });
  step(4, 'call.answered', { agent: 'a1', state: 'talking' });
  step(5, 'call.held', { agent: 'a1', held: true });
  step(6, 'call.left', { agent: 'a1', state: 'queued' });
  step(7, 'call.transferred', { from: 'default', department: 'd2', agent: null, by: 'agent', state: 'queued' });
  step(8, 'call.ended', { department: 'd2', direction: 'in', outcome: 'finished', by: 'customer' });
  assert.deepEqual(states, [
    'queued [] () default',
    'queued [] () default',
    'ringing [] (a1) default',
    'talking [] () default',
    'talking [a1] () default',
    'talking [a1*] () default',
    'queued [] () default',
    'queued [] () d2',
    '–',
  ]);
  const out = at(9, 'call.started', { ...call, direction: 'out', customer: 'u', caller: 'a1', department: 'default' });
  assert.equal(foldDesk(DESK, out).calls[0]?.state, 'ringing');
});

test('desk: who waits for an answer, and since when', () => {
  let desk = foldDesk(DESK, STORY[1]!);
  desk = foldDesk(desk, message(3, 'one'));
  desk = foldDesk(desk, message(4, 'two'));
  assert.equal(desk.chats[0]?.unanswered_since, 3000);
  desk = foldDesk(desk, message(5, 'note', { kind: 'note', by: 'agent' }));
  assert.equal(desk.chats[0]?.unanswered_since, 3000);
  desk = foldDesk(desk, message(6, 'answer', { by: 'agent' }));
  assert.equal(desk.chats[0]?.unanswered_since, null);
});

test('desk: agents, departments and customers change in place; unknown ones are added', () => {
  const desk = [
    at(1, 'agent.status', { agent: 'a1', preset: 'away', online: 'away' }),
    at(2, 'agent.changed', { agent: 'a3', email: 'c@example.com', name: 'Cleo', role: 'agent', slots: 2, enabled: true }),
    at(3, 'membership.changed', { department: 'd2', agent: 'a3', member: true }),
    at(4, 'membership.changed', { department: 'default', agent: 'a1', member: false }),
    at(5, 'department.changed', { department: 'default', name: 'Help', strategy: 'random', enabled: true }),
    at(6, 'department.changed', { department: 'd2', name: 'Sales', strategy: 'ring_all', enabled: true }),
    STORY[1]!,
    at(8, 'customer.changed', { customer: 'u', name: 'Vera V.', email: 'v@example.com', phone: '' }),
  ].reduce(foldDesk, DESK);
  assert.equal(desk.me.online, 'away');
  assert.deepEqual(desk.me.departments, []);
  assert.deepEqual(
    desk.agents.map(({ name }) => name),
    ['a1', 'a2', 'Cleo'],
  );
  assert.deepEqual(desk.agents[2]?.departments, ['d2']);
  assert.deepEqual(
    desk.departments.map(({ name }) => name),
    ['Help', 'Sales'],
  );
  assert.deepEqual(desk.chats[0]?.customer, { customer: 'u', name: 'Vera V.', email: 'v@example.com' });
});

test('desk: a merged conversation is in no list', () => {
  const before = foldDesk(foldDesk(DESK, STORY[1]!), at(3, 'chat.requested', { ...chat, chat: 'h2', conversation: 'c2' }));
  const after = foldDesk(before, at(4, 'conversation.merged', { conversation: 'c1', into: 'c2' }));
  assert.deepEqual(
    after.chats.map(({ conversation }) => conversation),
    ['c2'],
  );
});

test('desk: an event leaves what it does not touch as it is', () => {
  const before = foldDesk(
    foldDesk(DESK, STORY[1]!),
    at(3, 'chat.requested', { ...chat, chat: 'h2', conversation: 'c2', customer: 'w' }),
  );
  const after = foldDesk(before, at(4, 'chat.joined', { ...chat, agent: 'a2', name: 'Bob' }));
  assert.equal(after.chats[1], before.chats[1]);
  assert.equal(after.agents, before.agents);
  assert.equal(foldDesk(after, at(5, 'something.new', {})), after);
});

test('thread: messages, tags, status, assignment; nothing of other conversations', () => {
  const thread = {
    conversation: 'c1',
    messages: [],
    tags: [],
    status: 'T' as const,
    department: 'default',
    agent: null,
    read: { customer: null, agent: null },
  };
  const after = [
    message(3, 'Hello'),
    message(4, 'only for us', { kind: 'note', by: 'agent' }),
    message(5, 'elsewhere', { conversation: 'c2' }),
    at(6, 'tags.changed', { conversation: 'c1', before: [], after: ['vip'], by: 'agent' }),
    at(7, 'status.changed', { conversation: 'c1', from: 'T', to: 'A', by: 'system' }),
    at(8, 'assigned', { conversation: 'c1', department: 'd2', agent: 'a1' }),
  ].reduce(foldThread, thread);
  assert.deepEqual(
    after.messages.map(({ text }) => text),
    ['Hello', 'only for us'],
  );
  assert.deepEqual([after.tags, after.status, after.department, after.agent], [['vip'], 'A', 'd2', 'a1']);
});
