import { describe, expect, it } from 'vitest';
import type { Limit } from '../../../src/model/plan.js';
import type { ResultTables, SessionRow, StreamRow, TrialRow } from '../../../src/model/tables.js';
import { runVerdict, trialVerdict } from '../../../src/analysis/limits.js';
import { summarise } from '../../../src/analysis/stream-summary.js';
import { failover } from './fixture.js';

const key = { run: 'run', scenario: 'test', version: 'v1', phase: 'failover' } as const;
const template = failover('.....xxxx.....', 450);

const trial = (number: number, more: Partial<TrialRow> = {}): TrialRow => ({
  ...template.trials[0]!,
  ...key,
  trial: number,
  ...more,
});
const stream = (number: number, more: Partial<StreamRow> = {}): StreamRow => ({
  ...template.streams[0]!,
  ...key,
  trial: number,
  ...more,
});
const session = (
  number: number,
  verdict: SessionRow['verdict'],
  stall_s: number | null = null,
): SessionRow => ({
  ...key,
  trial: number,
  trigger: 'crash',
  session: 'echo#1',
  kind: 'tcp',
  age_s: 10,
  verdict,
  stall_s,
  stall_predicted_s: null,
  excess_s: null,
  bytes: 1,
  who_spoke_first: 'client',
  error: null,
  stratum: null,
  rto_ms: null,
});
const limit = (subject: string, metric: Limit['metric'], value: number, text: string): Limit => ({
  key: `${subject}.${metric}`,
  subject,
  metric,
  value,
  text,
});
const tables = (more: Partial<ResultTables>): ResultTables => ({
  trials: [trial(1)],
  streams: [stream(1)],
  outages: [],
  sessions: [],
  ...more,
});
const verdictOf = (rows: ResultTables, ...limits: Limit[]) => runVerdict(rows, limits).verdict;

describe('a limit on the longest outage', () => {
  it('passes only with the upper bound, fails only with the lower', () => {
    // The stream was down for 0.4 s (0.3 to 0.5 s).
    expect(verdictOf(tables({}), limit('ping', 'longest', 0.5, '500ms'))).toBe('pass');
    expect(verdictOf(tables({}), limit('ping', 'longest', 0.29, '290ms'))).toBe('fail');
    expect(runVerdict(tables({}), [limit('ping', 'longest', 0.4, '400ms')]).findings[0]).toEqual({
      key: 'ping.longest',
      text: 'at most 400ms: 1 of 1 trial not decided; the worst 0.4 s (0.3 to 0.5 s), limited by the probe interval in trial 1, failover',
      verdict: 'inconclusive',
    });
  });

  it('is judged by the worst valid trial', () => {
    const rows = tables({
      trials: [trial(1), trial(2), trial(3, { status: 'void', void_reason: 'why' })],
      streams: [stream(1), stream(2, { longest_lo_s: 0.8, longest_s: 0.9, longest_hi_s: 1 }), stream(3)],
    });
    const { findings, verdict } = runVerdict(rows, [limit('ping', 'longest', 0.5, '500ms')]);
    expect(verdict).toBe('fail');
    expect(findings[0]!.text).toContain('1 of 2 trials above 0.5 s; the worst 0.9 s (0.8 to 1 s) in trial 2');
    expect(findings[1]).toMatchObject({
      key: 'trials',
      text: 'trial 3, failover void: why',
      verdict: 'inconclusive',
    });
  });

  it('names how many trials failed, the worst and which', () => {
    const down = (number: number, longest_s: number) =>
      stream(number, { longest_lo_s: longest_s - 0.01, longest_s, longest_hi_s: longest_s + 0.01 });
    const rows = tables({
      trials: [trial(1), trial(2), trial(3)],
      streams: [down(1, 3.051), down(2, 3.06), down(3, 3.08)],
    });
    const text = (value: number) =>
      runVerdict(rows, [limit('ping', 'longest', value, `${value}s`)]).findings[0]!.text;
    expect(text(2)).toBe(
      'at most 2s: 3 of 3 trials above 2 s; the worst 3.08 s (3.07 to 3.09 s) in trial 3, failover',
    );
    expect(text(3.055)).toContain('1 of 3 trials above 3.055 s; the worst 3.08 s');
    expect(text(4)).toBe('at most 4s: in all of 3 trials and phases');
  });

  it('ranks a trial that did not recover above all others', () => {
    const rows = tables({
      trials: [trial(1, { status: 'not-recovered' }), trial(2)],
      streams: [
        stream(1, { status: 'not-recovered', longest_s: null, longest_hi_s: null }),
        stream(2, { longest_lo_s: 99, longest_s: 99, longest_hi_s: 99 }),
      ],
    });
    const [finding] = runVerdict(rows, [limit('ping', 'longest', 2, '2s')]).findings;
    expect(finding!.text).toContain('2 of 2 trials above 2 s; the worst not recovered in trial 1');
  });

  it('is never passed by a degraded stream, and its span fails', () => {
    const rows = tables({
      trials: [trial(1, { status: 'degraded' })],
      streams: [stream(1, { status: 'degraded', span_s: null })],
    });
    const of = (metric: Limit['metric'], value: number) =>
      runVerdict(rows, [limit('ping', metric, value, String(value))]).findings[0]!;
    expect(of('span', 60)).toMatchObject({ verdict: 'fail' });
    expect(of('longest', 60)).toMatchObject({ verdict: 'inconclusive' });
    expect(of('longest', 60).text).toContain('0.4 s (0.3 to 0.5 s), and degraded since');
    expect(of('longest', 0.1)).toMatchObject({ verdict: 'fail' });
    expect(of('count', 9)).toMatchObject({ verdict: 'inconclusive' });
    expect(of('count', 0)).toMatchObject({ verdict: 'fail' });
  });

  it('is never passed where a trial is not ok', () => {
    const wide = limit('ping', 'longest', 60, '60s');
    for (const status of ['void', 'no-failover-detected', 'down-at-start'] as const) {
      const rows = tables({ trials: [trial(1, { status })], streams: [stream(1, { status })] });
      expect(verdictOf(rows, wide)).toBe('inconclusive');
      expect(trialVerdict(rows.trials[0]!, rows, [wide])).toBe('inconclusive');
      expect(verdictOf(rows)).toBe('inconclusive');
    }
    const stuck = { status: 'not-recovered', longest_s: null, longest_hi_s: null } as const;
    const rows = tables({ trials: [trial(1, { status: 'not-recovered' })], streams: [stream(1, stuck)] });
    expect(verdictOf(rows, wide)).toBe('fail');
    expect(verdictOf(rows)).toBe('fail');
  });

  it('warns where many short outages exceed it together', () => {
    const rows = tables({ streams: [stream(1, { periods: 40, total_s: 4, span_s: 7.9 })] });
    const [longest, total] = [limit('ping', 'longest', 1, '1s'), limit('ping', 'total', 1, '1s')];
    expect(runVerdict(rows, [longest]).findings[0]).toEqual({
      key: 'ping.longest',
      text:
        'at most 1s: in all of 1 trial; WARNING: in total beyond it: down 40 times, 4.00 s in all within 7.90 s, ' +
        'the longest 0.400 s (0.300–0.500 s) in trial 1 (limit ping.total or ping.span as well)',
      verdict: 'pass',
      isWarned: true,
    });
    expect(runVerdict(rows, [longest, total]).findings[0]!.text).toBe('at most 1s: in all of 1 trial');
    expect(runVerdict(tables({}), [longest]).findings[0]!.text).not.toContain('WARNING');
  });

  it('has no figure for a stream that is not there', () => {
    expect(verdictOf(tables({}), limit('web', 'longest', 9, '9s'))).toBe('inconclusive');
  });
});

