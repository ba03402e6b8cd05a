/** The native API, as `docs/native-api.md` describes it. */

import { ApiError } from './error.ts';
import type {
  AgentStatus,
  ChatState,
  FileInfo,
  FiringOutcome,
  Id,
  Message,
  Millis,
  Rating,
  Role,
  SlaGoal,
  StatusLetter,
} from './protocol.ts';

export interface Agent {
  agent: Id;
  email: string;
  first_name: string;
  last_name: string;
  name: string;
  role: Role;
  slots: number;
  enabled: boolean;
  preset: AgentStatus;
  online: AgentStatus;
  departments: Id[];
}

export type AgentInput = Partial<Pick<Agent, 'email' | 'first_name' | 'last_name' | 'role' | 'slots' | 'enabled'>> & {
  password?: string;
};

export const STRATEGIES = ['random', 'least_busy', 'fill_up', 'ring_all', 'priority'] as const;
export type Strategy = (typeof STRATEGIES)[number];

export interface Department {
  department: Id;
  name: string;
  description: string;
  strategy: Strategy;
  offer_seconds: number;
  queue_chats_max: number;
  enabled: boolean;
  members: { agent: Id; priority: number }[];
}

export interface Customer {
  customer: Id;
  name: string;
  email: string | null;
  phone: string;
  note: string;
  created: Millis;
}

export interface Conversation {
  conversation: Id;
  code: string;
  status: StatusLetter;
  channel: string;
  subject: string;
  preview: string;
  department: Id;
  agent: Id | null;
  customer: Pick<Customer, 'customer' | 'name' | 'email'>;
  tags: string[];
  created: Millis;
  changed: Millis;
  /** When something is due by its service level. */
  due: Millis | null;
}

export interface PastChat {
  chat: Id;
  state: ChatState;
  started_by: string;
  requested: Millis;
  ended: Millis | null;
  rating: Rating;
  comment: string | null;
  missed: boolean;
  dropped: boolean;
}

/** A clock of a service level; nothing is due while it stands still. */
export interface SlaClock {
  item: Id;
  goal: SlaGoal;
  started: Millis;
  due: Millis | null;
  breached: boolean;
}

export interface ConversationDetail extends Conversation {
  sla: { level: Id | null; name: string | null; clocks: SlaClock[] };
  /** While it is set aside. */
  postponed_until: Millis | null;
  chats: PastChat[];
  visit: {
    pages: { url: string; title: string; at: Millis }[];
    user_agent: string;
    address: string;
    referrer: string;
  } | null;
}

export interface Overview {
  incoming_chats: number;
  assigned_chats: number;
  active_chats: number;
  missed_chats: Record<string, number>;
  waiting_time_avg: number | null;
  agents_online: number;
  agents_away: number;
  agents_invisible: number;
  agents_available: number;
  visitors: number;
}

export interface Settings {
  name: string;
  accent: string;
  greeting: string;
  ask_email: boolean;
  widget_domains: string[];
  mail_addresses: string[];
  agent_grace_seconds: number;
  visitor_grace_seconds: number;
  inactivity_seconds: number;
  reopening: boolean;
  resolve_after_chat: boolean;
  time_zone: string;
  phone_country: string;
  routing: Routing;
  skill_routing_enabled: boolean;
  skill_wait_seconds: number;
}

export const ROUTING_MODES = ['assigned', 'broadcast', 'hybrid'] as const;
export const LIMIT_SCOPES = ['agent', 'account'] as const;
export const IDLE_STATUSES = ['away', 'invisible'] as const;

export interface Routing {
  mode: (typeof ROUTING_MODES)[number];
  limit_enabled: boolean;
  limit: number;
  limit_scope: (typeof LIMIT_SCOPES)[number];
  limit_agents_choose: boolean;
  reassignment: boolean;
  /** Null: as long as the department says. */
  reassignment_seconds: number | null;
  auto_idle: boolean;
  auto_idle_after: number;
  auto_idle_status: (typeof IDLE_STATUSES)[number];
  auto_accept: boolean;
}

export const SHORTCUT_SCOPES = ['all', 'department', 'agent'] as const;

export interface Shortcut {
  shortcut: Id;
  name: string;
  message: string;
  /** Proposed answers, with slashes between them. */
  options: string;
  tags: string[];
  scope: (typeof SHORTCUT_SCOPES)[number];
  departments: Id[];
  agents: Id[];
}

