/** An agent's state of the whole desk and what each event does to it. Pure. */

import type { AgentState, DeskEvent, DeskState, Id, LiveCall, LiveChat } from './protocol.ts';

function change<T>(items: readonly T[], which: (item: T) => boolean, how: (item: T) => T): T[] {
  return items.map((item) => (which(item) ? how(item) : item));
}

/** Only the fields that stand in the event and in the entity; events of later desks may carry more. */
function merged<T extends object>(entity: T, event: object): T {
  const result = { ...entity };
  for (const name of Object.keys(entity) as (keyof T)[]) if (name in event) result[name] = (event as T)[name];
  return result;
}

const NEW_AGENT: Omit<AgentState, 'agent'> = {
  email: '',
  name: '',
  role: 'agent',
  slots: 0,
  enabled: true,
  preset: 'offline',
  online: 'offline',
  phone: false,
  departments: [],
};

function foldAgents(state: DeskState, id: Id, how: (agent: AgentState) => AgentState): DeskState {
  const known = state.agents.find(({ agent }) => agent === id);
  const after = how(known ?? { agent: id, ...NEW_AGENT });
  return {
    ...state,
    agents: known
      ? change(
          state.agents,
          ({ agent }) => agent === id,
          () => after,
        )
      : [...state.agents, after],
    me: state.me.agent === id ? after : state.me,
  };
}

function foldChat(state: DeskState, id: Id, how: (chat: LiveChat) => LiveChat): DeskState {
  return { ...state, chats: change(state.chats, ({ chat }) => chat === id, how) };
}

function foldCall(state: DeskState, id: Id, how: (call: LiveCall) => Partial<LiveCall>): DeskState {
  const calls = change(
    state.calls,
    ({ call }) => call === id,
    (call) => ({ ...call, ...how(call) }),
  );
  return { ...state, calls };
}

const including = (agents: Id[], add: Id): Id[] => (agents.includes(add) ? agents : [...agents, add]);

export function foldDesk(state: DeskState, event: DeskEvent): DeskState {
  switch (event.e) {
    case 'chat.requested':
      if (state.chats.some(({ chat }) => chat === event.chat)) return state;
      return {
        ...state,
        chats: [
          ...state.chats,
          {
            chat: event.chat,
            conversation: event.conversation,
            state: 'queued',
            department: event.department,
            customer: { customer: event.customer, name: event.name, email: null },
            started_by: event.started_by,
            requested: event.at,
            waiting_since: event.at,
            unanswered_since: null,
            agents: [],
            offers: [],
            skills: [],
          },
        ],
      };
    case 'chat.offered':
      return foldChat(state, event.chat, (chat) => ({
        ...chat,
        state: event.state,
        offers: [...chat.offers.filter(({ agent }) => agent !== event.agent), { agent: event.agent, expires: event.expires }],
      }));
    case 'offer.closed':
      return foldChat(state, event.chat, (chat) => ({
        ...chat,
        state: event.state,
        offers: chat.offers.filter(({ agent }) => agent !== event.agent),
      }));
    case 'chat.joined':
      return foldChat(state, event.chat, (chat) => ({
        ...chat,
        state: 'served',
        waiting_since: null,
        agents: including(chat.agents, event.agent),
        offers: chat.offers.filter(({ agent }) => agent !== event.agent),
      }));
    case 'chat.left':
      return foldChat(state, event.chat, (chat) => {
        const agents = chat.agents.filter((agent) => agent !== event.agent);
        return { ...chat, state: event.state, agents, waiting_since: event.state === 'served' ? null : event.at };
      });
    case 'skills.requested':
      return foldChat(state, event.chat, (chat) => ({ ...chat, skills: event.skills }));
    case 'chat.transferred':
      return foldChat(state, event.chat, (chat) => ({
        ...chat,
        state: event.state,
        department: event.department,
        waiting_since: event.state === 'served' ? chat.waiting_since : event.at,
      }));
    case 'chat.ended':
      return { ...state, chats: state.chats.filter(({ chat }) => chat !== event.chat) };
    case 'conversation.merged':
      return { ...state, chats: state.chats.filter(({ conversation }) => conversation !== event.conversation) };
    case 'message.added':
      if (!event.chat || (event.kind !== 'message' && event.kind !== 'file')) return state;
      return foldChat(state, event.chat, (chat) => ({
        ...chat,
        unanswered_since: event.by === 'customer' ? (chat.unanswered_since ?? event.at) : null,
      }));
    case 'customer.changed':
      return {
        ...state,
        chats: change(
          state.chats,
          ({ customer }) => customer.customer === event.customer,
          (chat) => ({ ...chat, customer: { customer: event.customer, name: event.name, email: event.email } }),
        ),
      };
    case 'call.started': {
      if (state.calls.some(({ call }) => call === event.call)) return state;
      const { call, conversation, direction, department, caller, at } = event;
      const customer = { customer: event.customer, name: '', email: null };
      const first = direction === 'out' ? 'ringing' : 'queued';
      const who = { customer, caller, agents: [], rings: [] };
      const begun: LiveCall = { call, conversation, direction, state: first, department, started: at, ...who };
      return { ...state, calls: [...state.calls, begun] };
    }
    case 'call.rang':
      return foldCall(state, event.call, ({ rings }) => ({
        state: event.state,
        rings: [...rings.filter(({ agent }) => agent !== event.agent), { agent: event.agent, expires: event.expires }],
      }));
    case 'ring.closed':
      return foldCall(state, event.call, ({ rings }) => ({
        state: event.state,
        rings: rings.filter(({ agent }) => agent !== event.agent),
      }));
    case 'call.answered':
      return foldCall(state, event.call, ({ agents }) => ({
        state: event.state,
        agents: [...agents.filter(({ agent }) => agent !== event.agent), { agent: event.agent, held: false }],
      }));
    case 'call.held':
      return foldCall(state, event.call, ({ agents }) => ({
        agents: change(
          agents,
          ({ agent }) => agent === event.agent,
          ({ agent }) => ({ agent, held: event.held }),
        ),
      }));
    case 'call.left':
      return foldCall(state, event.call, ({ agents }) => ({
        state: event.state,
        agents: agents.filter(({ agent }) => agent !== event.agent),
      }));
    case 'call.transferred':
      return foldCall(state, event.call, () => ({ state: event.state, department: event.department }));
    case 'call.ended':
      return { ...state, calls: state.calls.filter(({ call }) => call !== event.call) };
    case 'agent.changed':
    case 'agent.status':
      return foldAgents(state, event.agent, (agent) => merged(agent, event));
    case 'membership.changed':
      return foldAgents(state, event.agent, (agent) => {
        const others = agent.departments.filter((department) => department !== event.department);
        return { ...agent, departments: event.member ? [...others, event.department] : others };
      });
    case 'department.changed': {
      const known = state.departments.some(({ department }) => department === event.department);
      const before = { department: event.department, name: '', strategy: 'random', enabled: true };
      return {
        ...state,
        departments: known
          ? change(
              state.departments,
              ({ department }) => department === event.department,
              (department) => merged(department, event),
            )
          : [...state.departments, merged(before, event)],
      };
    }
    default:
      return state;
  }
}
