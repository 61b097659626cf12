import { expect, test } from 'vitest';
import { deed, dryRun } from '../../../src/cli/run/dry-run.js';
import type { Scenario } from '../../../src/model/plan.js';
import { loaded } from '../scenario/written.js';

const scenarioOf = async (more: string, driver = 'keepalived'): Promise<Scenario> => {
  const { scenario } = await loaded(`
name: pair
nodes:
  fw-a: { driver: ${driver}, ssh: { host: 192.0.2.11, user: root }, params: &own {} }
  fw-b: { driver: ${driver}, ssh: { host: 192.0.2.12, user: root }, params: *own }
streams:
  - { name: ping, type: icmp, to: 10.4.4.4, every: 10ms }
${more}
`);
  return scenario;
};

/** The lines that say when something is sent. */
const headings = (text: string): string[] =>
  text.split('\n').filter((line) => /^\S.* by \S+ over /.test(line));

test('a failback is a switchover of either node, and is shown and counted', async () => {
  const scenario = await scenarioOf(`
trigger: { node: active, action: reboot }
trial: { repeat: 4, failback: measure }`);
  expect(deed(scenario)).toBe(
    'reboot of the active node of fw-a and fw-b, 4 times, a switchover back after each',
  );
  const shown = await dryRun(scenario, []);
  expect(headings(shown)).toEqual([
    'if fw-a is active: reboot by keepalived over ssh root@192.0.2.11',
    'if fw-b is active: reboot by keepalived over ssh root@192.0.2.12',
    'failback, if fw-a is active then: switchover by keepalived over ssh root@192.0.2.11',
    'failback, if fw-b is active then: switchover by keepalived over ssh root@192.0.2.12',
  ]);
  expect(shown).toContain('undo  ssh root@192.0.2.12: service keepalived start');
});

test('the control arm switches the state sync of every node off, and its trials count', async () => {
  const scenario = await scenarioOf(`
sessions:
  - { name: echo, type: tcp, to: '10.4.4.4:7', count: 1, heartbeat: 100ms }
trigger: { node: fw-a, action: switchover }
trial: { repeat: 1, control-repeat: 2 }
control-arm: no-sync`);
  expect(deed(scenario)).toBe(
    'switchover of fw-a, once; then 2 times more with the state sync of fw-a and fw-b switched off',
  );
  expect(headings(await dryRun(scenario, []))).toEqual([
    'on fw-a: switchover by keepalived over ssh root@192.0.2.11',
    'control arm, before its trigger, on fw-a: sync-off by keepalived over ssh root@192.0.2.11',
    'control arm, before its trigger, on fw-b: sync-off by keepalived over ssh root@192.0.2.12',
  ]);
});

test('a variant is named', async () => {
  const variant = `trigger: { node: fw-b, action: switchover, variant: restart }`;
  const { nodes, ...rest } = await scenarioOf(variant, 'vyos');
  const scenario = { ...rest, nodes: nodes.map((node) => ({ ...node, params: { group: 'LAN' } })) };
  expect(deed(scenario)).toBe('switchover-restart of fw-b, once');
  expect(headings(await dryRun(scenario, []))).toEqual([
    expect.stringMatching(/^on fw-b: switchover-restart by vyos over /),
  ]);
});

test('what is done to no node is said without one', async () => {
  const { scenario } = await loaded(`
name: own
streams: [{ name: ping, type: icmp, to: 10.4.4.4, every: 10ms }]
trigger: { action: exec, command: ./cut.sh }
trial: { repeat: 3 }`);
  expect(deed(scenario)).toBe('exec, 3 times');
  expect(headings(await dryRun(scenario, []))).toEqual([
    expect.stringMatching(/^on this host: exec by exec/),
  ]);
});
