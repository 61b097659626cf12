import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeName } from '../ground/topology.js';
import { LAB_DIR } from '../paths.js';

/**
 * `initial`: registered, its health not known yet; `draining`: taken out by a person, whatever its health; the words are
 * those of AWS's target groups.
 */
export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'draining';

/** A node as the balancer knows it. Pure. */
export interface Target {
  readonly name: NodeName;
  readonly registered: boolean;
  /** null: not known yet. */
  readonly healthy: boolean | null;
  /** Health probes in a row that say otherwise. */
  readonly against: number;
}

export const newTarget = (name: NodeName): Target => ({
  name,
  registered: true,
  healthy: null,
  against: 0,
});

/** After a health probe: `threshold` in a row that say otherwise turn its health. */
export const probed = (target: Target, good: boolean, threshold: number): Target => {
  if (good === target.healthy) return { ...target, against: 0 };
  // Health that is not known yet is turned by good probes alone.
  if (target.healthy === null && !good) return { ...target, against: 0 };
  const against = target.against + 1;
  return against < threshold ? { ...target, against } : { ...target, healthy: good, against: 0 };
};

export const stateOf = ({ registered, healthy }: Target): TargetState => {
  if (!registered) return 'draining';
  if (healthy === null) return 'initial';
  return healthy ? 'healthy' : 'unhealthy';
};

/** The nodes that new flows go to. */
export const inService = (targets: readonly Target[]): Set<NodeName> =>
  new Set(targets.filter((target) => stateOf(target) === 'healthy').map(({ name }) => name));

/** The nodes that have failed; one that is drained has not. */
export const failed = (targets: readonly Target[]): NodeName[] =>
  targets.filter((target) => stateOf(target) === 'unhealthy').map(({ name }) => name);

/** A node as the balancer's API shows it. */
export interface TargetRecord {
  readonly target: NodeName;
  /** Where its health probes go. */
  readonly address: string;
  readonly state: TargetState;
  /** Since when, RFC 3339. */
  readonly since: string;
}

export const TARGETS_FILE = join(LAB_DIR, 'targets.json');

/** What the balancer says now; empty before it runs. */
export const readTargets = (): readonly TargetRecord[] => {
  try {
    return JSON.parse(readFileSync(TARGETS_FILE, 'utf8')) as TargetRecord[];
  } catch {
    return [];
  }
};
