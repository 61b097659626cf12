import type { Scenario } from '../../../src/model/plan.js';
import type { RunRecord } from '../../../src/model/run.js';
import { ns } from '../../../src/model/time.js';

const S = 1e9;

export const sampleScenario: Scenario = {
  name: 'lab-vrrp-crash',
  description: 'the active node loses power',
  labels: { design: 'vrrp' },
  version: '9.0',
  lab: {
    design: 'vrrp',
    advert_ns: ns(S / 5),
    sync: 'none',
    boot_ns: ns(4 * S),
    tcpLoose: false,
    preempt: false,
  },
  nodes: [
    {
      name: 'fw-a',
      driver: 'keepalived',
      ssh: {
        host: '10.4.0.11',
        port: 22,
        user: 'root',
        key: null,
        passphrase: null,
        password: 'never-registered',
        agent: false,
        knownHosts: null,
        timeout_ns: ns(10 * S),
      },
      params: { token: 'tok"en-7' },
      power: { driver: 'lab', params: {} },
    },
  ],
  vantages: [{ name: 'client', kind: 'netns', prefix: ['ip', 'netns', 'exec', 'client'], agent: null }],
  streams: [
    {
      name: 'ping',
      type: 'icmp',
      from: 'client',
      host: '10.4.4.4',
      port: null,
      family: null,
      every_ns: ns(S / 100),
      wait_ns: ns(2 * S),
      size: 32,
      control: false,
      engine: 'auto',
    },
  ],
  sessions: [
    {
      name: 'echo',
      type: 'tcp',
      from: 'client',
      host: '10.4.4.4',
      port: 7,
      family: 4,
      count: 2,
      heartbeat_ns: ns(S / 10),
      login: null,
      control: false,
    },
  ],
  trigger: {
    node: 'active',
    action: 'crash',
    command: null,
    undo: null,
    prompt: null,
    timeout_ns: ns(60 * S),
  },
  observe: [{ name: 'vip', every_ns: ns(S / 5), driver: 'role' }],
  trial: {
    repeat: 4,
    steady_ns: ns(15 * S),
    recovered_ns: ns(5 * S),
    giveUp_ns: ns(300 * S),
    restore_ns: ns(300 * S),
    failback: 'none',
    coolDown_ns: ns(5 * S),
  },
  analysis: { delayThreshold_ns: null, mergeGap_ns: ns(0) },
  limits: [{ key: 'ping.longest', subject: 'ping', metric: 'longest', value: 5, text: '5s' }],
};

export const sampleRecord = (run: string): RunRecord => ({
  format: 1,
  run,
  tool: { name: 'seqgap', version: '0.1.0', node: 'v20.20.2' },
  host: { name: 'jump', kernel: '6.18.5', cpus: 2 },
  version: '9.0',
  labels: { design: 'vrrp' },
  scenario_file: 'scenarios/lab/vrrp-crash.yaml',
  scenario: sampleScenario,
  started_utc: '2025-11-21T19:15:29Z',
  ended_utc: '2025-11-21T19:17:29Z',
  status: 'complete',
  error: null,
  restored: true,
  trials_planned: 4,
  trials_done: 4,
});
