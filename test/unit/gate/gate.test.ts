import { describe, expect, test } from 'vitest';
import type { Comparison } from '../../../src/model/comparison.js';
import type { RunFigures, RunSummary } from '../../../src/model/figures.js';
import type { GateResult } from '../../../src/model/gate.js';
import type { Limit } from '../../../src/model/plan.js';
import { gateChat, githubAnnotations } from '../../../src/report/gate/gate-annotations.js';
import { gateTerminal } from '../../../src/report/gate/gate-terminal.js';
import { gateSentence, unseenBound } from '../../../src/report/gate/gate-words.js';
import type { TrialSpec } from '../comparison/sides.js';
import { about, judge, nightOf, nights } from './nights.js';

const KEY = 'pair / crash / failover / stateless / round-trip / ipv4';
const limit = (subject: string, metric: Limit['metric'], value: number, text: string): Limit => ({
  key: `${subject}.${metric}`,
  subject,
  metric,
  value,
  text,
});
const FIVE = limit('ping', 'longest', 5, '5s');

const reasons = ({ checks }: GateResult): string[] =>
  checks.flatMap((check) => (check.of === 'baseline' ? [check.reason] : []));

/** Four trials, each with a stream and the sessions of one entry, of which so many trials kept all. */
const withSessions = (seconds: number, survived: number): TrialSpec[] =>
  about(seconds).map((value_s, trial) => ({
    streams: [{ value_s }],
    sessions: [
      {
        name: 'echo',
        verdicts: trial < survived ? { survived: 5 } : { survived: 4, reset: 1 },
        stall_s: 0.4,
      },
    ],
  }));

describe('passes', () => {
  const result = judge(nightOf({ day: 20, outages: about(1.001), summary: { limits: [FIVE] } }), nights(19));

  test('within its limits and no worse than before', () => {
    expect(result.verdict).toBe('pass');
    expect(reasons(result)).toEqual(['no regression']);
    expect(result.family).toBe(1);
    expect(result.needed).toBeNull();
  });

  test('and says how large a regression could have stayed unseen', () => {
    expect(result.unseen?.shift_hi_s).toBeGreaterThan(0);
    // The resolution is 0.02 s.
    expect(unseenBound(result.unseen as Comparison)).toBeCloseTo((result.unseen?.shift_hi_s ?? 0) + 0.02, 9);
    expect(gateSentence(result)).toMatch(
      /^ping down 1\.02 → 1\.02 s\. Worst: trial 4 \(1\.03 s\)\. Within 1 limit, and no regression against the last 19 runs that passed \(76 trials\)\. A regression of up to 0\.\d+ s could have stayed unseen \(ping, 95\.\d %\)\.$/,
    );
  });

  test('with a change for the better, which rules a regression out', () => {
    const better = judge(nightOf({ day: 20, outages: about(0.5) }), nights(19));
    expect(better.verdict).toBe('pass');
    expect(gateSentence(better)).toMatch(
      /A regression is ruled out: ping was down 0\.\d+ to 0\.\d+ s shorter/,
    );
  });

  test('with a regression that does not matter', () => {
    const slightly = judge(nightOf({ day: 20, outages: about(1.06) }), nights(19));
    expect(slightly.comparisons[0]?.p_two_sided).toBeLessThan(0.05);
    expect(slightly.verdict).toBe('pass');
  });

  test('without limits, and says so', () => {
    const bare = judge(nightOf({ day: 20, outages: about(1) }), nights(19));
    expect(bare.verdict).toBe('pass');
    expect(gateSentence(bare)).toMatch(/ All trials ok, and no regression/);
    expect(bare.notes[0]).toBe(
      'the scenario has no limits: the run is judged by its trials and its baseline alone',
    );
  });
});

