import * as z from 'zod';
import { ROLES } from '../model/event.js';
import type { MilestoneRule, PhasePlan } from '../model/observe-plan.js';
import { type Problem, problem, unknownName } from '../yaml/problem.js';
import { has, type Item, onlyFor, textAt } from '../yaml/raw.js';
import { patternProblems } from './asked.js';
import { choice, mapping, text } from './field.js';
import { asksForRole, type Observable, records, subjectsOf } from './observe.js';

const until = z
  .union([
    choice(
      '"traffic": the recovery of the worst stream, always the end of the last phase; "accepted": the trigger was.',
      ['traffic', 'accepted'],
    ),
    mapping('What an observer shows, or the role of a node.', {
      observer: text('Name of an observer.').optional(),
      subject: text('Of what: a node, an address, a key; default: any.').optional(),
      is: text('The value or /regular expression/; needed with observer.').optional(),
      node: text('A node, "acted" (the one acted on), or "other".').optional(),
      role: choice('Its role, by an observer of driver role.', ROLES).optional(),
    }),
  ])
  .meta({
    description:
      'Its end: "traffic" (the recovery; the last phase, and only it), "accepted" (the trigger), or as below.',
  });

/** What the outage is divided into, as written. */
export const phase = mapping('A phase of the outage: from the end of the one before until its milestone.', {
  name: text('Name in reports; each once.'),
  until,
});

type WrittenPhase = z.output<typeof phase>;

const observedProblems = (until: Item, around: Observable): Problem[] => {
  const { observe } = around;
  const [name, subject] = [textAt(until.value, 'observer') ?? '', textAt(until.value, 'subject')];
  const names = observe.flatMap(({ value }) => textAt(value, 'name') ?? []);
  const observer = observe.find(({ value }) => textAt(value, 'name') === name);
  const subjects = observer === undefined ? null : subjectsOf(observer, around);
  return [
    ...(has(until, 'is')
      ? []
      : [problem([...until.path, 'is'], 'is missing; the value that ends the phase')]),
    ...patternProblems(until),
    ...onlyFor(until, ['node', 'role'], 'a role, without "observer"'),
    ...(observer === undefined
      ? [problem([...until.path, 'observer'], unknownName(name, 'an observer', names))]
      : records(observer)
        ? [problem([...until.path, 'observer'], `${name} records packets and shows no value`)]
        : []),
    ...(subject === null || subjects === null || subjects.includes(subject)
      ? []
      : [problem([...until.path, 'subject'], unknownName(subject, `a subject of ${name}`, subjects))]),
  ];
};

const roleProblems = (until: Item, { observe, nodes }: Observable): Problem[] => {
  const node = textAt(until.value, 'node');
  const known = ['acted', 'other', ...nodes];
  return [
    ...onlyFor(until, ['subject', 'is'], 'what an observer shows, with "observer"'),
    ...['node', 'role']
      .filter((key) => !has(until, key))
      .map((key) =>
        problem([...until.path, key], 'is missing; a milestone has node and role, or observer and is'),
      ),
    ...(node === null || known.includes(node)
      ? []
      : [problem([...until.path, 'node'], unknownName(node, 'a node', known))]),
    ...(observe.some(asksForRole)
      ? []
      : [problem(until.path, 'is the role of a node, but no observer has driver: role')]),
  ];
};

/** What the milestones of the phases say about each other, the observers and the nodes. */
export const phaseProblems = (phases: readonly Item[], around: Observable): Problem[] =>
  phases.flatMap((item, index) => {
    const last = index === phases.length - 1;
    const until = item.value['until'];
    const path = [...item.path, 'until'];
    if (last && until !== undefined && until !== 'traffic')
      return [problem(path, 'must be traffic: the last phase ends with the outage')];
    if (!last && until === 'traffic') return [problem(path, 'is traffic, which only ends the last phase')];
    if (typeof until !== 'object' || until === null || Array.isArray(until)) return [];
    const rule: Item = { path, value: until as Item['value'] };
    return has(rule, 'observer') ? observedProblems(rule, around) : roleProblems(rule, around);
  });

const given = <T>(value: T | undefined, key: string): T => {
  if (value === undefined) throw new Error(`a milestone without ${key}`);
  return value;
};

const rule = (until: WrittenPhase['until']): MilestoneRule => {
  if (typeof until === 'string') return { milestone: until };
  const { observer, subject, is, node, role } = until;
  return observer === undefined
    ? { milestone: 'role', node: given(node, 'node'), role: given(role, 'role') }
    : { milestone: 'observed', observer, subject: subject ?? null, is: given(is, 'is') };
};

export const phasePlan = ({ name, until }: WrittenPhase): PhasePlan => ({ name, until: rule(until) });

const ruleWords = (rule: MilestoneRule): string => {
  switch (rule.milestone) {
    case 'traffic':
      return 'traffic has recovered';
    case 'accepted':
      return 'the trigger is accepted';
    case 'observed':
      return `${rule.observer} shows ${rule.is}${rule.subject === null ? '' : ` for ${rule.subject}`}`;
    case 'role': {
      const nodes = { acted: 'the node that was acted on', other: 'another node' };
      const who = rule.node === 'acted' || rule.node === 'other' ? nodes[rule.node] : rule.node;
      return `${who} is ${rule.role}`;
    }
  }
};

/** When a phase ends. */
export const phaseWords = ({ until }: PhasePlan): string => `until ${ruleWords(until)}`;
