import type { LabPlan, VrrpPlan } from '../model/plan.js';
import type { WrittenLab } from './schema-lab.js';

/** The plan of a lab as written: the schema has filled in the defaults of its knobs. */
export const labPlan = (written: WrittenLab): LabPlan => {
  switch (written.design) {
    case 'vrrp':
      return vrrp(written);
  }
};

const vrrp = (written: Extract<WrittenLab, { design: 'vrrp' }>): VrrpPlan => ({
  design: 'vrrp',
  advert_ns: written.advert,
  sync: written.sync,
  boot_ns: written.boot,
  tcpLoose: written['tcp-loose'],
  nat: written.nat,
  preempt: written.preempt,
});
