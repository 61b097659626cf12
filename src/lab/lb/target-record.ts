import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LAB_DIR } from '../place.js';
import type { NodeName } from '../topology.js';
import type { TargetState } from './targets.js';

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
