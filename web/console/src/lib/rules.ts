/**
 * Definitions of rules as the form edits them. `shared/kinds.json` says which words there are; the tables here say how each is edited, and
 * are held against it by the compiler and by a test.
 */

import kinds from '../../../shared/kinds.json';
import type { RuleKind } from '../../../shared/native.ts';
import { fromWeek, officeHours, readLine, toWeek, writeLine, type Week } from './hours.ts';

export type ConditionWord = keyof typeof kinds.conditions;
export type ActionWord = keyof typeof kinds.actions;
/** Whose conditions they are: of rules, or of those that choose a service level. */
export type ConditionsOf = RuleKind | 'sla-rules';

/** What is picked from. Those with free values take anything that is written. */
export type Choice =
  | 'event'
  | 'who'
  | 'status'
  | 'channel'
  | 'department'
  | 'agent'
  | 'tag'
  | 'domain'
  | 'group'
  | 'company'
  | 'rating'
  | 'goal'
  | 'language'
  | 'agent_status'
  | 'settable'
  | 'level';
export const FREE: ReadonlySet<Choice> = new Set(['tag', 'domain', 'language']);

export type ConditionShape =
  | { by: 'list'; of: Choice; none?: true }
  | { by: 'text' }
  | { by: 'field' }
  | { by: 'hours' }
  | { by: 'wait'; least: number };

export const CONDITIONS: Record<ConditionWord, ConditionShape> = {
  event: { by: 'list', of: 'event' },
  by: { by: 'list', of: 'who' },
  status: { by: 'list', of: 'status' },
  status_before: { by: 'list', of: 'status' },
  channel: { by: 'list', of: 'channel' },
  department: { by: 'list', of: 'department' },
  agent: { by: 'list', of: 'agent', none: true },
  tag: { by: 'list', of: 'tag' },
  tag_added: { by: 'list', of: 'tag' },
  tag_removed: { by: 'list', of: 'tag' },
  subject: { by: 'text' },
  text: { by: 'text' },
  customer_name: { by: 'text' },
  customer_email: { by: 'text' },
  customer_domain: { by: 'list', of: 'domain' },
  language: { by: 'list', of: 'language' },
  referrer: { by: 'text' },
  page: { by: 'text' },
  agent_status: { by: 'list', of: 'agent_status' },
  customer_group: { by: 'list', of: 'group' },
  company: { by: 'list', of: 'company', none: true },
  field: { by: 'field' },
  customer_field: { by: 'field' },
  hours: { by: 'hours' },
  rating: { by: 'list', of: 'rating' },
  sla_goal: { by: 'list', of: 'goal' },
  created_more_than: { by: 'wait', least: 60 },
  status_changed_more_than: { by: 'wait', least: 60 },
  last_message_more_than: { by: 'wait', least: 60 },
  due_in_less_than: { by: 'wait', least: 60 },
  overdue_by_more_than: { by: 'wait', least: 0 },
};

export type ActionShape = 'template' | 'tags' | 'assign' | 'status' | 'wait' | 'answer' | 'level' | 'field';

export const ACTIONS: Record<ActionWord, ActionShape> = {
  note: 'template',
  add_tag: 'tags',
  remove_tag: 'tags',
  assign: 'assign',
  status: 'status',
  postpone: 'wait',
  answer: 'answer',
  sla_level: 'level',
  field: 'field',
};

/** Words that a kind of rule may ask with; moments of time rules first. */
export function conditionWords(of: ConditionsOf): ConditionWord[] {
  const member = ({ rules: 'rules', 'time-rules': 'time_rules', 'sla-rules': 'sla_rules' } as const)[of];
  const allowed = (word: ConditionWord): boolean => kinds.conditions[word][member];
  const words = (Object.keys(CONDITIONS) as ConditionWord[]).filter(allowed);
  return [...words.filter(isMoment), ...words.filter((word) => !isMoment(word))];
}

/** What only the clock makes true: each group of a time rule needs one. */
export function isMoment(word: ConditionWord): boolean {
  return CONDITIONS[word].by === 'wait';
}

export const TEXT_MODES = ['has', 'fits', 'fits_any_case'] as const;
export type TextMode = (typeof TEXT_MODES)[number];
export const FIELD_MODES = ['filled', 'is', 'tests'] as const;
export type FieldMode = (typeof FIELD_MODES)[number];
export const UNITS = ['s', 'm', 'h', 'd'] as const;
export type Unit = (typeof UNITS)[number];
export const UNIT_SECONDS: Record<Unit, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

export interface TextTest {
  key: number;
  mode: TextMode;
  text: string;
}

