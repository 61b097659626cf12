import { usage } from '../model/error.js';
import type { LabPlan } from '../model/lab-plan.js';
import { formatDuration } from '../model/duration.js';
import { knobWords } from '../scenario/lab.js';

/** VRRP advertisement intervals are whole centiseconds in 12 bits (RFC 5798 §5.2.7). Throws KnownError. */
export const checkPlan = (plan: LabPlan): void => {
  if (plan.design !== 'vrrp') return;
  const centiseconds = plan.advert_ns / 1e7;
  if (Number.isInteger(centiseconds) && centiseconds >= 1 && centiseconds <= 4095) return;
  throw usage(
    `lab: advert ${formatDuration(plan.advert_ns)} cannot be sent in VRRPv3`,
    'choose a multiple of 10ms, from 10ms to 40.95s (RFC 5798)',
  );
};

/** Design and knobs: `vrrp: advert 200ms, sync conntrackd, boot 4s, tcp-loose off, preempt off`. */
export const planText = (plan: LabPlan): string => `${plan.design}: ${knobWords(plan)}`;

export const samePlan = (one: LabPlan, other: LabPlan): boolean => planText(one) === planText(other);
