import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ACTIONS } from '../../../src/model/plan.js';

/** Programs that answer as the real ones do: test/fixtures/cli. */
export const PROGRAMS = join(import.meta.dirname, '../../fixtures/cli');

/** One power driver, as it is put to the test. */
export interface Case {
  readonly driver: string;
  /** Name of the machine behind a node: `a` or `b`. Part of no other name. */
  readonly machine: (node: string) => string;
  readonly params: (machine: string) => Readonly<Record<string, string>>;
  readonly action: (typeof ACTIONS)[number];
  readonly variant: string | null;
  /** Which calls only read. */
  readonly reads: RegExp;
  /** What is sent by the action, and by its undo. */
  readonly sent: (machine: string) => readonly string[];
  readonly undone: (machine: string) => readonly string[];
  /** What the program says when it refuses. */
  readonly refusal: string;
  /** The program runs on the hypervisor, which is logged in to. */
  readonly overSsh: boolean;
}

const IPMI = (machine: string): string =>
  `ipmitool -I lanplus -H ${machine} -U seqgap -E -L OPERATOR -C 17 chassis power`;

type Given = Pick<Case, 'driver' | 'params' | 'reads' | 'sent' | 'undone' | 'refusal'> & Partial<Case>;

const one = (given: Given): Case => ({
  machine: (node) => `${given.driver}-${node}`,
  action: 'crash',
  variant: null,
  overSsh: false,
  ...given,
});

/** Drivers that run a program on this host. */
export const CASES: readonly Case[] = [
  one({
    driver: 'azure',
    params: (vm) => ({ group: 'ha lab', vm, subscription: 'test' }),
    reads: /get-instance-view/,
    sent: (vm) => [`az vm stop -g ha lab -n ${vm} --skip-shutdown --no-wait --subscription test`],
    undone: (vm) => [`az vm start -g ha lab -n ${vm} --subscription test`],
    refusal: 'ERROR: (AuthorizationFailed)',
  }),
  one({
    driver: 'aws',
    machine: (node) => `i-0${node}`,
    params: (instance) => ({ instance, region: 'eu-central-1' }),
    reads: /describe-instances/,
    sent: (id) => [`aws ec2 stop-instances --skip-os-shutdown --instance-ids ${id} --region eu-central-1`],
    undone: (id) => [`aws ec2 start-instances --instance-ids ${id} --region eu-central-1`],
    refusal: 'An error occurred (UnauthorizedOperation)',
  }),
  one({
    driver: 'gcloud',
    action: 'stop',
    params: (instance) => ({ instance, zone: 'europe-west3-a' }),
    reads: /describe/,
    sent: (vm) => [`gcloud compute instances stop ${vm} --zone europe-west3-a --async`],
    undone: (vm) => [`gcloud compute instances start ${vm} --zone europe-west3-a`],
    refusal: 'PERMISSION_DENIED',
  }),
  one({
    driver: 'libvirt',
    params: (domain) => ({ domain }),
    reads: /domstate/,
    sent: (domain) => [`virsh -c qemu:///system destroy ${domain}`],
    undone: (domain) => [`virsh -c qemu:///system start ${domain}`],
    refusal: 'error: failed to connect to the hypervisor',
  }),
  one({
    driver: 'vsphere',
    params: (vm) => ({ vm, password: '${env:TEST_PASSWORD}' }),
    reads: /vm\.info/,
    sent: (vm) => [`govc vm.power -off -force ${vm}`],
    undone: (vm) => [`govc vm.power -on ${vm}`],
    refusal: 'Permission to perform this operation was denied',
  }),
  one({
    driver: 'virtualbox',
    params: (vm) => ({ vm }),
    reads: /showvminfo/,
    sent: (vm) => [`VBoxManage controlvm ${vm} poweroff`],
    undone: (vm) => [`VBoxManage startvm ${vm} --type headless`],
    refusal: 'VBoxManage: error: The machine is already locked',
  }),
  one({
    driver: 'docker',
    params: (container) => ({ container }),
    reads: /inspect/,
    sent: (name) => [`docker kill ${name}`],
    undone: (name) => [`docker start ${name}`],
    refusal: 'permission denied while trying to connect',
  }),
  one({
    driver: 'containerlab',
    variant: 'pause',
    machine: (node) => `clab-ha-fw-${node}`,
    params: (machine) => ({ lab: 'ha', name: machine.replace('clab-ha-', '') }),
    reads: /inspect/,
    sent: (name) => [`docker pause ${name}`],
    undone: (name) => [`docker unpause ${name}`],
    refusal: 'permission denied while trying to connect',
  }),
  one({
    driver: 'incus',
    params: (instance) => ({ instance }),
    reads: /query/,
    sent: (name) => [`incus stop --force --project default local:${name}`],
    undone: (name) => [`incus start --project default local:${name}`],
    refusal: 'Error: You do not have the permissions',
  }),
  one({
    driver: 'ipmi',
    params: (bmc) => ({ bmc, user: 'seqgap', password: '${env:TEST_PASSWORD}', cipher: '17' }),
    reads: /power status/,
    sent: (bmc) => [`${IPMI(bmc)} off`],
    undone: (bmc) => [`${IPMI(bmc)} on`],
    refusal: 'Unable to establish IPMI v2',
  }),
  one({
    driver: 'kubernetes',
    params: (pod) => ({ pod, namespace: 'ha', context: 'lab' }),
    reads: /get pod| wait /,
    sent: (pod) => [`kubectl --context lab -n ha delete pod ${pod} --grace-period=0 --force --wait=false`],
    // The controller made it anew.
    undone: () => [],
    refusal: 'Error from server (Forbidden)',
  }),
  one({
    driver: 'generic-exec',
    params: (outlet) => ({
      status: `pdu ${outlet} status`,
      on: `pdu ${outlet} on`,
      crash: `pdu ${outlet} off`,
    }),
    reads: /status/,
    sent: (outlet) => [`pdu ${outlet} off`],
    undone: (outlet) => [`pdu ${outlet} on`],
    refusal: 'pdu: outlet is locked',
  }),
];

