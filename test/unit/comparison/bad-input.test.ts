import { describe, expect, test } from 'vitest';
import { compareSides } from '../../../src/analysis/comparison/compare.js';
import { EXIT, KnownError } from '../../../src/model/error.js';
import type { Side } from '../../../src/model/figures.js';
import { options, plainSide, runOf, sideOf, type RunSpec } from './sides.js';

const FINE = [{ streams: [{ value_s: 1 }] }];
const base = plainSide('A', [1, 2, 3, 4]);

const one = (spec: Partial<RunSpec> & Pick<RunSpec, 'version'>): Side =>
  sideOf(`version=${spec.version}`, runOf({ trials: FINE, ...spec }));

const refusalBy = (by: Partial<typeof options>, first: Side, ...others: readonly Side[]): string => {
  try {
    compareSides(first, others, { ...options, ...by });
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    expect(error.exitCode).toBe(EXIT.usage);
    expect(error.remedy).not.toBeNull();
    return error.message;
  }
  throw new Error('was not refused');
};

const refusal = (first: Side, ...others: readonly Side[]): string => refusalBy({}, first, ...others);

describe('is refused with a clear word', () => {
  test('a side without a run names what was left out', () => {
    const empty: Side = { name: 'version=C', runs: [], leftOut: [{ path: 'results/x/1', why: 'edited' }] };
    expect(refusal(base, empty)).toBe('version=C: no run to compare: results/x/1 (edited)');
    expect(refusal({ ...empty, leftOut: [] }, base)).toBe('version=C: no run to compare');
  });

  test('a side with watches alone', () => {
    expect(refusal(base, one({ version: 'C', summary: { kind: 'watch' } }))).toBe(
      'version=C: no run to compare: results/pair/20261121T120000Z-C (a watch: nothing was triggered, there is no ' +
        'trial in it)',
    );
  });

  test('a side without a valid trial', () => {
    const trials = [1, 2, 3, 4].map((value_s) => ({
      status: 'void' as const,
      void_reason: 'control stream lost 3 probes',
      streams: [{ value_s }],
    }));
    expect(refusal(base, one({ version: 'C', trials }))).toBe(
      'version=C: no valid trial: ' +
        [1, 2, 3]
          .map((n) => `20261121T120000Z-C trial ${n} failover: void: control stream lost 3 probes`)
          .join('; ') +
        '; and 1 more',
    );
  });

  test('a run that has not finished a trial', () => {
    const running = one({ version: 'C', trials: [], summary: { status: 'running' } });
    expect(refusal(base, running)).toBe(
      'version=C: no finished trial in results/pair/20261121T120000Z-C (running)',
    );
  });

  test('the same run on both sides, also as a copy', () => {
    const copy = {
      ...base,
      name: 'copy',
      runs: base.runs.map((run) => ({ ...run, summary: { ...run.summary, path: 'copy/1' } })),
    };
    expect(refusal(base, copy)).toBe('version=A and copy have a run in common: copy/1');
  });

  test('the same words twice', () => {
    expect(refusal(base, plainSide('B', [1]), plainSide('B', [2]))).toBe('version=B is there twice');
  });

  test('different scenarios', () => {
    expect(refusal(base, one({ version: 'C', scenario: 'other' }))).toBe(
      'different scenarios: version=A has pair, version=C has other',
    );
  });

  test('different kinds of trigger', () => {
    expect(refusal(base, one({ version: 'C', trigger: 'reboot' }))).toBe(
      'different kinds of trigger: version=A has crash, version=C has reboot',
    );
  });

  test('different phases', () => {
    const failback = [{ phase: 'failback' as const, streams: [{ value_s: 1 }] }];
    expect(refusal(base, one({ version: 'C', trials: failback }))).toBe(
      'different phases: version=A has failover, version=C has failback',
    );
  });

  test('a phase that was not measured', () => {
    expect(refusalBy({ phase: 'failback' }, base, one({ version: 'C' }))).toBe(
      'version=A: no trial in the phase failback; there is failover',
    );
  });

  test('streams of another family', () => {
    const trials = [{ streams: [{ value_s: 1, more: { family: 'ipv6' as const } }] }];
    expect(refusal(base, one({ version: 'C', trials }))).toBe(
      'nothing to compare: version=A has pair / crash / failover / stateless / round-trip / ipv4, ' +
        'version=C has pair / crash / failover / stateless / round-trip / ipv6',
    );
  });

  test('a metric that one side alone has', () => {
    const sessions = [
      { streams: [{ value_s: 1 }], sessions: [{ name: 'echo', verdicts: { survived: 2 }, stall_s: 0.1 }] },
    ];
    const untested = [
      {
        streams: [{ value_s: 1 }],
        sessions: [{ name: 'echo', verdicts: { 'not-tested': 2 }, stall_s: null }],
      },
    ];
    const by = (first: Side): string =>
      refusalBy({ metrics: ['survived'] }, first, one({ version: 'C', trials: sessions }));
    expect(by(base)).toBe(
      'nothing to compare by survived: version=A has no sessions, version=C has pair / crash / failover / echo (tcp)',
    );
    expect(by(one({ version: 'B', trials: untested }))).toMatch(
      /: version=B has no sessions that crossed the failed node, /,
    );
  });

  test('one of several candidates is enough', () => {
    expect(refusal(base, plainSide('B', [1, 2]), one({ version: 'C', scenario: 'other' }))).toMatch(
      /^different/,
    );
  });
});

