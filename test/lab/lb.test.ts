import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect } from 'vitest';
import { readTransitions, type Transition } from '../../src/lab/ground/transitions.js';
import { readTruth, truthOutage, type TruthGap } from '../../src/lab/witness/truth.js';
import type { ResultDocument, TimelineRow } from '../../src/model/tables.js';
import { measuring } from '../measuring.js';
import { distPath, labObstacle } from './lab-kit.js';

const obstacle = labObstacle();

interface Kind {
  readonly existing?: 'rebalance' | 'reset';
  readonly arms?: 'one' | 'two';
}

/** What the scenarios share: quick knobs, and flows that are hashed onto both nodes. */
const common = (name: string, { existing = 'rebalance', arms = 'two' }: Kind = {}): string => `
name: ${name}
lab: { design: lb, probe: 200ms, threshold: 2, existing: ${existing}, arms: ${arms}, boot: 1s }
vantages: { client: { netns: client } }
streams:
  - { name: existing, type: icmp, from: client, to: ${hostOf(arms)}, every: 50ms, timeout: 5s, flows: 16 }
  - { name: new, type: tcp, from: client, to: '${hostOf(arms)}:80', every: 50ms }
`;

const hostOf = (arms: Kind['arms']): string => (arms === 'one' ? '10.4.3.100' : '10.4.4.4');

const crashing = (name: string, repeat: number, kind: Kind = {}): string => `${common(name, kind)}
nodes:
  fw-a: { driver: lab-lb, http: { url: 'http://10.4.0.30' }, power: { driver: lab } }
  fw-b: { driver: lab-lb, http: { url: 'http://10.4.0.30' }, power: { driver: lab } }
sessions:
  - { name: echo, type: tcp, from: client, to: '${hostOf(kind.arms)}:7', count: 16, heartbeat: 200ms }
trigger: { node: fw-a, action: crash, timeout: 20s }
observe: [{ name: role, driver: role, every: 50ms }]
phases:
  - { name: detection, until: { node: acted, role: faulted } }
  - { name: data plane, until: traffic }
trial: { repeat: ${repeat}, steady: 1s, recovered: 1s, give-up: 20s, restore: 30s, failback: none, cool-down: 0s }
`;

/** Takes fw-b out of service and in again, twelve times, by the balancer's API, and stays in the background. */
const toggling = `
(async () => {
  const order = (word) => fetch('http://10.4.0.30/targets/fw-b/' + word, { method: 'POST' });
  for (let round = 0; round < 12; round++)
    for (const word of ['drain', 'register']) {
      await order(word);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
})();
`;

const toggleScenario = (program: string): string => `${common('lb-toggle')}
trigger: { action: exec, command: '"${process.execPath}" ${program} >/dev/null 2>&1 &', timeout: 7s }
observe:
  - { name: first, driver: http, url: 'http://10.4.0.30/targets/fw-b', json: '{"fw-b": state}', every: 50ms }
  - { name: second, driver: http, url: 'http://10.4.0.30/targets/fw-b', json: '{"fw-b": state}', every: 70ms }
  - { name: third, driver: http, url: 'http://10.4.0.30/targets/fw-b', json: '{"fw-b": state}', every: 90ms }
trial: { repeat: 1, steady: 1s, recovered: 1s, give-up: 20s, failback: none }
`;

interface LabRun {
  readonly result: ResultDocument;
  readonly transitions: readonly Transition[];
  readonly truth: readonly TruthGap[];
}

/** The lab's word for what a row says: `role faulted` is `unhealthy` there, `first = draining` is `draining`. */
const healthSaid = ({ milestone }: TimelineRow): string => {
  const word = milestone.split(' ').at(-1) ?? '';
  return { active: 'healthy', faulted: 'unhealthy' }[word] ?? word;
};

/** Rows are on the trial's clock; their instant in UTC has whole milliseconds, as the clock's anchor has. */
const ANCHOR_S = 0.002;

