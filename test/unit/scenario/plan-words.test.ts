import { assert, asyncProperty, string, tuple } from 'fast-check';
import { expect, test } from 'vitest';
import { planTime, describePlan } from '../../../src/scenario/words.js';
import { loaded, MINIMAL } from './written.js';

const planOf = async (text: string): Promise<string> => describePlan((await loaded(text)).scenario);

test('a manual trigger says what the person is asked to do', async () => {
  const plan = await planOf(MINIMAL.replace('manual', 'manual, prompt: pull the plug'));
  expect(plan).toContain('you are asked to act: pull the plug');
  expect(plan).toContain('no nodes are declared: roles are not known');
});

test('an exec trigger says its command and how it is undone', async () => {
  const exec = MINIMAL.replace('manual', 'exec, command: ./cut.sh');
  expect(await planOf(exec)).toMatch(/runs: \.\/cut\.sh[\s\S]*nothing is undone/);
  expect(await planOf(exec.replace('cut.sh', 'cut.sh, undo: ./mend.sh'))).toMatch(
    /undo +this host runs: \.\/mend\.sh/,
  );
});

test.each([
  ['crash', 'pdu'],
  ['stop', 'pdu'],
  ['reboot', 'keepalived'],
  ['switchover', 'keepalived'],
])('%s is done by driver %s', async (action, driver) => {
  const nodes = 'nodes: { fw-a: { driver: keepalived, power: { driver: pdu } } }';
  const plan = await planOf(`${MINIMAL.replace('manual', action)}${nodes}\n`);
  expect(plan.split(/\s+/).join(' ')).toContain(`(${action}) by driver ${driver}`);
});

test('a named node is named', async () => {
  const nodes = 'nodes: { fw-a: { driver: x }, fw-b: { driver: y } }';
  const plan = await planOf(`${MINIMAL.replace('manual', 'reboot, node: fw-b')}${nodes}\n`);
  expect(plan).toContain('node fw-b: it is rebooted (reboot) by driver y');
});

test('IPv6 targets with a port stand in brackets', async () => {
  const plan = await planOf(MINIMAL.replace('type: icmp, to: 10.4.4.4', "type: tcp, to: '[fd00::4]:80'"));
  expect(plan).toContain('to [fd00::4]:80 every');
});

test('the longest time is the sum of all limits, for each trial', async () => {
  const { scenario } = await loaded(`${MINIMAL}
sessions: [{ name: echo, type: tcp, to: '10.4.4.4:7', heartbeat: 500ms }]
trial: { repeat: 3, steady: 20s, recovered: 6s, give-up: 1m, restore: 2m, failback: measure, cool-down: 4s }
`);
  // Twice (failover, failback): steady 20 + 60, wait 0.5, action 60, outage 60, proof 2 x 6, restore 120.
  const phase = 20 + 60 + 0.5 + 60 + 60 + 12 + 120;
  // And thrice: the drain of 2. Two pauses of 4.
  expect(planTime(scenario).max_ns).toBe((3 * (2 * phase + 2) + 2 * 4) * 1e9);
  expect(describePlan(scenario)).toMatch(/at most +33m 29s/);
});

test('recovery takes five probes where these take longer', async () => {
  const text = (every: string): string =>
    `${MINIMAL.replace('10ms', `${every}, timeout: 1s`)}trial: { recovered: 5s, cool-down: 0s }\n`;
  const [quick, rare] = [await loaded(text('1s')), await loaded(text('10s'))];
  // 5 x 10 s in place of 5 s, and half a random wait of 10 s in place of 1 s.
  const longer = planTime(rare.scenario).typical_ns - planTime(quick.scenario).typical_ns;
  expect(longer).toBe((45 + 4.5) * 1e9);
});

test('no line is wider than 100 columns, whatever the texts are', async () => {
  const { scenario } = await loaded(`${MINIMAL}nodes: { fw-a: { driver: x } }\n`);
  const texts = tuple(string({ maxLength: 300 }), string({ maxLength: 300 }), string({ maxLength: 300 }));
  await assert(
    asyncProperty(texts, async ([description, command, host]) => {
      const plan = describePlan({
        ...scenario,
        description,
        labels: { [host]: command },
        trigger: { ...scenario.trigger, action: 'exec', command, undo: description },
        streams: scenario.streams.map((stream) => Object.assign({}, stream, { host })),
        limits: [{ key: `${host}.longest`, subject: host, metric: 'longest', value: 1, text: '1s' }],
      });
      expect(Math.max(...plan.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    }),
  );
});