export interface Skill {
  skill: Id;
  name: string;
  description: string;
  enabled: boolean;
  /** Agents who have it. */
  members: Id[];
}

export interface Ban {
  ban: Id;
  customer: Id | null;
  address: string | null;
  reason: string;
  created: Millis;
}

export interface Trigger {
  trigger: Id;
  name: string;
  description: string;
  enabled: boolean;
  /** JSON in the words of Zendesk Chat. */
  definition: string;
}

/** A rule, or a time rule: `docs/automation.md` describes their definitions. */
export interface Rule {
  rule: Id;
  name: string;
  enabled: boolean;
  definition: Record<string, unknown>;
}

/** A rule whose conditions held. */
export interface Firing {
  number: number;
  rule: Id | null;
  time_rule: Id | null;
  name: string;
  conversation: Id;
  /** What it is called. */
  code: string | null;
  at: Millis;
  event: string | null;
  outcome: FiringOutcome;
  /** What became of its actions, a line each. */
  detail: string;
}

/** A span of a day by the clock on the wall; the end of the day is `24:00`. */
export interface Span {
  from: string;
  until: string;
}

/** Business hours. */
export interface Calendar {
  zone: string;
  /** `mon` to `sun`; a day that is left out is closed. */
  days: Record<string, Span[]>;
  /** `2026-12-25` */
  holidays: string[];
}

export interface SlaLevel {
  level: Id;
  name: string;
  /** Business seconds; null: not watched. */
  times: Record<SlaGoal, number | null>;
  calendar: Calendar;
}

/** Chooses the level of a conversation that begins. */
export interface SlaRule {
  rule: Id;
  name: string;
  enabled: boolean;
  level: Id;
  /** Groups, as rules have them; whatever stands there if they are not understood. */
  conditions: unknown[][];
  /** Whether the server understands the conditions; else the rule rests. */
  understood: boolean;
}

/** A goal that was reached. */
export interface SlaLogRow {
  number: number;
  conversation: Id;
  code: string;
  level: Id;
  level_name: string;
  goal: SlaGoal;
  department_name: string;
  agent: Id | null;
  agent_name: string;
  customer_name: string;
  started: Millis;
  due: Millis;
  closed: Millis;
  in_time: boolean;
  /** Milliseconds. */
  late: number;
}

/** Milliseconds of business hours. */
export interface SlaTimes {
  count: number;
  sum: number;
  min: number;
  max: number;
}

export interface SlaCompliance {
  time_zone: string;
  rows: { from: Millis; until: Millis; in_time: SlaTimes; late: SlaTimes }[];
}

/** Numbers by the names of measures: counts, and times in milliseconds. */
export type Figures = Record<string, number>;

export interface Series {
  time_zone: string;
  rows: { from: Millis; until: Millis; values: Figures }[];
  total: Figures;
}

/** What an agent, a department, a channel or a tag did. */
export interface Total {
  of: Id;
  name: string;
  values: Figures;
}

export const INTERVALS = ['hour', 'day', 'week', 'month'] as const;
export type Interval = (typeof INTERVALS)[number];
export const MEDIA = ['tickets', 'chats', 'calls'] as const;

/** Whole days in the desk's zone; the last one belongs to it. */
export interface Days {
  from: string;
  to: string;
}

export interface SlaLogFilter extends Days {
  medium: (typeof MEDIA)[number];
  level?: Id;
  department?: Id;
  agent?: Id;
}

export const VISIBILITIES = ['all', 'department', 'agent'] as const;

interface Visible {
  visibility: (typeof VISIBILITIES)[number];
  department: Id | null;
  agent: Id | null;
}

/** A phrase for chats. */
export interface CannedMessage extends Visible {
  message: Id;
  name: string;
  text: string;
}

/** An answer to tickets. */
export interface PredefinedAnswer extends Visible {
  answer: Id;
  name: string;
  subject: string;
  message: string;
  format: 'text' | 'html';
  /** The message without HTML. */
  text: string;
  files: FileInfo[];
}

export interface Goal {
  goal: Id;
  name: string;
  description: string;
  enabled: boolean;
  attribution: 'first_touch' | 'last_touch';
  attribution_days: number;
  conditions: { operator: 'equals' | 'contains'; value: string }[];
}

