import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect } from 'vitest';
import { readTransitions, type Transition } from '../../src/lab/ground/transitions.js';
import type { PhaseRow, ResultDocument } from '../../src/model/tables.js';
import { measuring } from '../measuring.js';
import { distPath, labObstacle, openTool, type Tool } from './lab-kit.js';

const obstacle = labObstacle();

const KNOBS = {
  heartbeat: '150ms',
  missed: '5',
  detach: '300ms',
  attach: '500ms',
  routes: '900ms',
  promotion: '200ms',
  poll: '50ms',
  boot: '3s',
};
const LONGER_S = 1.5;
/** What a busy host may add to a phase of which nothing was changed. */
const NOISE_S = 0.5;

const owner = (address: string): string =>
  `value[?properties.ipConfigurations[?properties.privateIPAddress=='${address}' && properties.provisioningState!='Updating']].properties.virtualMachine.id | [0]`;

const scenario = (repeat: number): string => `
name: cloud
lab: { design: cloud-ip, ${Object.entries(KNOBS)
  .map(([key, value]) => `${key}: ${value}`)
  .join(', ')} }
nodes:
  fw-a: { driver: lab-cloud-ip, ssh: { host: 10.4.0.11, user: root }, power: { driver: lab } }
  fw-b: { driver: lab-cloud-ip, ssh: { host: 10.4.0.12, user: root }, power: { driver: lab } }
vantages: { client: { netns: client } }
streams:
  - { name: ping, type: icmp, from: client, to: 10.4.4.4, every: 20ms, timeout: 3s }
trigger: { node: active, action: crash, timeout: 20s }
observe:
  - { name: role, every: 150ms, driver: role }
  - name: addresses
    every: 50ms
    driver: http
    url: http://10.4.0.5/networkInterfaces
    shape: type(value)=='array'
    json: >-
      {
        "10.4.1.100": ${owner('10.4.1.100')},
        "10.4.2.100": ${owner('10.4.2.100')},
        both: join('+', (value || \`[]\`)[?properties.ipConfigurations[?name=='vip' && properties.provisioningState!='Updating']].properties.virtualMachine.id) || 'none'
      }
  - name: route
    every: 50ms
    driver: http
    url: http://10.4.0.5/routeTables/client-routes/effectiveRoutes
    json: value[0].nextHopNetworkInterface
    shape: type(value)=='array'
  - name: route-back
    every: 50ms
    driver: http
    url: http://10.4.0.5/routeTables/server-routes/effectiveRoutes
    json: value[0].nextHopNetworkInterface
    shape: type(value)=='array'
phases:
  - { name: detection, until: { node: other, role: transitioning } }
  - { name: detach, until: { observer: addresses, subject: both, is: none } }
  - { name: attach, until: { observer: addresses, subject: both, is: '/[+]/' } }
  - { name: promotion, until: { node: other, role: active } }
  - { name: data plane, until: traffic }
trial:
  repeat: ${repeat}
  steady: 1s
  recovered: 1s
  give-up: 60s
  restore: 60s
  failback: none
  cool-down: 100ms
`;

interface Observed {
  readonly at_ns: number;
  readonly event: string;
  readonly observer: string;
  readonly subject: string;
  readonly value: string;
  readonly since_ns: number | null;
  readonly detail?: string;
}

type Anchor = { readonly at_ns: number; readonly event: 'anchor'; readonly wall_ms: number };

/** A stated transition: it was between the two, in epoch seconds. */
interface Stated {
  readonly what: string;
  readonly subject: string;
  readonly value: string;
  readonly from: number;
  readonly to: number;
}

/** In the words of the lab's own account; null for what it does not give. */
const inTruth = ({ observer, subject, value, detail }: Observed): Omit<Stated, 'from' | 'to'> | null => {
  if (observer === 'route' || observer === 'route-back')
    return {
      what: 'next-hop',
      subject: observer === 'route' ? '10.4.1.100' : '10.4.2.100',
      value: value.replace(/-(un)?trust$/, ''),
    };
  if (observer === 'addresses') return subject === 'both' ? null : { what: 'owner', subject, value };
  // A node without its daemon says "stopped" by itself.
  return observer === 'role' && detail !== undefined && detail !== 'stopped'
    ? { what: 'role', subject, value: detail }
    : null;
};

const statedIn = async (run: string): Promise<Stated[]> => {
  const stated: Stated[] = [];
  for (const name of (await readdir(run)).filter((each) => /^trial-\d+$/.test(each))) {
    const text = await readFile(join(run, name, 'events.jsonl'), 'utf8');
    const events = text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Observed | Anchor);
    const anchor = events.find((event): event is Anchor => event.event === 'anchor');
    if (anchor === undefined) throw new Error('no anchor');
    const epoch = (at_ns: number): number => anchor.wall_ms / 1e3 + (at_ns - anchor.at_ns) / 1e9;
    for (const event of events) {
      if (event.event !== 'observed' || !('observer' in event) || event.since_ns === null) continue;
      const told = inTruth(event);
      if (told !== null) stated.push({ ...told, from: epoch(event.since_ns), to: epoch(event.at_ns) });
    }
  }
  return stated;
};

/** The anchor of a trial is good to a millisecond and the time it took to read it. */
const ANCHOR_S = 0.003;

const holds = (stated: Stated, truth: readonly Transition[]): boolean =>
  truth.some(
    ({ what, subject, value, after, before }) =>
      what === stated.what &&
      subject === stated.subject &&
      value === stated.value &&
      before >= stated.from - ANCHOR_S &&
      after <= stated.to + ANCHOR_S,
  );