/** Everything that any condition has; which of it counts, its word says. */
export interface Condition {
  key: number;
  not: boolean;
  word: ConditionWord;
  list: string[];
  /** One of them is enough. */
  texts: TextTest[];
  code: string;
  /** Of a field; `text` is what it must be, `texts` are the tests. */
  mode: FieldMode;
  text: string;
  count: number | null;
  unit: Unit;
  week: Week;
}

export interface Action {
  key: number;
  word: ActionWord;
  list: string[];
  text: string;
  name: string;
  code: string;
  /** An id; empty: left as it is. */
  department: string;
  /** An id or `none`; empty: left as it is. */
  agent: string;
  status: string;
  level: string;
  count: number | null;
  unit: Unit;
}

export interface Definition {
  events: string[];
  groups: Condition[][];
  actions: Action[];
  stop: boolean;
}

let keys = 0;

export function newText(): TextTest {
  return { key: ++keys, mode: 'has', text: '' };
}

export function newCondition(word: ConditionWord, zone = 'UTC'): Condition {
  return {
    key: ++keys,
    not: false,
    word,
    list: [],
    texts: [newText()],
    code: '',
    mode: 'filled',
    text: '',
    count: 1,
    unit: 'd',
    week: officeHours(zone),
  };
}

export function newAction(word: ActionWord): Action {
  return {
    key: ++keys,
    word,
    list: [],
    text: '',
    name: '',
    code: '',
    department: '',
    agent: '',
    status: 'R',
    level: 'none',
    count: 1,
    unit: 'd',
  };
}

export function newDefinition(kind: RuleKind): Definition {
  const groups = kind === 'rules' ? [] : [[newCondition('last_message_more_than')]];
  return { events: kind === 'rules' ? ['customer_message'] : [], groups, actions: [newAction('add_tag')], stop: false };
}

// ---------------------------------------------------------------- reading

/** Thrown where a definition says what the form has no fields for. */
export class Unreadable extends Error {}

type Json = unknown;

function members(json: Json, known: readonly string[]): Record<string, Json> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Unreadable(JSON.stringify(json));
  for (const name of Object.keys(json)) if (!known.includes(name)) throw new Unreadable(name);
  return json as Record<string, Json>;
}

function single(json: Json): [string, Json] {
  const entries = typeof json === 'object' && json !== null && !Array.isArray(json) ? Object.entries(json) : [];
  if (entries.length !== 1) throw new Unreadable(JSON.stringify(json));
  return entries[0]!;
}

function text(json: Json): string {
  if (typeof json !== 'string') throw new Unreadable(JSON.stringify(json));
  return json;
}

/** One thing alone needs no list. */
function list(json: Json): string[] {
  return (Array.isArray(json) ? json : [json]).map(text);
}

export function readWait(json: Json): { count: number; unit: Unit } {
  const found = typeof json === 'number' ? [`${json}`, `${json}`, 's'] : /^\s*(\d+)\s*([mhd]?)\s*$/.exec(text(json));
  if (!found) throw new Unreadable(JSON.stringify(json));
  const count = Number(found[1]);
  const unit = (found[2] || 's') as Unit;
  if (!Number.isSafeInteger(count) || count < 0) throw new Unreadable(JSON.stringify(json));
  if (unit !== 's') return { count, unit };
  const larger = (['d', 'h', 'm'] as const).find((unit) => count % UNIT_SECONDS[unit] === 0);
  return larger ? { count: count / UNIT_SECONDS[larger], unit: larger } : { count, unit };
}

export function writeWait({ count, unit }: { count: number | null; unit: Unit }): Json {
  return !count || unit === 's' ? (count ?? null) : `${count}${unit}`;
}

/** Between slashes stands an expression; an `i` behind it means that case does not matter. */
const EXPRESSION = /^\/(.*)\/(i?)$/s;

function readText(json: Json): TextTest {
  if (typeof json === 'object') return { ...newText(), text: text(members(json, ['contains']).contains) };
  const given = text(json);
  const found = EXPRESSION.exec(given);
  if (!found) return { ...newText(), text: given };
  return { ...newText(), mode: found[2] ? 'fits_any_case' : 'fits', text: found[1]! };
}

function readTexts(json: Json): TextTest[] {
  return Array.isArray(json) ? json.map(readText) : [readText(json)];
}

/** What has slashes and is no expression stands in an object. */
function writeText({ mode, text }: TextTest): Json {
  if (mode === 'has') return EXPRESSION.test(text) ? { contains: text } : text;
  return `/${text}/${mode === 'fits_any_case' ? 'i' : ''}`;
}

function writeTexts(texts: readonly TextTest[]): Json {
  return texts.length === 1 ? writeText(texts[0]!) : texts.map(writeText);
}

