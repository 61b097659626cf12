import { KnownError } from '../../model/error.js';
import type { Role } from '../../model/event.js';
import type { TriggerPlan } from '../../model/plan.js';
import { brief } from '../../model/outside.js';
import { redact } from '../../model/secret.js';
import { ask, slower, type Bound } from './bound.js';
import type { Nanoseconds } from '../../model/time.js';
import { readSince, type DeviceStamp } from './device-stamp.js';
import { readRole } from './extract.js';
import type { Driver, RoleQuery } from '../driver/schema.js';
import type { TemplateValues } from '../transport/template.js';

export interface NodeRole {
  readonly node: string;
  readonly role: Role;
  /** The platform's own word; empty if it gave none. */
  readonly raw: string;
  /** Why the role is unknown, with the remedy where there is one; null if it is known. */
  readonly error: string | null;
  /** It was asked, and given up for its time: longer might have helped. */
  readonly late?: true;
  /** When the role changed last, by the node's own account; only where its driver reads one. */
  readonly since?: DeviceStamp & { readonly resolution_ns: Nanoseconds };
}

/** Of a role's own word: nobody reads more of one that is not understood. */
const MOST_CHARACTERS = 200;

/** Redacted before it is cut: part of a secret would not be known for one. */
const beginning = (text: string): string => JSON.stringify(redact(text).trim().slice(0, 80));

const sinceIn = (
  { since }: RoleQuery,
  { text, values }: { readonly text: string; readonly values: TemplateValues },
): Pick<NodeRole, 'since'> => {
  const stamp = since === undefined ? null : readSince(since, text, values);
  return since === undefined || stamp === null
    ? {}
    : { since: { ...stamp, resolution_ns: since.resolution } };
};

/**
 * Asks one node for its role. A node that cannot be asked is `unknown`, with the reason. @param patient with more time than the
 * driver says.
 */
export const askRole = async (bound: Bound, signal?: AbortSignal, patient = false): Promise<NodeRole> => {
  const { driver, node } = bound;
  if (driver.role === undefined)
    return { node, role: 'unknown', raw: '', error: `driver ${driver.name} cannot tell roles` };
  const timeout = patient ? slower(driver.role.timeout) : driver.role.timeout;
  const answer = await ask(bound, { ...driver.role, timeout, signal });
  if (answer.text === null)
    return { node, role: 'unknown', raw: '', error: answer.error, ...(answer.late ? { late: true } : {}) };
  const reading = readRole(driver.role, answer.text, answer.values);
  const error = reading.raw === '' ? `the answer was not understood: ${beginning(answer.text)}` : null;
  // The words are cut out of the answer, so they are shown as they are found in the redacted one.
  const raw = brief(readRole(driver.role, redact(answer.text), answer.values).raw, MOST_CHARACTERS);
  return { node, role: reading.role, raw, error, ...sinceIn(driver.role, answer) };
};

/** `fw-a: active (MASTER)` */
const roleInWords = ({ node, role, raw, error }: NodeRole): string => {
  const because = error ?? raw;
  return `${node}: ${role}${because === '' || because === role ? '' : ` (${because})`}`;
};

/** `fw-a: active (MASTER), fw-b: standby (BACKUP)` */
export const rolesInWords = (roles: readonly NodeRole[]): string => roles.map(roleInWords).join(', ');

/** How many nodes of a healthy pair are active, as their drivers say: where these differ, one. */
export const expectedActive = (drivers: readonly Pick<Driver, 'active'>[]): Driver['active'] =>
  drivers.every(({ active }) => active === 'all') ? 'all' : 'one';

/**
 * The node to act on. Two active nodes stop every trigger unless all are to be; for `active` exactly one must be, and no
 * other node may be one that could not be asked. Throws KnownError (exit 2), before anything is touched.
 */
export const chooseNode = (
  trigger: Pick<TriggerPlan, 'node'>,
  roles: readonly NodeRole[],
  expected: Driver['active'] = 'one',
): string => {
  const active = roles.filter(({ role }) => role === 'active');
  const all = rolesInWords(roles);
  if (expected === 'all' && trigger.node === 'active')
    throw new KnownError(`trigger: all nodes are to be active (${all}): which one is meant?`, {
      remedy: 'name one of `nodes`, as in `trigger: { node: fw-a, … }`',
    });
  if (active.length > 1 && expected === 'one')
    throw new KnownError(`split brain: ${active.length} nodes are active (${all})`, {
      remedy: 'repair the pair (HA link, state of each node) before a failover is measured',
    });
  if (trigger.node !== 'active') {
    if (roles.some(({ node }) => node === trigger.node)) return trigger.node;
    throw new KnownError(`trigger: there is no node "${trigger.node}" (${all})`, {
      remedy: 'name one of `nodes`, or `active`',
    });
  }
  const [only] = active;
  if (only === undefined)
    throw new KnownError(`no node is active (${all})`, {
      remedy: 'bring the pair up, or check the login and driver of each node',
    });
  const unknown = roles.find(({ role }) => role === 'unknown');
  if (unknown !== undefined)
    throw new KnownError(`cannot tell whether ${unknown.node} is active too (${all})`, {
      remedy: `make ${unknown.node} answer before a failover is measured`,
    });
  return only.node;
};
