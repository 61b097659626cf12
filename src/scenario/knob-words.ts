import type { LabPlan, VrrpPlan } from '../model/plan.js';
import { formatDuration } from './duration.js';

/** The knobs of a lab: `advert 200ms, sync conntrackd, boot 4s, tcp-loose off, preempt off`. */
export const knobWords = (plan: LabPlan): string => {
  switch (plan.design) {
    case 'vrrp':
      return vrrpWords(plan);
    case 'cloud-ip':
    case 'dns':
    case 'lb':
      throw new Error(`no lab ${plan.design}`);
  }
};

const vrrpWords = (plan: VrrpPlan): string =>
  [
    `advert ${formatDuration(plan.advert_ns)}`,
    `sync ${plan.sync}`,
    `boot ${formatDuration(plan.boot_ns)}`,
    `tcp-loose ${plan.tcpLoose ? 'on' : 'off'}`,
    `preempt ${plan.preempt ? 'on' : 'off'}`,
    ...(plan.nat === 'none' ? [] : [`nat ${plan.nat}`]),
  ].join(', ');
