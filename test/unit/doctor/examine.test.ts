import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { examine } from '../../../src/cli/doctor/examine.js';
import { needsOf } from '../../../src/cli/doctor/needs.js';
import { findingsTable } from '../../../src/cli/doctor/command.js';
import type { Scenario, StreamOf } from '../../../src/model/plan.js';
import { fromMs } from '../../../src/model/time.js';
import { textWidth } from '../../../src/report/text/table.js';
import { sampleScenario } from '../../io/store/sample-record.js';
import { names, page, section } from '../docs/markdown.js';
import { recorded, type Changes } from './recorded.js';

const examined = (changes: Changes = {}, scenario: Scenario | null = null, steps: string[] = []) =>
  examine({
    sources: recorded(changes),
    clock: systemClock,
    scenario,
    out: 'results',
    toolVersion: '0.1.0',
    onStep: (text) => steps.push(text),
    measure: () => Promise.resolve({ slots: 2000, p50_ms: 0.08, p99_ms: 0.21, max_ms: 1.9, stalls: 0 }),
  });

const refused = (): Promise<Error> => Promise.resolve(new Error('Operation not permitted'));
const onHost: Scenario = {
  ...sampleScenario,
  lab: null,
  vantages: [{ name: 'client', kind: 'local', prefix: [], agent: null }],
};

describe('examine', () => {
  test('a sound host needs nothing but for a tick of /proc/stat', async () => {
    const steps: string[] = [];
    const { findings, canMeasure, verdict } = await examined({}, null, steps);
    // The recorded /proc/stat does not move.
    expect(findings.filter(({ status }) => status !== 'ok').map(({ check }) => check)).toEqual(['cpu-steal']);
    expect(canMeasure).toBe(true);
    expect(verdict).toBe(
      'This host can measure with ICMP by native, and TCP, at intervals of 1 ms and more; 1 warning.',
    );
    expect(steps).toHaveLength(3);
  });

  test('each check has a name of its own, and a remedy unless all is well', async () => {
    const { findings } = await examined({
      nativeSocket: refused,
      rawSocket: refused,
      files: {},
      missingPackages: () => ['tcpdump'],
    });
    expect(new Set(findings.map(({ check }) => check)).size).toBe(findings.length);
    expect(findings.filter(({ status, remedy }) => (status === 'ok') !== (remedy === null))).toEqual([]);
  });

  test('the documentation tells of no check that there is not', async () => {
    const { findings } = await examined();
    const told = names(section(page('troubleshooting.md'), '## What `seqgap doctor` finds, and what to do'));
    expect(told.length).toBeGreaterThan(1);
    expect(findings.map(({ check }) => check)).toEqual(expect.arrayContaining(told));
  });

  test('without any ICMP a host cannot measure, and the verdict says what to look at', async () => {
    const { canMeasure, verdict } = await examined({
      nativeSocket: refused,
      rawSocket: refused,
      commands: { 'ping -V': null },
    });
    expect(canMeasure).toBe(false);
    expect(verdict).toBe('This host cannot measure yet: see icmp-engine.');
  });

  test('a lab brings its own root: raw sockets of this host do not matter to it', async () => {
    const changes = { nativeSocket: refused, rawSocket: refused, commands: { 'ping -V': null } };
    expect(await examined(changes, sampleScenario)).toMatchObject({
      canMeasure: true,
      verdict: expect.stringMatching(
        /^This host can measure lab-vrrp-crash with the lab, at intervals of 1 ms and more/,
      ) as string,
    });
  });

  test('a scenario on this host is judged by what it needs', async () => {
    const changes = { nativeSocket: refused, rawSocket: refused, commands: { 'ping -V': null } };
    expect((await examined(changes, onHost)).verdict).toBe(
      'This host cannot measure lab-vrrp-crash yet: see icmp-engine.',
    );
  });
});

describe('what a scenario needs', () => {
  const stream = onHost.streams[0] as StreamOf<'icmp'>;

  test('sockets of the busiest vantage here: TCP probes in flight, ICMP once, each session', () => {
    const streams = [
      stream,
      { ...stream, name: 'web', type: 'tcp' as const, port: 80, every_ns: fromMs(50), wait_ns: fromMs(900) },
    ];
    expect(needsOf({ ...onHost, streams })).toMatchObject({
      icmp: true,
      every_ms: 10,
      sockets: 1 + 18 + 2,
      ipv6: false,
      lab: false,
    });
  });

  test('what is sent from elsewhere is not its business', () => {
    const vantages = [
      { name: 'client', kind: 'ssh' as const, prefix: ['ssh', 'far'], agent: ['seqgap', 'agent'] },
    ];
    expect(needsOf({ ...onHost, vantages })).toMatchObject({
      icmp: false,
      every_ms: null,
      sockets: 0,
      vantages,
    });
  });

  test('logins of nodes are wanted outside of a lab only', () => {
    expect(needsOf(onHost).logins).toHaveLength(1);
    expect(needsOf(sampleScenario)).toMatchObject({ lab: true, logins: [], vantages: [], icmp: false });
  });
});

describe('the table', () => {
  test('fits, whatever is found, and colour changes only the colour', async () => {
    const folder = () =>
      Promise.resolve({ existing: `/srv/${'a-long-folder/'.repeat(20)}`, writable: false, free_bytes: 0 });
    const examination = await examined({ folder, rawSocket: refused });
    const plain = findingsTable(examination, { columns: 100, color: false });
    expect(plain.split('\n').filter((line) => textWidth(line) > 100)).toEqual([]);
    expect(
      findingsTable(examination, { columns: 60, color: false })
        .split('\n')
        .every((line) => textWidth(line) <= 60),
    ).toBe(true);
    const escapes = new RegExp(`${String.fromCodePoint(27)}\\[[\\d;]+m`, 'g');
    const coloured = findingsTable(examination, { columns: 100, color: true });
    expect(coloured).toMatch(escapes);
    expect(coloured.replaceAll(escapes, '')).toBe(plain);
  });

  test('each finding with its remedy below, the same remedy only once', () => {
    const remedy = 'run as root';
    const text = findingsTable(
      {
        findings: [
          { check: 'ping', status: 'ok', detail: 'fine', remedy: null },
          { check: 'raw-4', status: 'warn', detail: 'refused', remedy },
          { check: 'raw-6', status: 'fail', detail: 'refused', remedy },
        ],
        canMeasure: false,
        verdict: 'No.',
      },
      { columns: 100, color: false },
    );
    expect(text).toBe(
      '✓ ping   fine\n! raw-4  refused\n         → run as root\n✗ raw-6  refused\n         → as above\n\nNo.\n',
    );
  });
});