describe('fails', () => {
  test('by the baseline alone', () => {
    const result = judge(nightOf({ day: 20, outages: about(2), summary: { limits: [FIVE] } }), nights(19));
    expect(result.verdict).toBe('fail');
    expect(reasons(result)).toEqual(['regression']);
    expect(gateSentence(result)).toMatch(
      /^Regression: ping down 1\.02 → 2\.01 s \(\+97 %\): 0\.99\d s longer \(0\.9\d+ to 1\.0\d+ s longer with 95\.\d % confidence\), and the version is still 9\.0\. Worst: trial 4 \(2\.0\d s\)\. Held against the last 19 runs that passed \(76 trials\)\.$/,
    );
  });

  test('by many short outages, none of them longer than before', () => {
    const flapping = nightOf({
      day: 20,
      trials: about(1).map((value_s, trial) => ({
        streams: [{ value_s, more: { periods: 40 + trial, total_s: 8, span_s: 20 + trial } }],
      })),
      summary: { limits: [FIVE] },
    });
    const result = judge(flapping, nights(19));
    expect(result.family).toBe(4);
    expect(reasons(result)).toEqual(['no regression', 'regression', 'regression', 'regression']);
    const text = gateTerminal(result, { columns: 200, color: false });
    expect(text).toContain('ping down 1 → 41.5 times (× 42): 40.5 times more often');
    expect(text).toContain(
      '20260121T220000Z-9.0: ping: down 40 times, 8.00 s in all within 20.00 s, the longest 1.00 s',
    );
    expect(text).toContain('WARNING: in total beyond it: down 40 times');
  });

  test('by a limit alone', () => {
    const tight = limit('ping', 'longest', 0.9, '900ms');
    const result = judge(nightOf({ day: 20, outages: about(1), summary: { limits: [tight] } }), nights(19));
    expect(result.verdict).toBe('fail');
    expect(reasons(result)).toEqual(['no regression']);
    expect(gateSentence(result)).toBe(
      'Failed: ping.longest: at most 900ms: 4 of 4 trials above 0.9 s; the worst 1.03 s (1.02 to 1.04 s) in trial 4, failover. ping down 1.02 → 1.02 s. Worst: trial 4 (1.03 s).',
    );
  });

  test('by both, the regression first', () => {
    const tight = limit('ping', 'longest', 0.9, '900ms');
    const result = judge(nightOf({ day: 20, outages: about(2), summary: { limits: [tight] } }), nights(19));
    expect(gateSentence(result)).toMatch(/^Regression: .*\. Failed: ping\.longest: at most 900ms: /);
  });

  test('by a limit, though there are not enough nights', () => {
    const tight = limit('ping', 'longest', 0.9, '900ms');
    const result = judge(nightOf({ day: 20, outages: about(1), summary: { limits: [tight] } }), []);
    expect(result.verdict).toBe('fail');
    expect(result.needed).not.toBeNull();
  });

  test('when trials do not recover', () => {
    const result = judge(nightOf({ day: 20, outages: [null, null, null, null] }), nights(19));
    expect(result.verdict).toBe('fail');
    expect(reasons(result)).toEqual(['regression']);
    expect(result.tested).toMatchObject({ n: 4, not_recovered: 4, median_s: null });
  });

  test('when sessions no longer survive', () => {
    const baseline = nights(19).map((run, day) =>
      nightOf({ day, version: run.summary.version, trials: withSessions(1, 4) }),
    );
    const result = judge(nightOf({ day: 20, trials: withSessions(1, 0) }), baseline);
    expect(result.verdict).toBe('fail');
    expect(reasons(result)).toEqual(['no regression', 'regression']);
    expect(gateSentence(result)).toMatch(
      /^Regression: all sessions of echo survived in 0 of 4 trials, against 76 of 76 \(Fisher p < 0\.001\), and the version is still 9\.0\. Worst: trial 1 \(a session died\)\. Held against /,
    );
  });
});

test('sessions alone count their trials', () => {
  const only = withSessions(1, 4).map((trial) => ({ ...trial, streams: [] }));
  const base = Array.from({ length: 10 }, (_, day) => nightOf({ day, trials: only }));
  const result = judge(nightOf({ day: 20, trials: only }), base);
  expect(gateSentence(result)).toBe(
    'All trials ok, and no regression against the last 10 runs that passed (40 trials). Sessions were compared, no outage.',
  );
});

