import assert from 'node:assert/strict';
import { test } from 'node:test';
import kinds from '../../shared/kinds.json';
import de from '../locales/de.json';
import en from '../locales/en.json';
import { faultOf, faulty, isAt } from '../src/lib/fault.ts';
import { fromWeek, isOvernight, officeHours, readLine, toWeek, writeLine } from '../src/lib/hours.ts';
import {
  ACTIONS,
  CONDITIONS,
  conditionWords,
  FIELD_MODES,
  newAction,
  newCondition,
  readConditions,
  readDefinition,
  readWait,
  TEXT_MODES,
  UNITS,
  Unreadable,
  writeConditions,
  writeDefinition,
  writeWait,
} from '../src/lib/rules.ts';
import { readTimes, writeTimes } from '../src/lib/sla.ts';

const keys = (of: object): string[] => Object.keys(of).sort();

test('the form knows every condition and action of the desk, and no other', () => {
  assert.deepEqual(keys(CONDITIONS), keys(kinds.conditions));
  assert.deepEqual(keys(ACTIONS), keys(kinds.actions));
  const both = new Set([...conditionWords('rules'), ...conditionWords('time-rules')]);
  assert.deepEqual([...both].sort(), keys(kinds.conditions));
});

test('whatever can be picked has a name in every language', () => {
  const wanted = [
    ...keys(kinds.conditions).map((word) => `condition_${word}`),
    ...keys(kinds.actions).map((word) => `action_${word}`),
    ...kinds.events.map((word) => `rule_event_${word}`),
    ...kinds.statuses.map((word) => `letter_${word}`),
    ...kinds.channels.map((word) => `channel_${word}`),
    ...kinds.ratings.map((word) => `rating_${word}`),
    ...kinds.goals.map((word) => `sla_${word}`),
    ...kinds.placeholders.map((word) => `placeholder_${word}`),
    ...kinds.agent_statuses.map((word) => `agent_status_${word}`),
    ...[...FIELD_MODES, ...TEXT_MODES].map((mode) => `text_${mode}`),
    ...UNITS.map((unit) => `wait_${unit}`),
  ];
  for (const catalogue of [en, de] as Record<string, string>[]) assert.deepEqual(wanted.filter((key) => !catalogue[key]), []);
});

test('what the desk understands goes through the form unchanged', () => {
  const actions = [{ note: 'x' }];
  let seen = 0;
  for (const [word, { rules, examples }] of Object.entries(kinds.conditions))
    for (const example of examples) {
      const kind = rules ? 'rules' : 'time-rules';
      const condition = { [word]: example };
      const definition = { ...(rules ? { events: ['rated'] } : {}), conditions: [[condition, { not: condition }], [condition]], actions };
      assert.deepEqual(writeDefinition(readDefinition(definition, kind), kind), definition, word);
      seen++;
    }
  for (const [word, { examples }] of Object.entries(kinds.actions)) {
    const definition = { events: ['rated'], actions: examples.map((example) => ({ [word]: example })), stop: true };
    assert.deepEqual(writeDefinition(readDefinition(definition, 'rules'), 'rules'), definition, word);
    seen++;
  }
  assert.ok(seen > 40);
});

test('rules of levels have conditions of their own, and go through the form unchanged', () => {
  let seen = 0;
  for (const [word, { sla_rules, examples }] of Object.entries(kinds.conditions)) {
    const groups = examples.map((example) => [{ [word]: example }, { not: { [word]: example } }]);
    if (sla_rules) assert.deepEqual(writeConditions(readConditions(groups, 'sla-rules')), groups, word);
    else assert.throws(() => readConditions(groups, 'sla-rules'), Unreadable, word);
    seen += Number(sla_rules);
  }
  assert.ok(seen > 10 && seen < Object.keys(kinds.conditions).length);
});

test('a new line of the form is one that can be read again', () => {
  for (const kind of ['rules', 'time-rules'] as const)
    for (const word of conditionWords(kind)) {
      const groups = [[newCondition(word)]];
      const written = writeDefinition({ events: ['rated'], groups, actions: [newAction('note')], stop: false }, kind);
      assert.deepEqual(writeDefinition(readDefinition(written, kind), kind), written, word);
    }
});

test('shorter ways of writing mean the same', () => {
  const short = {
    events: 'rated',
    conditions: [[{ status: 'N' }, { not: { tag: 'vip' } }]],
    actions: [{ answer: 'Thanks.' }, { add_tag: 'a' }],
  };
  assert.deepEqual(writeDefinition(readDefinition(short, 'rules'), 'rules'), {
    events: ['rated'],
    conditions: [[{ status: ['N'] }, { not: { tag: ['vip'] } }]],
    actions: [{ answer: { text: 'Thanks.' } }, { add_tag: ['a'] }],
  });
  for (const [json, count, unit] of [
    [86_400, 1, 'd'],
    ['7200', 2, 'h'],
    [' 30 m', 30, 'm'],
    [90, 90, 's'],
    ['48h', 48, 'h'],
  ] as const)
    assert.deepEqual(readWait(json), { count, unit });
  assert.equal(writeWait({ count: 0, unit: 'd' }), 0);
});

