import type { LabStatus, PowerAction, PowerAnswer } from './control.js';
import type { NodeName } from './ground/topology.js';

export interface LabOptions {
  /** Write the true outages (and transitions) down; costs most of a core. */
  readonly witness: boolean;
  readonly log: (text: string) => void;
  readonly onStep: (text: string) => void;
}

/** A lab that is up. It has no tear-down: it ends with its PID namespace. */
export interface RunningLab {
  power(node: NodeName, action: PowerAction): Promise<PowerAnswer>;
  /** Does nothing in a lab without a witness. */
  sendWitness(on: boolean): void;
  status(): LabStatus;
}