test('what did not recover is said once, though all metrics are worse', () => {
  const result = judge(nightOf({ day: 20, outages: [null, null, null, null] }), nights(19));
  const text = gateTerminal(result, { columns: 100, color: false });
  expect(result.comparisons.filter(({ verdict }) => verdict === 'worse')).toHaveLength(4);
  expect(text).not.toContain('Changed as well');
});

describe('while it is learning', () => {
  const first = (outages: readonly number[], more: Partial<RunSummary> = {}): RunFigures =>
    nightOf({ day: 4, outages, summary: { limits: [FIVE], ...more } });

  test('a night that has too few before it to be held against is so many of so many', () => {
    const result = judge(first(about(1)), nights(2), { warmUp: 10 });
    expect(result).toMatchObject({ verdict: 'inconclusive', learning: { night: 3, of: 10 } });
    expect(gateSentence(result)).toBe(
      'ping down 1.02 → 1.02 s. Worst: trial 4 (1.03 s). Learning: run 3 of 10, with the last 2 runs that passed (8 trials) before. Within 1 limit; ' +
        'whether it got worse is not decided yet.',
    );
    const text = gateTerminal(result, { columns: 100, color: false });
    expect(text).toContain('Verdict: learning');
    expect(githubAnnotations(result)).toMatch(/^::notice [^\n]*\n$/);
    expect(gateChat(result)).toMatch(/^\*\*. learning\*\*: /);
  });

  test.each([
    ['when its nights are over', nightOf({ day: 30, outages: about(1) }), 10],
    ['where a limit is exceeded', first(about(7)), 3],
  ] as const)('it ends %s', (_, tested, before) => {
    expect(judge(tested, nights(before), { warmUp: 10 }).learning).toBeNull();
  });

  test('a trial that is void is not excused', () => {
    const tested = nightOf({ day: 4, outages: [...about(1), 'void'] });
    expect(judge(tested, nights(2), { warmUp: 10 })).toMatchObject({
      verdict: 'inconclusive',
      learning: null,
    });
  });
});

