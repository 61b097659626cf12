import type { LabPlan } from '../model/lab-plan.js';
import { SERVICE_ADDRESS } from './dns/topology.js';
import type { LabOptions, RunningLab } from './ground/site.js';
import { END_HOSTS } from './ground/topology.js';
import { serviceAddress } from './lb/arms.js';

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

/** What a person may ping from the client, which knows no way to a server behind a name or a balancer with one arm. */
export const pingTarget = (plan: LabPlan): string => {
  switch (plan.design) {
    case 'dns':
      return SERVICE_ADDRESS['fw-a'];
    case 'lb':
      return serviceAddress(plan.arms);
    case 'vrrp':
    case 'cloud-ip':
      return END_HOSTS.server.v4;
  }
};