const isHeld = (row: TimelineRow, transitions: readonly Transition[]): boolean => {
  const offset = Date.parse(row.at_utc ?? '') / 1e3 - row.at_s;
  const lo = offset + (row.at_lo_s ?? Number.NaN) - ANCHOR_S;
  const hi = offset + (row.at_hi_s ?? Number.NaN) + ANCHOR_S;
  return transitions.some(
    ({ what, subject, value, after, before }) =>
      what === 'health' &&
      subject === row.subject &&
      value === healthSaid(row) &&
      after <= hi &&
      before >= lo,
  );
};

/** From the first order of a cut to the last packet that a node forwards. */
const CUT_S = 0.5;

describe.skipIf(obstacle !== null)(`two active nodes behind a load balancer ${obstacle ?? ''}`, () => {
  const runLab = async (
    folder: string,
    name: string,
    text: string,
    ...options: string[]
  ): Promise<LabRun> => {
    const file = join(folder, `${name}.yaml`);
    await writeFile(file, text);
    const { stdout } = await execa(
      process.execPath,
      [distPath('cli.js'), 'run', file, '--yes', '--json', '--out', folder, ...options],
      { reject: false, stderr: 'inherit', env: { XDG_STATE_HOME: folder } },
    );
    const run = join(folder, name, 'latest');
    return {
      result: JSON.parse(stdout) as ResultDocument,
      transitions: await readTransitions(join(run, 'transitions.jsonl')),
      truth: await readTruth(join(run, 'truth.jsonl')),
    };
  };

  const test = measuring(async (folder) => {
    const program = join(folder, 'toggle.cjs');
    await writeFile(program, toggling);
    return {
      crash: await runLab(folder, 'lb-crash', crashing('lb-crash', 2), '--witness'),
      reset: await runLab(folder, 'lb-reset', crashing('lb-reset', 1, { existing: 'reset' })),
      oneArm: await runLab(folder, 'lb-one-arm', crashing('lb-one-arm', 1, { arms: 'one' })),
      toggle: await runLab(folder, 'lb-toggle', toggleScenario(program)),
    };
  });

  test('a node that is named loses its power although both are active', ({ measured: { crash } }) => {
    expect(crash.result.trials.map(({ node, action, status }) => [node, action, status])).toEqual([
      ['fw-a', 'crash', 'ok'],
      ['fw-a', 'crash', 'ok'],
    ]);
  });

  test('the flows of the dead node are hit, those of the other one are not', ({ measured: { crash } }) => {
    for (const { flows, flows_affected } of crash.result.streams.filter(
      ({ stream }) => stream === 'existing',
    )) {
      expect(flows).toBe(16);
      expect(flows_affected).toBeGreaterThan(0);
      expect(flows_affected).toBeLessThan(16);
    }
    // Without state sync the other node drops what it has not seen begin.
    const verdicts = crash.result.sessions.map(({ verdict }) => verdict);
    expect(verdicts).toHaveLength(32);
    expect(new Set(verdicts)).toEqual(new Set(['survived', 'blackholed']));
  });

  test('the interval of the outage holds the true one', ({ measured: { crash } }) => {
    const cuts = crash.transitions.filter(({ what, value }) => what === 'power' && value === 'cut');
    expect(cuts).toHaveLength(2);
    for (const [index, { after, before }] of cuts.entries()) {
      // The witness tells when the node fell silent; its flows were moved one by one while they were steered away.
      const witnessed = truthOutage(crash.truth, { family: 4, from: after, to: before });
      const steered = crash.transitions.find(
        (each) => each.what === 'steering' && each.value === 'fw-b' && each.before > before,
      );
      if (witnessed === null || steered === undefined) throw new Error('no outage, or no steering');
      const slack = witnessed.hi_s - witnessed.lo_s;
      const row = crash.result.streams.find(
        ({ stream, trial }) => stream === 'existing' && trial === index + 1,
      );
      expect(row?.longest_lo_s).toBeLessThanOrEqual(steered.before - witnessed.start);
      expect(row?.longest_hi_s).toBeGreaterThanOrEqual(steered.after - witnessed.start - slack);
    }
  });

  test('the phases add up to the outage', ({ measured: { crash } }) => {
    for (const { trial, outage_s } of crash.result.trials) {
      const phases = (crash.result.phases ?? []).filter((row) => row.trial === trial);
      expect(phases.map(({ name }) => name)).toEqual(['detection', 'data plane']);
      const lengths = phases.map(({ length_s }) => length_s ?? Number.NaN);
      expect(lengths.reduce((sum, each) => sum + each, 0)).toBeCloseTo(outage_s ?? Number.NaN, 5);
    }
  });

  test('the intervals of at least 40 transitions hold the true instants', ({
    measured: { crash, toggle },
  }) => {
    const all = [crash, toggle].flatMap(({ result, transitions }) =>
      (result.timeline ?? [])
        .filter(({ kind, at_lo_s }) => kind === 'control-plane' && at_lo_s !== null)
        .map((row) => ({ row, held: isHeld(row, transitions) })),
    );
    const missed = all.filter(({ held }) => !held).map(({ row }) => row);
    expect(all.length).toBeGreaterThanOrEqual(40);
    expect(missed.length / all.length, JSON.stringify(missed)).toBeLessThanOrEqual(0.05);
  });

  /** The time of a transition after the power was cut, at the latest. */
  const afterCut = ({ transitions }: LabRun, what: string): number | null => {
    const cut = transitions.find((each) => each.what === 'power' && each.value === 'cut');
    const found = transitions.find((each) => each.what === what && each.after > (cut?.before ?? Infinity));
    return cut === undefined || found === undefined ? null : found.before - cut.after;
  };

  test('where flows are reset, sessions of the dead node end when it is known to be dead', ({
    measured: { reset },
  }) => {
    expect(reset.transitions.filter(({ what }) => what === 'reset')).toMatchObject([
      { subject: 'fw-a', value: 'tcp' },
    ]);
    const known_s = afterCut(reset, 'health') ?? Number.NaN;
    expect(afterCut(reset, 'reset')).toBeGreaterThanOrEqual(known_s);
    const { sessions, streams } = reset.result;
    expect(new Set(sessions.map(({ verdict }) => verdict))).toEqual(new Set(['survived', 'reset']));
    // What is no TCP sticks: it is down until the node is back, and longer than until it was known to be dead.
    const existing = streams.find(({ stream }) => stream === 'existing');
    expect(existing?.flows_affected).toBeGreaterThan(0);
    expect(existing?.longest_hi_s).toBeGreaterThan(known_s);
  });

  test('with one arm the flows of the dead node are hit, and go to the other one by another address', ({
    measured: { oneArm },
  }) => {
    const { trials, streams, sessions } = oneArm.result;
    expect(trials.map(({ node, status }) => [node, status])).toEqual([['fw-a', 'ok']]);
    const existing = streams.find(({ stream }) => stream === 'existing');
    expect(existing?.flows_affected).toBeGreaterThan(0);
    expect(existing?.flows_affected).toBeLessThan(16);
    // They wait until the balancer knows.
    expect(existing?.longest_hi_s).toBeGreaterThanOrEqual(
      (afterCut(oneArm, 'steering') ?? Number.NaN) - CUT_S,
    );
    expect(new Set(sessions.map(({ verdict }) => verdict))).toEqual(new Set(['survived', 'blackholed']));
    const detected = (oneArm.result.timeline ?? []).filter(({ milestone }) => milestone === 'role faulted');
    expect(detected.length).toBeGreaterThan(0);
    for (const row of detected) expect(isHeld(row, oneArm.transitions)).toBe(true);
  });

  test('a node that is drained costs no flow a packet', ({ measured: { toggle } }) => {
    expect(toggle.transitions.filter(({ value }) => value === 'draining')).toHaveLength(12);
    const [existing] = toggle.result.streams;
    expect(existing).toMatchObject({ stream: 'existing', lost: 0, late: 0, periods: 0 });
  });
});