describe('is not decided', () => {
  test('on the first night', () => {
    const result = judge(nightOf({ day: 0, outages: about(1) }), []);
    expect(result.verdict).toBe('inconclusive');
    expect(reasons(result)).toEqual(['not in baseline']);
    expect(result.needed).toEqual({ have: 0, more: 10, trials: null });
    expect(gateSentence(result)).toBe(
      'ping down 1.02 s (median of 4 trials). Worst: trial 4 (1.03 s). Not enough runs before it yet: 0 of 10; 10 more needed.',
    );
  });

  test('with too few nights, and says how many more', () => {
    const single = (day: number) => nightOf({ day, outages: [1 + 0.01 * day] });
    const few = Array.from({ length: 3 }, (_, day) => single(day));
    const result = judge(nightOf({ day: 9, outages: [5, 5.1] }), few);
    // 2 against 3 trials: the smallest p is 0.2; 8 against 2 give 2/45, but nights are as scarce as trials.
    expect(result.verdict).toBe('inconclusive');
    expect(reasons(result)).toEqual(['not enough runs']);
    expect(result.needed).toEqual({ have: 3, more: 7, trials: null });
    expect(gateSentence(result)).toBe(
      'ping down 1.01 → 5.05 s (+400 %). Worst: trial 2 (5.10 s). Not enough runs before it yet: 3 of 10; 7 more needed.',
    );
  });

  test('when no number of nights in the window would do', () => {
    const single = (day: number) => nightOf({ day, outages: [1 + 0.01 * day] });
    const result = judge(
      single(21),
      Array.from({ length: 20 }, (_, day) => single(day)),
    );
    // 1 against n trials: 2/(n+1) reaches 0.05 at n = 39.
    expect(result.needed).toEqual({ have: 20, more: 19, trials: 2 });
    expect(gateSentence(result)).toBe(
      'ping down 1.10 → 1.21 s (+11 %). Worst: trial 1 (1.21 s). Not enough runs: with 1 trial a run, 39 runs are needed to see any regression, and only the last 20 are ' +
        'taken (there are 20): repeat the trial 2 times, or --last 39.',
    );
  });

  test('with a void trial', () => {
    const result = judge(nightOf({ day: 20, outages: [...about(1), 'void'] }), nights(19));
    expect(result.verdict).toBe('inconclusive');
    expect(gateSentence(result)).toBe(
      'Not decided: trials: trial 5, failover void: control stream lost 3 probes. ping down 1.02 → 1.02 s. Worst: trial 4 (1.03 s).',
    );
    expect(result.excluded).toMatchObject([{ trial: 5, why: 'void: control stream lost 3 probes' }]);
  });

  test('with void trials only', () => {
    const result = judge(nightOf({ day: 20, outages: ['void', 'void'] }), nights(19));
    expect(result.verdict).toBe('inconclusive');
    expect(reasons(result)).toEqual(['no valid trial']);
    expect(result.comparisons).toEqual([]);
  });

  test('with no trial at all', () => {
    const result = judge(nightOf({ day: 20, summary: { status: 'running', trials_planned: 4 } }), nights(19));
    expect(result.verdict).toBe('inconclusive');
    expect(result.checks).toMatchObject([
      { of: 'run', name: 'run', text: 'half-written: 0 of 4 trials, killed, or still running' },
      { of: 'limit', name: 'trials' },
      { of: 'baseline', reason: 'not measured in this run' },
    ]);
  });

  test('with a run that is half-written, though its trials are fine', () => {
    const half = nightOf({
      day: 20,
      outages: about(1),
      summary: { status: 'interrupted', trials_planned: 8 },
    });
    const result = judge(half, nights(19));
    expect(result.verdict).toBe('inconclusive');
    expect(gateSentence(result)).toBe(
      'Not decided: run: half-written: 4 of 8 trials, interrupted. ping down 1.02 → 1.02 s. Worst: trial 4 (1.03 s).',
    );
  });

  test('when the pair was not restored', () => {
    const result = judge(nightOf({ day: 20, outages: about(1), summary: { restored: false } }), nights(19));
    expect(result.verdict).toBe('inconclusive');
    expect(result.checks[0]).toMatchObject({ of: 'run', name: 'restore' });
  });

  test('by a limit that the probe interval cannot decide', () => {
    const edge = limit('ping', 'longest', 1, '1s');
    const result = judge(
      nightOf({ day: 20, outages: [1, 0.9, 0.91, 0.92], summary: { limits: [edge] } }),
      nights(19, 0.9),
    );
    expect(result.verdict).toBe('inconclusive');
    expect(gateSentence(result)).toContain('limited by the probe interval');
  });

  test('where a regression is hidden by the spacing of the probes', () => {
    // 0.5 s longer in every trial, with probes that tell 0.3 s on either side.
    const coarse = (day: number, seconds: number) =>
      nightOf({
        day,
        trials: about(seconds, day).map((value_s) => ({ streams: [{ value_s, half_s: 0.3 }] })),
      });
    const baseline = Array.from({ length: 19 }, (_, day) => coarse(day, 1));
    const result = judge(coarse(20, 1.5), baseline);
    expect(reasons(result)).toEqual(['limited by the probes']);
    expect(result.verdict).toBe('inconclusive');
    expect(gateSentence(result)).toMatch(
      /^Not decided: ping down 1\.02 → 1\.53 s .*: 0\.5\d+ s longer \(.*\); p < 0\.001, but limited by the probe interval: repeat with a shorter `every`\.$/,
    );
    // Shorter, or inside the margin, is no regression that could be hidden.
    expect(reasons(judge(coarse(20, 0.5), baseline))).toEqual(['no regression']);
    expect(reasons(judge(coarse(20, 1.08), baseline))).toEqual(['no regression']);
    expect(reasons(judge(coarse(20, 2), baseline))).toEqual(['regression']);
  });

  test('where it is hidden by the ends of the measured intervals', () => {
    const uneven = (day: number, seconds: number, halves: readonly number[]) =>
      nightOf({
        day,
        trials: about(seconds, day).map((value_s, trial) => ({
          streams: [{ value_s, half_s: halves[trial] ?? 0.01 }],
        })),
      });
    const baseline = Array.from({ length: 10 }, (_, day) => uneven(day, 1, [0.01, 0.01, 0.01, 0.01]));
    const result = judge(uneven(20, 1.5, [0.01, 0.01, 0.6, 0.6]), baseline);
    expect(result.unseen?.limited_by_interval).toBe(true);
    expect(reasons(result)).toEqual(['limited by the probes']);
  });

  const both = (tested: 'survived' | 'not-tested' | null): TrialSpec[] =>
    about(1).map((value_s) => ({
      streams: [{ value_s }],
      sessions: tested === null ? [] : [{ name: 'echo', verdicts: { [tested]: 5 }, stall_s: 0.4 }],
    }));
  const LIVED = Array.from({ length: 10 }, (_, day) => nightOf({ day, trials: both('survived') }));

  test.each(['not-tested', null] as const)(
    'by sessions that the baseline has and the run not (%s)',
    (own) => {
      const settings = { 'ping.every': '10ms', 'echo.count': '5' };
      const run = nightOf({ day: 20, trials: both(own), summary: { settings } });
      const summary = Object.entries(run.summary).filter(([name]) => name !== 'settings');
      const unknown = { ...run, summary: Object.fromEntries(summary) as unknown as RunSummary };
      for (const tested of [run, unknown]) {
        const result = judge(tested, LIVED);
        expect(reasons(result)).toEqual(['no regression', 'not measured in this run']);
        expect(result.verdict).toBe('inconclusive');
        expect(result.family).toBe(1);
        expect(gateSentence(result)).toBe(
          'Not decided: survived: pair / crash / failover / echo (tcp): not measured in this run: the baseline has ' +
            '40 trials with it. ping down 1.02 → 1.02 s. Worst: trial 4 (1.03 s).',
        );
      }
    },
  );

  test('but not by those that the scenario no longer has, which is said', () => {
    const untested = judge(nightOf({ day: 20, trials: both('not-tested') }), LIVED);
    expect(reasons(untested)).toEqual(['no regression', 'not measured in this run']);
    const result = judge(nightOf({ day: 20, trials: both(null) }), LIVED);
    expect(reasons(result)).toEqual(['no regression', 'no longer in the scenario']);
    expect(result.verdict).toBe('pass');
    expect(gateSentence(result)).toMatch(
      /unseen .* survived: pair \/ crash \/ failover \/ echo \(tcp\): no longer in the scenario: the baseline has 40 trials with it\.$/,
    );
  });

  test('by a stream whose rows are gone, unless it is a control stream now or its phase is not measured', () => {
    const two = about(1).map((value_s) => ({
      streams: [{ value_s }, { stream: 'ping6', value_s, more: { family: 'ipv6' as const } }],
    }));
    const back = about(1).map((value_s) => ({ phase: 'failback' as const, streams: [{ value_s }] }));
    const of = (baseline: TrialSpec[], settings: Record<string, string>) =>
      reasons(
        judge(
          nightOf({
            day: 20,
            outages: about(1),
            summary: { settings: { 'ping.every': '10ms', ...settings } },
          }),
          Array.from({ length: 10 }, (_, day) => nightOf({ day, trials: baseline })),
        ),
      );
    const ping6 = { 'ping6.every': '10ms', 'ping6.type': 'icmp' };
    expect(of(two, ping6)).toEqual(['no regression', 'not measured in this run']);
    expect(of(two, { ...ping6, 'ping6.type': 'icmp, control' })[1]).toBe('no longer in the scenario');
    expect(of(two, {})[1]).toBe('no longer in the scenario');
    const failback = [...two.slice(0, 4), ...back];
    expect(of(failback, { ...ping6, 'trial.failback': 'measure' })[2]).toBe('not measured in this run');
    expect(of(failback, { ...ping6, 'trial.failback': 'none' })[2]).toBe('no longer in the scenario');
  });

  test('for a stream that is new, without holding up what is not', () => {
    const two = about(1).map((value_s) => ({
      streams: [{ value_s }, { stream: 'ping6', value_s, more: { family: 'ipv6' as const } }],
    }));
    const result = judge(nightOf({ day: 20, trials: two }), nights(19));
    expect(reasons(result)).toEqual(['no regression', 'not in baseline']);
    expect(result.needed).toEqual({ have: 0, more: 10, trials: null });
    expect(result.verdict).toBe('inconclusive');
    expect(gateSentence(result)).toBe(
      'ping down 1.02 → 1.02 s. Worst: trial 4 (1.03 s). Not enough runs before it yet for longest: pair / crash / failover / stateless / round-trip / ipv6: 0 of 10; ' +
        '10 more needed.',
    );
  });
});