test('what the form has no fields for is not lost but refused', () => {
  const actions = [{ note: 'x' }];
  for (const definition of [
    null,
    [],
    { events: ['rated'] },
    { events: ['rated'], actions, more: 1 },
    { events: ['rated'], actions: [{ dance: 1 }] },
    { events: ['rated'], actions: [{ note: 'x', status: 'R' }] },
    { events: ['rated'], actions: [{ assign: { team: 'x' } }] },
    { events: ['rated'], actions, conditions: [{ tag: 'a' }] },
    { events: ['rated'], actions, conditions: [[{ created_more_than: '1d' }]] },
    { events: ['rated'], actions, conditions: [[{ hours: 'UTC; someday 09:00-10:00' }]] },
  ])
    assert.throws(() => readDefinition(definition, 'rules'), Unreadable, JSON.stringify(definition));
  const timed = { conditions: [[{ created_more_than: '1d' }]], actions };
  assert.throws(() => readDefinition({ events: ['rated'], ...timed }, 'time-rules'), Unreadable);
});

test('spans over midnight are one in the form and two in the calendar', () => {
  const week = officeHours('Europe/Berlin');
  week.days[4] = [{ from: '09:00', until: '12:00' }, { from: '22:00', until: '06:00' }];
  week.days[5] = [{ from: '06:00', until: '08:00' }];
  week.days[6] = [{ from: '20:00', until: '04:00' }];
  week.holidays = ['2026-12-25', '', '2026-12-25', '2026-01-01'];
  assert.ok(isOvernight(week.days[6][0]!));
  assert.equal(
    writeLine(fromWeek(week)),
    'Europe/Berlin; mon 00:00-04:00 09:00-17:00; tue 09:00-17:00; wed 09:00-17:00; thu 09:00-17:00; ' +
      'fri 09:00-12:00 22:00-24:00; sat 00:00-08:00; sun 20:00-24:00; off 2026-01-01 2026-12-25',
  );
  // However it is shown, it is the same calendar.
  for (const line of [
    'UTC; mon 00:00-24:00; tue 00:00-24:00',
    'UTC; mon 00:00-04:00 09:00-17:00; sun 20:00-24:00',
    'UTC; mon 12:00-24:00; tue 00:00-18:00',
    'UTC; fri 22:00-24:00; sat 00:00-22:00',
    'GMT; wed 00:00-08:00',
    'GMT',
  ])
    assert.equal(writeLine(fromWeek(toWeek(readLine(line)))), line);
  assert.deepEqual(toWeek(readLine('UTC; fri 22:00-24:00; sat 00:00-06:00')).days.slice(4, 6), [[{ from: '22:00', until: '06:00' }], []]);
});

test('levels: every goal of the desk, in the largest unit that fits', () => {
  const times = { first_answer: 14_400, next_answer: null, first_assign: 90, first_resolve: 172_800, chat_answer: 60, call_answer: 20 };
  assert.deepEqual(Object.keys(times), kinds.goals);
  const read = readTimes(times);
  assert.deepEqual(
    read.map(({ count, unit }) => `${count}${unit}`),
    ['4h', 'nullh', '90s', '48h', '1m', '20s'],
  );
  assert.deepEqual(writeTimes(read), times);
  assert.deepEqual(Object.values(writeTimes(readTimes(null))), [null, null, null, null, null, null]);
});

test('what is wrong is said beside its field', () => {
  const fields = ['name', 'definition', 'calendar.zone', 'calendar.days', 'calendar.holidays', 'times'];
  for (const [message, field] of [
    ['definition.conditions[0][1].text: a regular expression is not understood', 'definition.conditions[0][1].text'],
    ['definition.actions[2].note must not be empty', 'definition.actions[2].note'],
    ['calendar.days.mon: at most 8 spans', 'calendar.days.mon'],
    ['calendar.holidays[1] must be a day like 2026-12-25', 'calendar.holidays[1]'],
    ['times.first_answer must be 1 to 9 seconds, or null', 'times.first_answer'],
    ['name must have 1 to 100 characters', 'name'],
    ['another SLA level has that name', ''],
    ['calendar must be an object', ''],
  ] as const)
    assert.equal(faultOf(message, fields).field, field);
  assert.equal(faultOf('calendar.zone: no such time zone', fields).text, 'no such time zone');
  for (const elsewhere of ['another SLA level has that name', 'calendar must be an object', 'times.first_answer must be 1'])
    assert.deepEqual(faultOf(elsewhere, ['name']), { field: '', text: elsewhere });
  const fault = faultOf('definition.actions[1].note must not be empty', fields);
  assert.equal(fault.text, 'must not be empty');
  assert.ok(isAt(fault, 'definition.actions[1]') && isAt(fault, 'definition'));
  assert.ok(!isAt(fault, 'definition.actions[0]') && !isAt(fault, 'definition.act') && !isAt(null, 'name'));
  assert.deepEqual(faulty(fault, 'definition.actions[1].note'), { 'aria-invalid': true, 'aria-describedby': 'fault' });
  assert.deepEqual(faulty(fault, 'definition.actions[0].note'), {});
});