describe.skipIf(obstacle !== null)(`the lab cloud-ip ${obstacle ?? ''}`, () => {
  const api = (tool: Tool, path: string, method = 'GET', body: unknown = null): Promise<string> => {
    const options = JSON.stringify({ method, ...(body === null ? {} : { body: JSON.stringify(body) }) });
    const program = `fetch('http://10.4.0.5${path}', ${options}).then((r) => r.text()).then(console.log)`;
    return tool.run('lab', 'exec', 'jump', '--', process.execPath, '-e', program);
  };

  /** Runs of one lab: as it is, with a longer attachment, and with requests that go wrong. */
  const test = measuring(async (folder) => {
    const results: ResultDocument[] = [];
    const stated: Stated[] = [];
    let truth: Transition[] = [];
    const tool = openTool();
    const measure = async (repeat: number): Promise<void> => {
      const file = join(folder, 'cloud.yaml');
      await writeFile(file, scenario(repeat));
      const { stdout } = await execa(
        process.execPath,
        [distPath('cli.js'), 'run', file, '--json', '--out', folder],
        { reject: false, stderr: 'inherit', env: tool.env },
      );
      const result = JSON.parse(stdout) as ResultDocument;
      const run = join(folder, 'cloud', result.trials[0]?.run ?? '');
      stated.push(...(await statedIn(run)));
      truth = await readTransitions(join(run, 'transitions.jsonl'));
      results.push(result);
    };
    try {
      const knobs = Object.entries(KNOBS).flatMap(([key, value]) => ['--knob', `${key}=${value}`]);
      await tool.run('lab', 'up', '--design', 'cloud-ip', ...knobs);
      await measure(2);
      const attach = { least: `${0.5 + LONGER_S}s`, most: `${0.5 + LONGER_S}s` };
      await api(tool, '/lab/delays', 'PATCH', { attach });
      await measure(1);
      await api(tool, '/lab/delays', 'PATCH', { attach: { least: '500ms', most: '500ms' } });
      await api(tool, '/lab/faults', 'PATCH', { throttle: 2, lose: 2, fail: 2 });
      await measure(1);
      const faults: unknown = JSON.parse(await api(tool, '/lab/faults'));
      return { results, stated, truth, faults, nodes: (await tool.status()).nodes };
    } finally {
      await tool.dispose();
    }
  });

  test('every trial fails over, and has all its phases', ({ measured: { results } }) => {
    for (const { trials, phases } of results) {
      expect(trials.map(({ status, void_reason }) => void_reason ?? status)).toEqual(trials.map(() => 'ok'));
      expect(phases).toHaveLength(5 * trials.length);
    }
  });

  test('the phases add up to the outage', ({ measured: { results } }) => {
    for (const { trials, phases = [] } of results)
      for (const { trial, outage_s, outage_lo_s, outage_hi_s } of trials) {
        const own = phases.filter((phase) => phase.trial === trial);
        const sum = (of: (phase: PhaseRow) => number | null): number =>
          own.reduce((total, phase) => total + (of(phase) ?? 0), 0);
        expect(sum(({ length_s }) => length_s)).toBeCloseTo(outage_s ?? Number.NaN, 4);
        expect(sum(({ lo_s }) => lo_s)).toBeLessThanOrEqual((outage_lo_s ?? 0) + 1e-5);
        expect(sum(({ hi_s }) => hi_s)).toBeGreaterThanOrEqual((outage_hi_s ?? Infinity) - 1e-5);
      }
  });

  test('the stated intervals of at least 40 transitions hold what truly happened', ({
    measured: { stated, truth },
  }) => {
    const missed = stated.filter((each) => !holds(each, truth));
    expect(stated.length).toBeGreaterThanOrEqual(40);
    expect(missed.length, JSON.stringify(missed)).toBeLessThanOrEqual(0.05 * stated.length);
  });

  test('an attachment that takes 1.5 s longer shows in the phase of that name, and in no other', ({
    measured: { results },
  }) => {
    const hull = (result: ResultDocument | undefined, name: string): { lo: number; hi: number } => {
      const own = (result?.phases ?? []).filter((phase) => phase.name === name);
      return {
        lo: Math.min(...own.map(({ lo_s }) => lo_s)),
        hi: Math.max(...own.map(({ hi_s }) => hi_s ?? Infinity)),
      };
    };
    const [before, after] = results;
    const attach = { before: hull(before, 'attach'), after: hull(after, 'attach') };
    const shift = {
      lo: attach.after.lo - attach.before.hi - NOISE_S,
      hi: attach.after.hi - attach.before.lo + NOISE_S,
    };
    expect(shift.lo).toBeGreaterThan(0);
    expect(shift.lo).toBeLessThanOrEqual(LONGER_S);
    expect(shift.hi).toBeGreaterThanOrEqual(LONGER_S);
    for (const name of ['detection', 'detach', 'promotion', 'data plane']) {
      const [one, other] = [hull(before, name), hull(after, name)];
      const apart = Math.max(one.lo - other.hi, other.lo - one.hi);
      expect(apart, `${name} ${JSON.stringify([one, other])}`).toBeLessThan(NOISE_S);
    }
  });

  test('requests that are throttled, operations that fail and answers that are lost cost time, no more', ({
    measured: { results, faults, nodes },
  }) => {
    expect(faults).toMatchObject({ throttle: 0, lose: 0, fail: 0 });
    const [usual] = results;
    const [faulty] = results[2]?.trials ?? [];
    const longest = Math.max(...(usual?.trials ?? []).map(({ outage_hi_s }) => outage_hi_s ?? Infinity));
    expect(faulty?.outage_hi_s).toBeGreaterThan(longest);
    const roles = nodes.map(({ ha }) => ha);
    expect(new Set(roles)).toEqual(new Set(['active', 'passive']));
  });
});
