import { KnownError } from '../../model/error.js';
import { redact } from '../../model/secret.js';
import type { Check, Counts, Driver } from '../driver/schema.js';
import { ask, type Bound, identify } from './bound.js';
import { isOff, passes, readCount } from './extract.js';
import { expectedActive, rolesInWords, type NodeRole } from './role.js';

/** Ends the questions. */
type Signal = AbortSignal | undefined;

export interface Health {
  readonly ok: boolean;
  /** What is wrong, or the roles. */
  readonly detail: string;
}

/** One active node, every other one standby; or all active. Null if so, else what is wrong. */
export const rolesProblem = (
  roles: readonly NodeRole[],
  expected: Driver['active'] = 'one',
): string | null => {
  const active = roles.filter(({ role }) => role === 'active').length;
  const standby = roles.filter(({ role }) => role === 'standby').length;
  const wanted = expected === 'all' ? roles.length : 1;
  return active === wanted && standby === roles.length - wanted ? null : rolesInWords(roles);
};

/** Why a check fails; null: it passes. */
export const checkProblem = async (bound: Bound, check: Check, signal: Signal): Promise<string | null> => {
  const answer = await ask(bound, { ...check, signal });
  if (answer.text === null) return `${check.about}: ${answer.error}`;
  if (passes(check, answer.text, answer.values)) return null;
  return `not so: ${check.about}${check.remedy === undefined ? '' : ` (${check.remedy})`}`;
};

/** Why one of several checks of a node fails. */
const nodeProblem = async (
  bound: Bound,
  checks: readonly Check[],
  signal: Signal,
): Promise<string | null> => {
  const problem = await firstOf(checks.map((check) => checkProblem(bound, check, signal)));
  return problem === null ? null : `${bound.node}: ${problem}`;
};

/** The standby must hold what the active node holds, but for the slack. Without state sync on any node: fine. */
const countsProblem = async (
  active: Bound,
  standbys: readonly Bound[],
  counts: Counts,
  signal: Signal,
): Promise<string | null> => {
  const [own, ...copies] = await Promise.all(
    [active, ...standbys].map((bound) => ask(bound, { ...counts, signal })),
  );
  if (own === undefined || own.text === null) return `${active.node}: ${counts.about}: ${own?.error ?? ''}`;
  const off = isOff(counts, own.text, own.values);
  const held = readCount(counts.active, own.text, own.values);
  if (!off && held === null) return `${active.node}: ${counts.about}: the answer was not understood`;
  for (const [index, copy] of copies.entries()) {
    const node = standbys[index]?.node ?? '';
    if (copy.text === null) return `${node}: ${counts.about}: ${copy.error}`;
    const copyOff = isOff(counts, copy.text, copy.values);
    if (off && copyOff) continue;
    if (off !== copyOff) return `state sync runs on ${off ? node : active.node} only`;
    const copied = readCount(counts.standby, copy.text, copy.values);
    const least = (held ?? 0) * (1 - counts.slack.share) - counts.slack.count;
    if (copied === null || copied < least)
      return `not so: ${counts.about} (${active.node} has ${held ?? '?'}, ${node} has ${copied ?? 'none'})`;
  }
  return null;
};

/** Counts are those of one active node and its standbys; where all are active only a check can tell. */
const syncProblem = async (
  bounds: readonly Bound[],
  roles: readonly NodeRole[],
  signal: Signal,
): Promise<string | null> => {
  const active = bounds.find(({ node }) =>
    roles.some((role) => role.node === node && role.role === 'active'),
  );
  const sync = active?.driver.sync;
  if (active === undefined || sync === undefined) return null;
  if (!('slack' in sync)) return firstOf(bounds.map((bound) => nodeProblem(bound, [sync], signal)));
  if (active.driver.active === 'all') return null;
  const standbys = bounds.filter((bound) => bound !== active);
  return countsProblem(active, standbys, sync, signal);
};

const firstOf = async (problems: readonly Promise<string | null>[]): Promise<string | null> =>
  (await Promise.all(problems)).find((problem) => problem !== null) ?? null;

/** Is the pair fit to fail over? Roles, then readiness and leftovers of every node, then the state sync. */
export const pairHealth = async (
  bounds: readonly Bound[],
  roles: readonly NodeRole[],
  signal?: AbortSignal,
): Promise<Health> => {
  const checks = bounds.map((bound) =>
    nodeProblem(bound, [...bound.driver.ready, ...bound.driver.leftover], signal),
  );
  const expected = expectedActive(bounds.map(({ driver }) => driver));
  const problem =
    (await firstOf(checks)) ?? rolesProblem(roles, expected) ?? (await syncProblem(bounds, roles, signal));
  return problem === null ? { ok: true, detail: rolesInWords(roles) } : { ok: false, detail: problem };
};

export interface Expected {
  readonly bound: Bound;
  /** The serial number or id that the scenario gives; null: any. */
  readonly expected: string | null;
}

/** Who the nodes are. */
export interface Identities {
  /** `fw-a is 0123, fw-b is 4567`; empty if no driver can tell. */
  readonly words: string;
  /** Of the nodes that can tell. */
  readonly identities: readonly string[];
}

/**
 * Asks every node who it is: a host name or an address may have moved to another device, a serial number cannot.
 * Throws KnownError where two nodes are one device, one is not the expected one, or one does not say.
 */
export const checkIdentities = async (
  nodes: readonly Expected[],
  signal?: AbortSignal,
): Promise<Identities> => {
  const able = nodes.filter(({ bound }) => bound.driver.identity !== undefined);
  const found = await Promise.all(
    able.map(async ({ bound, expected }) => ({
      node: bound.node,
      expected,
      id: await identify(bound, { again: true, signal }),
    })),
  );
  for (const { node, expected, id } of found) {
    if (expected !== null && expected !== id)
      throw new KnownError(`node ${node} is ${redact(id)}, and the scenario expects ${expected}`, {
        remedy: 'check the address of the node, and `serial`; nothing was touched',
      });
    const twin = found.find((other) => other.node !== node && other.id === id);
    if (twin !== undefined)
      throw new KnownError(`nodes ${node} and ${twin.node} are the same device (${redact(id)})`, {
        remedy: "give each node the address of its own management port, not the pair's",
      });
  }
  return {
    words: redact(found.map(({ node, id }) => `${node} is ${id}`).join(', ')),
    identities: found.map(({ id }) => id),
  };
};
