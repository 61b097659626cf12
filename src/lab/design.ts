import type { LabPlan } from '../model/lab-plan.js';
import { SERVICE_ADDRESS } from './dns/topology.js';
import type { LabOptions, RunningLab } from './ground/site.js';
import { END_HOSTS } from './ground/topology.js';

/** Builds the lab of a plan in this process's namespaces; resolves when traffic crosses it. Throws KnownError. */
export const buildLab = async (plan: LabPlan, options: LabOptions): Promise<RunningLab> => {
  switch (plan.design) {
    case 'vrrp':
      return (await import('./vrrp/vrrp-lab.js')).buildVrrp(plan, options);
    case 'cloud-ip':
      return (await import('./cloud-ip/cloud-ip-lab.js')).buildCloudIp(plan, options);
    case 'dns':
      return (await import('./dns/dns-lab.js')).buildDns(plan, options);
    case 'lb':
      return (await import('./lb/lb-lab.js')).buildLb(plan, options);
  }
};

/** What a person may ping from the client. Behind a name it knows no way to the server, but one to each node's address for it. */
export const pingTarget = ({ design }: LabPlan): string =>
  design === 'dns' ? SERVICE_ADDRESS['fw-a'] : END_HOSTS.server.v4;
