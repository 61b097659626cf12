import type { LabPlan } from '../model/lab-plan.js';
import type { LabOptions, RunningLab } from './ground/site.js';

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