function readField(json: Json): Partial<Condition> {
  const { code, is, has } = members(json, ['code', 'is', 'has']);
  if (is !== undefined) return { code: text(code), mode: 'is', text: text(is) };
  return has === undefined ? { code: text(code), mode: 'filled' } : { code: text(code), mode: 'tests', texts: readTexts(has) };
}

function readCondition(json: Json, of: ConditionsOf): Condition {
  let [word, value] = single(json);
  const not = word === 'not';
  if (not) [word, value] = single(value);
  if (!conditionWords(of).includes(word as ConditionWord)) throw new Unreadable(word);
  const condition = { ...newCondition(word as ConditionWord), not };
  const { by } = CONDITIONS[condition.word];
  if (by === 'list') return { ...condition, list: list(value) };
  if (by === 'text') return { ...condition, texts: readTexts(value) };
  if (by === 'field') return { ...condition, ...readField(value) };
  if (by === 'wait') return { ...condition, ...readWait(value) };
  try {
    return { ...condition, week: toWeek(readLine(text(value))) };
  } catch {
    throw new Unreadable(JSON.stringify(value));
  }
}

function readAction(json: Json): Action {
  const [word, value] = single(json);
  if (!(word in ACTIONS)) throw new Unreadable(word);
  const action = newAction(word as ActionWord);
  switch (ACTIONS[action.word]) {
    case 'template':
      return { ...action, text: text(value) };
    case 'tags':
      return { ...action, list: list(value) };
    case 'assign': {
      const { department = '', agent = '' } = members(value, ['department', 'agent']);
      return { ...action, department: text(department), agent: text(agent) };
    }
    case 'status':
      return { ...action, status: text(value) };
    case 'wait':
      return { ...action, ...readWait(value) };
    case 'answer': {
      const { text: written, name = '' } = members(typeof value === 'string' ? { text: value } : value, ['text', 'name']);
      return { ...action, text: text(written), name: text(name) };
    }
    case 'level':
      return { ...action, level: text(value) };
    case 'field': {
      const { code, value: given } = members(value, ['code', 'value']);
      return { ...action, code: text(code), text: text(given) };
    }
  }
}

/** Groups, one of which must hold whole. */
export function readConditions(json: Json, of: ConditionsOf): Condition[][] {
  if (!Array.isArray(json)) throw new Unreadable('conditions');
  return json.map((group: Json) => {
    if (!Array.isArray(group)) throw new Unreadable(JSON.stringify(group));
    return group.map((condition) => readCondition(condition, of));
  });
}

export function readDefinition(json: Json, kind: RuleKind): Definition {
  const known = ['conditions', 'actions', 'stop'];
  const { events, conditions = [], actions, stop = false } = members(json, kind === 'rules' ? [...known, 'events'] : known);
  if (!Array.isArray(actions)) throw new Unreadable('actions');
  return {
    events: kind === 'rules' ? list(events) : [],
    groups: readConditions(conditions, kind),
    actions: actions.map(readAction),
    stop: stop === true,
  };
}

// ---------------------------------------------------------------- writing

function conditionValue(condition: Condition): Json {
  switch (CONDITIONS[condition.word].by) {
    case 'list':
      return [...condition.list];
    case 'text':
      return writeTexts(condition.texts);
    case 'wait':
      return writeWait(condition);
    case 'hours':
      return writeLine(fromWeek(condition.week));
    case 'field': {
      const { code, mode } = condition;
      if (mode === 'filled') return { code };
      return mode === 'is' ? { code, is: condition.text } : { code, has: writeTexts(condition.texts) };
    }
  }
}

function actionValue(action: Action): Json {
  switch (ACTIONS[action.word]) {
    case 'template':
      return action.text;
    case 'tags':
      return [...action.list];
    case 'assign': {
      const { department, agent } = action;
      return { ...(department ? { department } : {}), ...(agent ? { agent } : {}) };
    }
    case 'status':
      return action.status;
    case 'wait':
      return writeWait(action);
    case 'answer':
      return { text: action.text, ...(action.name ? { name: action.name } : {}) };
    case 'level':
      return action.level;
    case 'field':
      return { code: action.code, value: action.text };
  }
}

export function writeConditions(groups: readonly (readonly Condition[])[]): Json[][] {
  const clause = (condition: Condition): Json => {
    const json = { [condition.word]: conditionValue(condition) };
    return condition.not ? { not: json } : json;
  };
  return groups.map((group) => group.map(clause));
}

export function writeDefinition({ events, groups, actions, stop }: Definition, kind: RuleKind): Record<string, Json> {
  return {
    ...(kind === 'rules' ? { events: [...events] } : {}),
    ...(kind === 'rules' && !groups.length ? {} : { conditions: writeConditions(groups) }),
    actions: actions.map((action) => ({ [action.word]: actionValue(action) })),
    ...(stop ? { stop } : {}),
  };
}
