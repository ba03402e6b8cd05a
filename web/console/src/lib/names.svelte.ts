/** What conditions and actions can be about, with names to pick from: of the desk's things, and of words. */

import kinds from '../../../shared/kinds.json';
import { api, everything } from '../../../shared/native.ts';
import type { Desk } from './desk.svelte.ts';
import { counted, t } from './i18n.ts';
import { ACTIONS, CONDITIONS, type Choice, type Condition } from './rules.ts';

export type Options = readonly (readonly [string, string])[];

const named = (prefix: string, words: readonly string[]): Options => words.map((word) => [word, t(`${prefix}_${word}`)]);

export class Names {
  #desk: Desk;
  #tags = $state.raw<Options>([]);
  #groups = $state.raw<Options>([]);
  #companies = $state.raw<Options>([]);
  levels = $state.raw<Options>([]);

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** Reads what the console does not know anyway. */
  async load(): Promise<void> {
    const [tags, groups, companies, levels] = await Promise.all([
      api.tags(),
      api.groups(),
      everything((after) => api.companies(after)),
      api.slaLevels(),
    ]);
    this.#tags = tags.items.map(({ name }) => [name, name]);
    this.#groups = groups.items.map(({ group, name }) => [group, name]);
    this.#companies = companies.map(({ company, name }) => [company, name]);
    this.levels = levels.items.map(({ level, name }) => [level, name]);
  }

  get departments(): Options {
    return (this.#desk.state?.departments ?? []).map(({ department, name }) => [department, name]);
  }

  get agents(): Options {
    const known = (this.#desk.state?.agents ?? []).toSorted((a, b) => Number(b.enabled) - Number(a.enabled));
    return known.map(({ agent, name, enabled }) => [agent, enabled ? name : `${name} (${t('disabled')})`]);
  }

  /** A condition in a few words. */
  shown(condition: Condition): string {
    const shape = CONDITIONS[condition.word];
    const name = (value: string): string =>
      value === 'none' ? t('nobody') : (shape.by === 'list' && new Map(this.of(shape.of)).get(value)) || value;
    const texts = condition.texts.map(({ mode, text }) => (mode === 'has' ? `“${text}”` : `/${text}/`)).join(', ');
    const value = {
      list: () => condition.list.map(name).join(', '),
      text: () => texts,
      field: () => `${condition.code} ${{ filled: '', is: condition.text, tests: texts }[condition.mode]}`,
      hours: () => condition.week.zone,
      wait: () => counted(condition.count ?? 0, condition.unit),
    }[shape.by]();
    return `${t(`condition_${condition.word}`)}${condition.not ? ` (${t('rule_not')})` : ''}: ${value}`;
  }

  /** What a rule did, as the desk's log has it: a line for each action, `add_tag: refund`. */
  done(detail: string): string {
    const line = (told: string): string => {
      const [word, ...said] = told.split(': ') as [string, ...string[]];
      if (!(word in ACTIONS)) return told;
      const known: Options = [
        ['as it was', t('rule_as_it_was')],
        ['passed over', t('rule_passed_over')],
        ...(word === 'status' ? this.of('settable') : []),
        ...(word === 'assign' ? [['none', t('nobody')] as const] : []),
        ...(word === 'sla_level' ? [['none', t('sla_no_level')] as const] : []),
      ];
      const names = new Map(known);
      return [t(word === 'postpone' ? 'postpone' : `action_${word}`), ...said.map((part) => names.get(part) ?? part)].join(': ');
    };
    return detail.split('\n').map(line).join('\n');
  }

  of(choice: Choice): Options {
    switch (choice) {
      case 'event':
        return named('rule_event', kinds.events);
      case 'who':
        return [...named('rule_who', ['customer', 'agent', 'system']), ...this.agents];
      case 'status':
        return named('letter', kinds.statuses);
      case 'settable':
        return named('letter', kinds.settable_statuses);
      case 'channel':
        return named('channel', kinds.channels);
      case 'agent_status':
        return named('agent_status', kinds.agent_statuses);
      case 'rating':
        return named('rating', kinds.ratings);
      case 'goal':
        return named('sla', kinds.goals);
      case 'department':
        return this.departments;
      case 'agent':
        return this.agents;
      case 'tag':
        return this.#tags;
      case 'group':
        return this.#groups;
      case 'company':
        return this.#companies;
      case 'level':
        return this.levels;
      case 'domain':
      case 'language':
        return [];
    }
  }
}