describe('what decides together', () => {
  const streams = (seconds: number, others: number) =>
    about(seconds).map((value_s, trial) => ({
      streams: [
        { value_s },
        { stream: 'web', value_s: others + 0.01 * trial, more: { class: 'new-tcp' as const } },
        { stream: 'ping6', value_s: others + 0.01 * trial, more: { family: 'ipv6' as const } },
      ],
    }));

  test('a figure that is worse by itself, but not among all, is shown and does not fail', () => {
    // 4 against 4, complete separation: p = 0.029, which is evidence alone and not among 3.
    const result = judge(nightOf({ day: 9, trials: streams(2, 1) }), [
      nightOf({ day: 0, trials: streams(1, 1) }),
    ]);
    expect(result.comparisons.find(({ key, metric }) => key === KEY && metric === 'longest')?.verdict).toBe(
      'worse',
    );
    expect(result.family).toBe(3);
    // Nor could anything have been seen with so few.
    expect(reasons(result)).toEqual(['not enough runs', 'not enough runs', 'not enough runs']);
    expect(result.needed).toEqual({ have: 1, more: 9, trials: null });
    expect(result.verdict).toBe('inconclusive');
  });

  test('a figure that is worse alone, with enough to have decided', () => {
    // One of the four new trials is among the old ones, so that p is above 0.05 / 3.
    const overlapping = streams(2, 1).map((trial, index) => (index === 0 ? streams(1.031, 1)[0]! : trial));
    const base = Array.from({ length: 19 }, (_, day) =>
      nightOf({ day, trials: streams(1 + 0.002 * day, 1).slice(day % 4, (day % 4) + 1) }),
    );
    const result = judge(nightOf({ day: 20, trials: overlapping }), base);
    const check = result.checks.find((each) => each.of === 'baseline' && each.key === KEY);
    expect(check).toMatchObject({ reason: 'worse alone', verdict: 'pass' });
    expect(result.verdict).toBe('pass');
  });

  test('only longest and survived do; the others are shown', () => {
    const result = judge(nightOf({ day: 20, trials: withSessions(1, 4) }), [
      nightOf({ day: 0, trials: withSessions(1, 4) }),
    ]);
    expect(result.checks.flatMap((check) => (check.of === 'baseline' ? [check.metric] : []))).toEqual([
      'longest',
      'survived',
    ]);
    expect(new Set(result.comparisons.map(({ metric }) => metric))).toEqual(
      new Set(['longest', 'total', 'silence', 'trigger_to_recovery', 'survived', 'stall']),
    );
  });

  test('a smaller alpha asks for more', () => {
    const base = Array.from({ length: 19 }, (_, day) => nightOf({ day, outages: [1 + 0.01 * (day % 3)] }));
    const tested = nightOf({ day: 20, outages: [2, 2.01] });
    // 2 against 19 trials: the smallest p is 1/210.
    expect(judge(tested, base).verdict).toBe('fail');
    expect(judge(tested, base, { alpha: 0.004 }).verdict).toBe('inconclusive');
  });

  test('a margin in seconds', () => {
    const tested = nightOf({ day: 20, outages: about(2) });
    expect(judge(tested, nights(19), { margin: { kind: 'seconds', value: 3 } }).verdict).toBe('pass');
  });
});

