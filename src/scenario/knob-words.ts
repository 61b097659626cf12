import type { CloudIpPlan, DnsPlan, LabPlan, LbPlan, VrrpPlan } from '../model/lab-plan.js';
import { formatDelay } from './delay.js';
import { formatDuration } from '../model/duration.js';

/** The knobs of a lab: `advert 200ms, sync conntrackd, boot 4s, tcp-loose off, preempt off`. */
export const knobWords = (plan: LabPlan): string => {
  switch (plan.design) {
    case 'vrrp':
      return vrrpWords(plan);
    case 'cloud-ip':
      return cloudIpWords(plan);
    case 'dns':
      return dnsWords(plan);
    case 'lb':
      return lbWords(plan);
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

const cloudIpWords = (plan: CloudIpPlan): string =>
  [
    `heartbeat ${formatDuration(plan.heartbeat_ns)}`,
    `missed ${plan.missed}`,
    `detach ${formatDelay(plan.detach)}`,
    `attach ${formatDelay(plan.attach)}`,
    `routes ${formatDelay(plan.routes)}`,
    `promotion ${formatDelay(plan.promotion)}`,
    `poll ${formatDuration(plan.poll_ns)}`,
    `sync ${plan.sync}`,
    `boot ${formatDuration(plan.boot_ns)}`,
  ].join(', ');

const dnsWords = (plan: DnsPlan): string =>
  [
    `ttl ${formatDuration(plan.ttl_ns)}`,
    `monitor ${formatDuration(plan.monitor_ns)}`,
    `missed ${plan.missed}`,
    `boot ${formatDuration(plan.boot_ns)}`,
    `update ${formatDelay(plan.update)}`,
  ].join(', ');

const lbWords = (plan: LbPlan): string =>
  [
    `probe ${formatDuration(plan.probe_ns)}`,
    `threshold ${plan.threshold}`,
    `existing ${plan.existing}`,
    `sync ${plan.sync}`,
    `boot ${formatDuration(plan.boot_ns)}`,
  ].join(', ');