describe('is compared, and said', () => {
  const notes = (candidate: Side, first = base): readonly string[] =>
    compareSides(first, [candidate], options).notes;
  const path = 'results/pair/20261121T120000Z-C';

  test.each([
    ['running', `${path} is still running or was cut off: its 1 finished trial of 4 count`],
    ['interrupted', `${path} was interrupted: its 1 finished trial of 4 count`],
    ['failed', `${path} failed: its 1 finished trial of 4 count`],
  ] as const)('a run that is %s', (status, note) => {
    expect(notes(one({ version: 'C', summary: { status, trials_planned: 4 } }))).toEqual([note]);
  });

  test('a pair that could not be restored', () => {
    expect(notes(one({ version: 'C', summary: { restored: false } }))).toEqual([
      `${path}: the pair could not be restored after it`,
    ]);
  });

  test('a watch among runs is left out', () => {
    const watch = runOf({ version: 'C', run: 'w', trials: FINE, summary: { kind: 'watch' } });
    const { leftOut } = compareSides(
      base,
      [sideOf('c', runOf({ version: 'C', trials: FINE }), watch)],
      options,
    );
    expect(leftOut).toEqual([
      { path: 'results/pair/w', why: 'a watch: nothing was triggered, there is no trial in it' },
    ]);
  });

  test('a run that is there twice counts once', () => {
    const run = runOf({ version: 'C', trials: FINE });
    const copy = { ...run, summary: { ...run.summary, path: 'copy/of/C' } };
    const result = compareSides(base, [sideOf('c', run, run, copy)], options);
    expect(result.comparisons[0]?.candidate_n).toBe(1);
    expect(result.notes).toEqual([`copy/of/C is the same run as ${path}: it counts once`]);
  });

  test('two runs of one name that began at different times are two', () => {
    const run = runOf({ version: 'C', trials: FINE });
    const other = runOf({ version: 'C', trials: FINE, summary: { started_utc: '2026-02-01T22:00:00.123Z' } });
    expect(compareSides(base, [sideOf('c', run, other)], options).comparisons[0]?.candidate_n).toBe(2);
  });

  test('a key on one side only', () => {
    const trials = [
      { streams: [{ value_s: 1 }, { stream: 'ping6', value_s: 1, more: { family: 'ipv6' as const } }] },
    ];
    expect(notes(one({ version: 'C', trials }))).toEqual([
      'only C has pair / crash / failover / stateless / round-trip / ipv6: it is compared with nothing',
    ]);
  });

  test('other settings under the same name', () => {
    const candidate = one({ version: 'C', summary: { settings: { 'ping.every': '100ms' } } });
    expect(notes(candidate)).toEqual(['pair: ping.every is not the same: A 10ms, C 100ms']);
  });

  test('other versions of the tool', () => {
    expect(notes(one({ version: 'C', summary: { tool_version: '0.2.0' } }))).toEqual([
      'not measured by the same seqgap (A 0.1.0, C 0.2.0): CHANGELOG.md says whether figures changed',
    ]);
  });

  test('what a run says of itself', () => {
    const candidate = one({ version: 'C' });
    const noted = {
      ...candidate,
      runs: candidate.runs.map((run) => ({ ...run, notes: ['from raw history'] })),
    };
    expect(notes(noted)).toEqual(['from raw history']);
  });

  test('a side of several versions is called by what was asked for', () => {
    const mixed = sideOf(
      'site=lab',
      runOf({ version: 'C', trials: FINE }),
      runOf({ version: 'D', trials: FINE }),
    );
    const result = compareSides(base, [mixed], options);
    expect(result.candidates).toMatchObject([
      { name: 'site=lab', label: 'site=lab', versions: ['C', 'D'], trials: 2 },
    ]);
    expect(result.base).toMatchObject({ name: 'version=A', label: 'A', trials: 4 });
    expect(result.notes).toEqual(['site=lab holds several versions (C, D): their trials are pooled']);
  });

  test('two sides of the same version too', () => {
    const first = sideOf('monday', runOf({ version: 'A', run: 'm', trials: FINE }));
    const second = sideOf('tuesday', runOf({ version: 'A', run: 't', trials: FINE }));
    const { base: left, candidates } = compareSides(first, [second], options);
    expect([left.label, candidates[0]?.label]).toEqual(['monday', 'tuesday']);
  });
});