test('nights are shown beside the run, oldest first', () => {
  const result = judge(nightOf({ day: 20, outages: about(2) }), nights(3));
  expect(result.nights.map(({ min_s }) => min_s)).toEqual([1, 1.0007, 1.0014]);
  expect(result.tested).toMatchObject({ n: 4, min_s: 2, max_s: 2.03 });
  expect(result.tested.median_s).toBeCloseTo(2.015, 9);
});

test('a baseline with nights that failed themselves says so', () => {
  const failed = nightOf({ day: 5, outages: about(1), summary: { verdict: 'fail' } });
  const result = judge(nightOf({ day: 20, outages: about(1) }), [...nights(3), failed]);
  expect(result.notes).toContain('1 of the 4 runs of the baseline did not pass themselves');
});

describe('nights differ as a whole', () => {
  const of = (...seconds: readonly number[]): RunFigures[] =>
    // In no order: a slow drift would be one.
    seconds.map((each, day) => nightOf({ day, outages: about(each, (day * 7) % 10) }));
  const tonight = (seconds: number): RunFigures => nightOf({ day: 25, outages: about(seconds, 25) });
  const plain = (count: number): number[] => Array.from({ length: count }, () => 1);

  test('a slow night is no regression where such nights were there before', () => {
    const result = judge(tonight(1.5), of(...plain(8), 2, ...plain(11)));
    expect(reasons(result)).toEqual(['as other nights']);
    expect(result.verdict).toBe('pass');
    expect(gateTerminal(result, { columns: 200, color: false })).toMatch(
      /than all trials before, but not beyond each of the 20 runs: such runs were there/,
    );
  });

  test.each([10, 18])(
    'of %i nights one is not known from a regression, and says what would tell',
    (count) => {
      const result = judge(tonight(2), of(...plain(count)));
      expect(reasons(result)).toEqual(['one night']);
      expect(result.verdict).toBe('inconclusive');
      expect(gateSentence(result)).toContain(
        `beyond each of the ${count} runs so far: a regression if the next run is so too, or with ${19 - count} more run`,
      );
    },
  );

  test('two in a row are one, and so are three', () => {
    for (const slow of [1, 2]) {
      const result = judge(tonight(2), of(...plain(10), ...plain(slow).map(() => 2)));
      expect(reasons(result)).toEqual(['regression']);
      expect(gateSentence(result)).toContain(`, and the version is still 9.0, ${slow + 1} runs in a row`);
    }
  });

  test('two in a row against too few are none', () => {
    expect(reasons(judge(tonight(2), of(...plain(9), 2)))).toEqual(['one night']);
  });

  test('a second slow night of many is still a regression, though it is not the slowest', () => {
    expect(reasons(judge(tonight(2), of(...plain(19), 2.2)))).toEqual(['regression']);
  });

  test('what did not recover is beyond what did, not beyond its like', () => {
    const lost = (day: number): RunFigures => nightOf({ day, outages: [null, null, null, null] });
    expect(reasons(judge(lost(25), of(...plain(19))))).toEqual(['regression']);
    expect(reasons(judge(lost(25), [...of(...plain(18)), lost(19)]))).toEqual(['regression']);
    expect(reasons(judge(lost(25), [lost(0), ...of(...plain(18))]))).toEqual(['as other nights']);
  });

  test('sessions that broke in other nights too', () => {
    const night = (day: number, survived: number): RunFigures =>
      nightOf({ day, trials: withSessions(1, survived) });
    const well = Array.from({ length: 18 }, (_, day) => night(day, 4));
    expect(reasons(judge(night(25, 0), [...well, night(18, 4)]))[1]).toBe('regression');
    expect(reasons(judge(night(25, 0), [night(30, 0), ...well]))[1]).toBe('as other nights');
  });

  test('with fewer than ten nights nothing is decided', () => {
    for (const seconds of [1, 2]) {
      const result = judge(tonight(seconds), of(...plain(9)));
      expect(reasons(result)).toEqual(['not enough nights']);
      expect(gateSentence(result)).toContain(' Not enough runs before it yet: 9 of 10; 1 more needed.');
    }
  });

  test('nights that vary more than their trials do are named', () => {
    const apart = judge(tonight(1), of(...plain(20).map((each, day) => each + 0.5 * (day % 3))));
    expect(apart.notes.join()).toMatch(
      /runs differ more from each other \(standard deviation 0\.4\d s\) than trials of one run do \(0\.013 s\)/,
    );
    const alike = judge(
      tonight(1),
      Array.from({ length: 20 }, (_, day) => nightOf({ day, outages: [1 + 0.001 * day, 2, 1.5, 1.2] })),
    );
    expect(alike.notes.join()).not.toContain('runs differ');
  });
});