describe('other limits', () => {
  it.each([
    ['total', 0.4, 'pass'],
    ['total', 0.39, 'fail'],
    ['span', 0.4, 'pass'],
    ['silence', 0.4, 'fail'],
    ['count', 1, 'pass'],
    ['count', 0, 'fail'],
    ['periods', 1, 'pass'],
    ['periods', 0, 'fail'],
  ] as const)('%s against %d: %s', (metric, value, verdict) => {
    expect(verdictOf(tables({}), limit('ping', metric, value, String(value)))).toBe(verdict);
  });

  it('survived is the share of the tested sessions of a trial', () => {
    const all = limit('echo', 'survived', 1, '100%');
    const half = limit('echo', 'survived', 0.5, '50%');
    const mixed = tables({
      sessions: [session(1, 'survived', 0), session(1, 'reset'), session(1, 'not-tested')],
    });
    expect(verdictOf(mixed, all)).toBe('fail');
    expect(verdictOf(mixed, half)).toBe('pass');
    expect(verdictOf(tables({ sessions: [session(1, 'survived-late', 9)] }), all)).toBe('pass');
    expect(verdictOf(tables({ sessions: [session(1, 'not-tested')] }), all)).toBe('inconclusive');
  });

  it('stall is that of the slowest session, and of none that ended', () => {
    const stall = limit('echo', 'stall', 3, '3s');
    expect(
      verdictOf(tables({ sessions: [session(1, 'survived', 2.9), session(1, 'survived', 0)] }), stall),
    ).toBe('pass');
    expect(verdictOf(tables({ sessions: [session(1, 'survived', 3.1)] }), stall)).toBe('fail');
    expect(verdictOf(tables({ sessions: [session(1, 'blackholed')] }), stall)).toBe('fail');
  });
});

describe('summary over trials', () => {
  const of = (...values: (number | null | 'void')[]) =>
    summarise(
      values.map((value, index) =>
        value === 'void'
          ? stream(index + 1, { status: 'void' })
          : stream(index + 1, { status: value === null ? 'not-recovered' : 'ok', longest_s: value }),
      ),
    )[0]!;

  it('gives minimum, median, maximum and the raw points of the valid trials', () => {
    expect(of(3, 1, 'void', 2)).toMatchObject({ n: 3, excluded: 1, min_s: 1, median_s: 2, max_s: 3 });
    expect(of(3, 1, 'void', 2).points.map(({ trial: number, outage_s }) => [number, outage_s])).toEqual([
      [1, 3],
      [2, 1],
      [4, 2],
    ]);
    expect(of(1, 2, 3, 10).median_s).toBe(2.5);
  });

  it('ranks not-recovered above everything and never averages it', () => {
    expect(of(1, null, 2)).toMatchObject({ n: 3, notRecovered: 1, min_s: 1, median_s: 2, max_s: null });
    expect(of(1, null).median_s).toBeNull();
    expect(of(null)).toMatchObject({ min_s: null, median_s: null, max_s: null });
    expect(of('void')).toMatchObject({ n: 0, min_s: null });
  });

  it('keeps phases and streams apart', () => {
    const rows = [stream(1), stream(1, { phase: 'failback' }), stream(1, { stream: 'web' })];
    expect(summarise(rows).map(({ phase, stream: name }) => [phase, name])).toEqual([
      ['failover', 'ping'],
      ['failback', 'ping'],
      ['failover', 'web'],
    ]);
  });
});
