import type { CloudIpPlan, DelayPlan } from '../../model/lab-plan.js';
import type { Nanoseconds } from '../../model/time.js';
import { haAddress, type NodeName } from '../topology.js';

/** What the HA software of a node is told: /run/machine/ha.json. */
export interface HaSettings {
  readonly node: NodeName;
  readonly peer: NodeName;
  /** Addresses on the HA link. */
  readonly own: string;
  readonly far: string;
  readonly heartbeat_ns: Nanoseconds;
  readonly missed: number;
  readonly poll_ns: Nanoseconds;
  readonly promotion: DelayPlan;
}

export const haSettings = (node: NodeName, plan: CloudIpPlan): HaSettings => {
  const peer = node === 'fw-a' ? 'fw-b' : 'fw-a';
  const { heartbeat_ns, missed, poll_ns, promotion } = plan;
  return { node, peer, own: haAddress(node), far: haAddress(peer), heartbeat_ns, missed, poll_ns, promotion };
};
