import type { CloudIpPlan, DnsPlan, LabPlan, LbPlan, VrrpPlan } from '../model/lab-plan.js';
import type { WrittenLab } from './schema-lab.js';

/** The plan of a lab as written: the schema has filled in the defaults of its knobs. */
export const labPlan = (written: WrittenLab): LabPlan => {
  switch (written.design) {
    case 'vrrp':
      return vrrpPlan(written);
    case 'cloud-ip':
      return cloudIpPlan(written);
    case 'dns':
      return dnsPlan(written);
    case 'lb':
      return lbPlan(written);
  }
};

const vrrpPlan = (written: Extract<WrittenLab, { design: 'vrrp' }>): VrrpPlan => ({
  design: 'vrrp',
  advert_ns: written.advert,
  sync: written.sync,
  boot_ns: written.boot,
  tcpLoose: written['tcp-loose'],
  nat: written.nat,
  preempt: written.preempt,
});

const cloudIpPlan = (written: Extract<WrittenLab, { design: 'cloud-ip' }>): CloudIpPlan => ({
  design: 'cloud-ip',
  heartbeat_ns: written.heartbeat,
  missed: written.missed,
  detach: written.detach,
  attach: written.attach,
  routes: written.routes,
  promotion: written.promotion,
  poll_ns: written.poll,
  sync: written.sync,
  boot_ns: written.boot,
});

const dnsPlan = (written: Extract<WrittenLab, { design: 'dns' }>): DnsPlan => ({
  design: 'dns',
  ttl_ns: written.ttl,
  monitor_ns: written.monitor,
  missed: written.missed,
  boot_ns: written.boot,
  update: written.update,
});

const lbPlan = (written: Extract<WrittenLab, { design: 'lb' }>): LbPlan => ({
  design: 'lb',
  probe_ns: written.probe,
  threshold: written.threshold,
  existing: written.existing,
  sync: written.sync,
  boot_ns: written.boot,
});