export interface Credential {
  credential: Id;
  kind: 'apikey' | 'token';
  name: string;
  scopes: string[];
  /** The secret's last characters. */
  hint: string;
  created: Millis;
  revoked: Millis | null;
  /** Only in the answer to its making. */
  secret?: string;
}

export interface OauthClient {
  client: Id;
  name: string;
  company: string;
  /** What it calls itself: `client_id`. */
  identifier: string;
  hint: string;
  client_type: 'public' | 'confidential';
  redirect_uris: string[];
  scopes: string[];
  created: Millis;
}

/** Only in the answer to its making. */
export interface NewOauthClient extends OauthClient {
  secret: string;
}

export interface OauthToken {
  token: Id;
  name: string;
  hint: string;
  identifier: string | null;
  scopes: string[];
  created: Millis;
  expires: Millis | null;
}

export interface List<T> {
  items: T[];
  next: string | null;
}

export type MessageList = List<Message> & { number: number };

async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  // A foreign page cannot send this header, so the desk takes it as proof that the request is ours.
  if (method !== 'GET') headers['x-deskbell'] = '1';
  if (body !== undefined) headers['content-type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError('network', 'The desk cannot be reached', 0);
  }
  const text = await response.text();
  let answer: unknown = null;
  try {
    answer = text ? JSON.parse(text) : null;
  } catch {
    // A proxy's error page; the status says enough.
  }
  if (!response.ok) {
    const error = (answer as { error?: { code?: string; message?: string } } | null)?.error;
    throw new ApiError(error?.code ?? 'internal', error?.message ?? `HTTP ${response.status}`, response.status);
  }
  return answer as T;
}

const BASE = '/api/native/v1';

function query(values: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined && value !== '') search.set(name, `${value}`);
  const text = search.toString();
  return text ? `?${text}` : '';
}

/** All items of a list, page by page. */
export async function everything<T>(page: (after?: string) => Promise<List<T>>): Promise<T[]> {
  const items: T[] = [];
  let after: string | undefined;
  do {
    const { items: more, next } = await page(after);
    items.push(...more);
    after = next ?? undefined;
  } while (after);
  return items;
}

/** Rules listen to events, time rules to the clock; both are managed alike. */
export type RuleKind = 'rules' | 'time-rules';
/** Those that I may use, or those that I may change. */
export type Whose = 'usable' | 'managed';
export type AnswerInput = Partial<Omit<PredefinedAnswer, 'answer' | 'text' | 'files'>> & { files?: Id[] };

