import type { LabPlan } from '../model/lab-plan.js';
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

/** Builds the lab of a plan in this process's namespaces; resolves when traffic crosses it. Throws KnownError. */
export const buildLab = async (plan: LabPlan, options: LabOptions): Promise<RunningLab> => {
  switch (plan.design) {
    case 'vrrp': {
      const { buildVrrp } = await import('./vrrp/vrrp-lab.js');
      return buildVrrp(plan, options);
    }
    case 'cloud-ip': {
      const { buildCloudIp } = await import('./cloud-ip/cloud-ip-lab.js');
      return buildCloudIp(plan, options);
    }
    case 'dns': {
      const { buildDns } = await import('./dns/dns-lab.js');
      return buildDns(plan, options);
    }
    case 'lb': {
      const { buildLb } = await import('./lb/lb-lab.js');
      return buildLb(plan, options);
    }
  }
};
