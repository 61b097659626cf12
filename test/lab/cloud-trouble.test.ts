import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect } from 'vitest';
import { missingPackages } from '../../src/lab/enter.js';
import { readTransitions, type Transition } from '../../src/lab/ground/transitions.js';
import type { ResultDocument, StreamRow } from '../../src/model/tables.js';
import { measuring } from '../measuring.js';
import { distPath, labObstacle } from './lab-kit.js';

const obstacle = labObstacle();
const noLease = missingPackages(undefined, 'lease').length === 0 ? null : 'SKIPPED: needs udhcpc';

/** What a cloud may do to a pair that has failed over, quickly. */
const scenario = (name: string, knobs: string, streams: string, trial: string): string => `
name: ${name}
lab: { design: cloud-ip, heartbeat: 200ms, detach: 200ms, attach: 200ms, routes: 200ms, promotion: 100ms, poll: 50ms, boot: 3s, ${knobs} }
nodes:
  fw-a: { driver: lab-cloud-ip, ssh: { host: 10.4.0.11, user: root }, power: { driver: lab } }
  fw-b: { driver: lab-cloud-ip, ssh: { host: 10.4.0.12, user: root }, power: { driver: lab } }
vantages: { client: { netns: client } }
streams:
${streams}
trigger: { node: fw-a, action: crash, timeout: 20s }
observe:
  - { name: role, every: 150ms, driver: role }
  - { name: path, driver: ttl, stream: ping }
trial: { repeat: 1, steady: 1s, recovered: 2s, give-up: 60s, restore: 60s, failback: none, ${trial} }
`;

const PING = '  - { name: ping, type: icmp, from: client, to: 10.4.4.4, every: 20ms, timeout: 2s }';
const UDP = '  - { name: udp, type: stamp, from: client, to: 10.4.4.4, every: 20ms, timeout: 2s }';

interface Event {
  readonly at_ns: number;
  readonly event: string;
  readonly wall_ms?: number;
}

interface Run {
  readonly result: ResultDocument;
  readonly truth: readonly Transition[];
  readonly events: readonly Event[];
}

const runLab = async (folder: string, name: string, text: string): Promise<Run> => {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, text);
  const { stdout } = await execa(
    process.execPath,
    [distPath('cli.js'), 'run', file, '--yes', '--json', '--out', folder],
    { reject: false, stderr: 'inherit', env: { XDG_STATE_HOME: folder } },
  );
  const run = join(folder, name, 'latest');
  const lines = (await readFile(join(run, 'trial-01', 'events.jsonl'), 'utf8')).trim().split('\n');
  return {
    result: JSON.parse(stdout) as ResultDocument,
    truth: await readTransitions(join(run, 'transitions.jsonl')),
    events: lines.map((line) => JSON.parse(line) as Event),
  };
};

const valuesOf = ({ truth }: Run, what: string): string[] =>
  truth.filter((each) => each.what === what).map(({ value }) => value);

/** Epoch seconds of an instant on the trial's clock: that of the anchor is good to a millisecond. */
const epochOf = ({ events }: Run, at_s: number): number => {
  const anchor = events.find(({ event }) => event === 'anchor');
  if (anchor?.wall_ms === undefined) throw new Error('no anchor');
  return anchor.wall_ms / 1e3 + at_s - anchor.at_ns / 1e9;
};
const ANCHOR_S = 0.003;
/** A way is down until a probe crosses it, at most one later. */
const PROBE_S = 0.03;

describe.skipIf(obstacle !== null)(`a cloud after a failover ${obstacle ?? ''}`, () => {
  const test = measuring(async (folder) => ({
    oneWay: await runLab(
      folder,
      'one-way',
      scenario('one-way', 'rules: 3s', `${UDP}\n${PING}`, 'cool-down: 100ms'),
    ),
    direct: await runLab(folder, 'direct', scenario('direct', 'replies: direct', PING, 'cool-down: 100ms')),
  }));

  test('whose security rules lag behind drops replies, and nothing else', ({ measured: { oneWay } }) => {
    expect(valuesOf(oneWay, 'rules')).toEqual(['drop', 'pass']);
    const way = (direction: StreamRow['direction']): StreamRow => {
      const row = oneWay.result.streams.find((each) => each.stream === 'udp' && each.direction === direction);
      if (row === undefined) throw new Error(`no ${direction}`);
      return row;
    };
    expect(way('reverse').longest_lo_s).toBeGreaterThan(way('forward').longest_hi_s ?? Infinity);
    // The way back is open when the rules are there, as the lab says.
    const passes = oneWay.truth.find(({ what, value }) => what === 'rules' && value === 'pass');
    const back = (oneWay.result.timeline ?? []).find(
      ({ milestone, subject }) => milestone === 'recovery' && subject === 'udp',
    );
    expect(epochOf(oneWay, back?.at_hi_s ?? Number.NaN)).toBeGreaterThanOrEqual(
      (passes?.after ?? Infinity) - ANCHOR_S,
    );
    expect(epochOf(oneWay, back?.at_lo_s ?? Number.NaN)).toBeLessThanOrEqual(
      (passes?.before ?? -Infinity) + PROBE_S,
    );
  });

  test('that lets replies go past the pair shows by their TTL', ({ measured: { direct } }) => {
    expect(valuesOf(direct, 'replies')).toEqual(['direct']);
    expect(direct.result.trials).toMatchObject([{ status: 'ok' }]);
    // It was 61: the pair is passed by, and the network behind it.
    const paths = (direct.result.timeline ?? []).filter(({ source }) => source === 'path');
    expect(paths.map(({ milestone, subject }) => `${subject ?? ''} ${milestone}`)).toEqual([
      'ping path = 63',
    ]);
  });
});

describe.skipIf(obstacle !== null || noLease !== null)(
  `a lease whose server died ${obstacle ?? noLease ?? ''}`,
  () => {
    const test = measuring(async (folder) => ({
      run: await runLab(
        folder,
        'lease',
        scenario('lease', 'lease: 2m', PING, 'aftercare: { for: 125s, every: 100ms }'),
      ),
    }));

    test('ends in the aftercare, and traffic with it', ({ measured: { run } }) => {
      expect(valuesOf(run, 'lease')).toEqual(['bound', 'expired']);
      expect(run.result.trials).toMatchObject([{ status: 'ok', phase: 'failover' }]);
      expect(run.result.trials[0]?.outage_s).toBeLessThan(10);
      const expired = run.truth.find(({ value }) => value === 'expired');
      const outage = run.result.outages.find(({ phase }) => phase === 'aftercare');
      // From the first probe without an address on: it was sent after the address went, at most one interval later.
      const began = epochOf(run, outage?.start_s ?? Number.NaN);
      expect(began).toBeGreaterThanOrEqual((expired?.after ?? Infinity) - 0.1 - ANCHOR_S);
      expect(began).toBeLessThanOrEqual((expired?.before ?? -Infinity) + 0.1 + ANCHOR_S);
    });
  },
);