/** One function for each call of the native API that the console makes. */
export const api = {
  session: () => request<{ agent: Agent }>('GET', `${BASE}/session`),
  signIn: (email: string, password: string) => request<{ agent: Agent }>('POST', `${BASE}/session`, { email, password }),
  signOut: () => request<null>('DELETE', `${BASE}/session`),

  agents: () => request<List<Agent>>('GET', `${BASE}/agents`),
  createAgent: (agent: AgentInput) => request<Agent>('POST', `${BASE}/agents`, agent),
  updateAgent: (id: Id, agent: AgentInput) => request<Agent>('PUT', `${BASE}/agents/${id}`, agent),

  departments: () => request<List<Department>>('GET', `${BASE}/departments`),
  createDepartment: (department: Partial<Department>) => request<Department>('POST', `${BASE}/departments`, department),
  updateDepartment: (id: Id, department: Partial<Department>) =>
    request<Department>('PUT', `${BASE}/departments/${id}`, department),

  conversations: (filter: {
    status?: string;
    department?: Id;
    agent?: Id;
    customer?: Id;
    search?: string;
    limit?: number;
    after?: string;
  }) => request<List<Conversation>>('GET', `${BASE}/conversations${query(filter)}`),
  conversation: (id: Id) => request<ConversationDetail>('GET', `${BASE}/conversations/${id}`),
  messages: (id: Id, after?: string) =>
    request<MessageList>('GET', `${BASE}/conversations/${id}/messages${query({ after, limit: 500 })}`),
  setStatus: (id: Id, status: 'A' | 'R' | 'C' | 'X' | 'B') =>
    request<unknown>('PUT', `${BASE}/conversations/${id}/status`, { status }),
  assign: (id: Id, department: Id, agent: Id | null) =>
    request<unknown>('PUT', `${BASE}/conversations/${id}/assignment`, { department, agent }),

  customer: (id: Id) => request<Customer>('GET', `${BASE}/customers/${id}`),
  updateCustomer: (id: Id, customer: Partial<Customer>) => request<Customer>('PUT', `${BASE}/customers/${id}`, customer),

  tags: () => request<List<{ tag: Id; name: string; conversations: number }>>('GET', `${BASE}/tags`),
  overview: () => request<Overview>('GET', `${BASE}/overview`),

  skills: () => request<List<Skill>>('GET', `${BASE}/skills?limit=500`),
  createSkill: (skill: Omit<Skill, 'skill'>) => request<Skill>('POST', `${BASE}/skills`, skill),
  updateSkill: (id: Id, skill: Partial<Omit<Skill, 'skill'>>) => request<Skill>('PUT', `${BASE}/skills/${id}`, skill),
  removeSkill: (id: Id) => request<null>('DELETE', `${BASE}/skills/${id}`),
  bans: () => request<List<Ban>>('GET', `${BASE}/bans`),
  ban: (ban: { customer?: Id; address?: string; reason: string }) => request<Ban>('POST', `${BASE}/bans`, ban),
  unban: (id: Id) => request<null>('DELETE', `${BASE}/bans/${id}`),

  triggers: () => request<List<Trigger>>('GET', `${BASE}/triggers?limit=500`),
  switchTrigger: (id: Id, enabled: boolean) => request<Trigger>('PUT', `${BASE}/triggers/${id}`, { enabled }),
  removeTrigger: (id: Id) => request<null>('DELETE', `${BASE}/triggers/${id}`),
  goals: () => request<List<Goal>>('GET', `${BASE}/goals?limit=500`),
  switchGoal: (id: Id, enabled: boolean) => request<Goal>('PUT', `${BASE}/goals/${id}`, { enabled }),
  removeGoal: (id: Id) => request<null>('DELETE', `${BASE}/goals/${id}`),

  rules: (kind: RuleKind) => request<List<Rule>>('GET', `${BASE}/${kind}?limit=500`),
  createRule: (kind: RuleKind, rule: Partial<Rule>) => request<Rule>('POST', `${BASE}/${kind}`, rule),
  updateRule: (kind: RuleKind, id: Id, rule: Partial<Rule>) => request<Rule>('PUT', `${BASE}/${kind}/${id}`, rule),
  orderRules: (kind: RuleKind, order: Id[]) => request<List<Rule>>('POST', `${BASE}/${kind}/order`, { order }),
  removeRule: (kind: RuleKind, id: Id) => request<null>('DELETE', `${BASE}/${kind}/${id}`),
  ruleLog: (filter: { rule?: Id; time_rule?: Id; limit?: number; after?: string }) =>
    request<List<Firing>>('GET', `${BASE}/rule-log${query(filter)}`),

  groups: () => request<List<{ group: Id; name: string }>>('GET', `${BASE}/groups`),
  companies: (after?: string) => request<List<{ company: Id; name: string }>>('GET', `${BASE}/companies${query({ after })}`),

  slaLevels: () => request<List<SlaLevel>>('GET', `${BASE}/sla/levels`),
  createSlaLevel: (level: Partial<SlaLevel>) => request<SlaLevel>('POST', `${BASE}/sla/levels`, level),
  updateSlaLevel: (id: Id, level: Partial<SlaLevel>) => request<SlaLevel>('PUT', `${BASE}/sla/levels/${id}`, level),
  removeSlaLevel: (id: Id) => request<null>('DELETE', `${BASE}/sla/levels/${id}`),
  slaRules: () => request<List<SlaRule>>('GET', `${BASE}/sla/rules`),
  createSlaRule: (rule: Partial<SlaRule>) => request<SlaRule>('POST', `${BASE}/sla/rules`, rule),
  updateSlaRule: (id: Id, rule: Partial<SlaRule>) => request<SlaRule>('PUT', `${BASE}/sla/rules/${id}`, rule),
  removeSlaRule: (id: Id) => request<null>('DELETE', `${BASE}/sla/rules/${id}`),
  orderSlaRules: (rules: Id[]) => request<List<SlaRule>>('PUT', `${BASE}/sla/order`, { rules }),
  slaLog: (filter: SlaLogFilter & { kept?: string; limit?: number; after?: string }) =>
    request<List<SlaLogRow>>('GET', `${BASE}/sla/log${query({ ...filter })}`),
  slaCompliance: (filter: SlaLogFilter & { group_by: Interval }) =>
    request<SlaCompliance>('GET', `${BASE}/sla/compliance${query({ ...filter })}`),

  series: (filter: Days & { group_by: Interval }) => request<Series>('GET', `${BASE}/reports/series${query({ ...filter })}`),
  totals: (filter: Days & { by: string; after?: string }) =>
    request<List<Total>>('GET', `${BASE}/reports/totals${query({ ...filter })}`),

  cannedMessages: (whose: Whose, after?: string) =>
    request<List<CannedMessage>>('GET', `${BASE}/canned-messages${query({ whose, after })}`),
  createCannedMessage: (message: Partial<CannedMessage>) => request<CannedMessage>('POST', `${BASE}/canned-messages`, message),
  updateCannedMessage: (id: Id, message: Partial<CannedMessage>) =>
    request<CannedMessage>('PUT', `${BASE}/canned-messages/${id}`, message),
  removeCannedMessage: (id: Id) => request<null>('DELETE', `${BASE}/canned-messages/${id}`),
  predefinedAnswers: (whose: Whose, after?: string) =>
    request<List<PredefinedAnswer>>('GET', `${BASE}/predefined-answers${query({ whose, after })}`),
  createPredefinedAnswer: (answer: AnswerInput) => request<PredefinedAnswer>('POST', `${BASE}/predefined-answers`, answer),
  updatePredefinedAnswer: (id: Id, answer: AnswerInput) =>
    request<PredefinedAnswer>('PUT', `${BASE}/predefined-answers/${id}`, answer),
  removePredefinedAnswer: (id: Id) => request<null>('DELETE', `${BASE}/predefined-answers/${id}`),
  prepareAnswer: (id: Id) =>
    request<{ subject: string; text: string; files: FileInfo[] }>('POST', `${BASE}/predefined-answers/${id}/prepare`),

  settings: () => request<Settings>('GET', `${BASE}/settings`),
  updateSettings: (settings: Partial<Settings>) => request<Settings>('PUT', `${BASE}/settings`, settings),

  shortcuts: (after?: string) => request<List<Shortcut>>('GET', `${BASE}/shortcuts${query({ after })}`),
  allShortcuts: (after?: string) => request<List<Shortcut>>('GET', `${BASE}/shortcuts/all${query({ after })}`),
  createShortcut: (shortcut: Partial<Shortcut>) => request<Shortcut>('POST', `${BASE}/shortcuts`, shortcut),
  updateShortcut: (id: Id, shortcut: Partial<Shortcut>) => request<Shortcut>('PUT', `${BASE}/shortcuts/${id}`, shortcut),
  deleteShortcut: (id: Id) => request<null>('DELETE', `${BASE}/shortcuts/${id}`),

  credentials: () => request<List<Credential>>('GET', `${BASE}/credentials`),
  createCredential: (credential: Pick<Credential, 'kind' | 'name' | 'scopes'>) =>
    request<Credential>('POST', `${BASE}/credentials`, credential),
  deleteCredential: (id: Id) => request<null>('DELETE', `${BASE}/credentials/${id}`),

  oauthClients: () => request<List<OauthClient>>('GET', `${BASE}/oauth/clients`),
  createOauthClient: (client: Pick<OauthClient, 'name' | 'company' | 'client_type' | 'redirect_uris' | 'scopes'>) =>
    request<NewOauthClient>('POST', `${BASE}/oauth/clients`, client),
  renewOauthClient: (id: Id) => request<NewOauthClient>('POST', `${BASE}/oauth/clients/${id}/secret`),
  deleteOauthClient: (id: Id) => request<null>('DELETE', `${BASE}/oauth/clients/${id}`),
  oauthTokens: () => request<List<OauthToken>>('GET', `${BASE}/oauth/tokens`),
  revokeOauthToken: (id: Id) => request<null>('DELETE', `${BASE}/oauth/tokens/${id}`),
};