/** Needs an sshd. */
export const PROXMOX: Case = one({
  driver: 'proxmox',
  params: (vmid) => ({ vmid }),
  reads: /status/,
  sent: (vmid) => [`qm stop ${vmid}`],
  undone: (vmid) => [`qm start ${vmid}`],
  refusal: 'ipcc_send_rec[1] failed: Connection refused',
  overSsh: true,
});

/** Ways that wait until the machine is off, and one that does not keep it off. */
export const OTHER_WAYS: readonly Case[] = (
  [
    ['libvirt', 'stop', null, (name: string) => [`virsh -c qemu:///system shutdown ${name}`]],
    ['vsphere', 'stop', null, (name: string) => [`govc vm.power -s ${name}`]],
    ['virtualbox', 'stop', null, (name: string) => [`VBoxManage controlvm ${name} acpipowerbutton`]],
    ['ipmi', 'stop', null, (name: string) => [`${IPMI(name)} soft`]],
    ['containerlab', 'stop', null, (name: string) => [`containerlab stop --name ha --node ${name.slice(8)}`]],
    ['libvirt', 'crash', 'reset', (name: string) => [`virsh -c qemu:///system reset ${name}`]],
    [
      'azure',
      'reboot',
      null,
      (name: string) => [`az vm restart -g ha lab -n ${name} --no-wait --subscription test`],
    ],
  ] as const
).map(([driver, action, variant, sent]): Case => {
  const base = CASES.find((each) => each.driver === driver);
  if (base === undefined) throw new Error(`no case ${driver}`);
  const undone =
    driver === 'containerlab'
      ? (name: string) => [`containerlab start --name ha --node ${name.slice(8)}`]
      : action === 'stop'
        ? base.undone
        : () => [];
  return { ...base, action, variant, sent, undone };
});

/** Machines that the programs know, in a folder of their own. */
export interface Machines {
  readonly dir: string;
  /** It is on, and knows of nothing before: also where a test is tried again. */
  add(machine: string): Promise<void>;
  /** How the next answers (`read`) or commands (`act`) go wrong. */
  next(machine: string, kind: 'read' | 'act', ways: readonly string[]): Promise<void>;
  /** A shell script that is given `on` or `off`, as what it becomes. */
  hook(machine: string, script: string): Promise<void>;
  isOn(machine: string): Promise<boolean>;
  /** Every call that named the machine. */
  calls(machine: string): Promise<string[]>;
  remove(): Promise<void>;
}

export const makeMachines = async (): Promise<Machines> => {
  const dir = await mkdtemp(join(tmpdir(), 'seqgap-machines-'));
  // Programs may be called by another user, over SSH.
  await chmod(dir, 0o755);
  await mkdir(join(dir, 'home'));
  const file = (machine: string, kind: string): string => join(dir, `${machine}.${kind}`);
  return {
    dir,
    add: async (machine) => {
      for (const kind of ['log', 'read', 'act', 'hook']) await rm(file(machine, kind), { force: true });
      await writeFile(file(machine, 'power'), 'on\n');
    },
    next: (machine, kind, ways) => writeFile(file(machine, kind), ways.map((way) => `${way}\n`).join('')),
    hook: (machine, script) => writeFile(file(machine, 'hook'), script),
    isOn: async (machine) => (await readFile(file(machine, 'power'), 'utf8')) === 'on\n',
    calls: async (machine) =>
      (await readFile(file(machine, 'log'), 'utf8').catch(() => '')).split('\n').slice(0, -1),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
};

/** What the programs and seqgap itself find in their environment. */
export const environment = (machines: Machines): Record<string, string> => ({
  PATH: `${PROGRAMS}:${process.env['PATH'] ?? ''}`,
  RECORDED: machines.dir,
  TEST_PASSWORD: 'the password',
});
