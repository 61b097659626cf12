import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../src/analysis/limits.js';
import type { Limit } from '../../../src/model/plan.js';
import { ns } from '../../../src/model/time.js';
import type { PhaseRow, SessionRow, TrialRow } from '../../../src/model/tables.js';
import type { Tile } from '../../../src/report/html/tiles.js';
import { tilesMarkup } from '../../../src/report/html/tiles.js';
import type { AnalysedRun } from '../../../src/report/run/analysed-run.js';
import { firstScreen } from '../../../src/report/run/first-screen.js';
import { fullInput } from '../../golden/report/input.js';

const [sample] = fullInput.tables.trials;
const [sampleSession] = fullInput.tables.sessions;
const [samplePhase] = fullInput.tables.phases ?? [];
if (sample === undefined || sampleSession === undefined || samplePhase === undefined)
  throw new Error('no sample');

const trial = (number: number, change: Partial<TrialRow> = {}): TrialRow => ({
  ...sample,
  trial: number,
  ...change,
});
const session = (change: Partial<SessionRow> = {}): SessionRow => ({
  ...sampleSession,
  ...{ trial: 1, phase: 'failover', session: 'echo#1', verdict: 'survived', stall_s: 4 },
  ...change,
});
const phase = (number: number, name: string, lo_s: number, hi_s: number): PhaseRow => ({
  ...samplePhase,
  ...{ trial: number, phase: 'failover', name, lo_s, length_s: (lo_s + hi_s) / 2, hi_s, status: 'ok' },
});

const LONGEST: Limit = { key: 'ping.longest', subject: 'ping', metric: 'longest', value: 5, text: '5s' };
const SURVIVED: Limit = { key: 'echo.survived', subject: 'echo', metric: 'survived', value: 1, text: '100%' };
const kept = (key: string, change: Partial<Finding> = {}): Finding => ({
  key,
  text: 'said',
  verdict: 'pass',
  ...change,
});

interface Made {
  readonly trials?: readonly TrialRow[];
  readonly limits?: readonly Limit[];
  readonly sessions?: readonly SessionRow[];
  readonly phases?: readonly PhaseRow[];
  readonly record?: Partial<AnalysedRun['record']>;
  readonly more?: Partial<AnalysedRun>;
}

const DONE = { status: 'complete', restored: true } as const;

const screen = ({ trials, limits, sessions, phases, record, more }: Made): Readonly<Record<string, Tile>> => {
  const run: AnalysedRun = {
    ...fullInput,
    record: {
      ...fullInput.record,
      ...DONE,
      scenario: { ...fullInput.record.scenario, limits: [...(limits ?? [LONGEST])] },
      ...record,
    },
    tables: {
      ...fullInput.tables,
      trials: [...(trials ?? [trial(1), trial(2)])],
      sessions: [...(sessions ?? [])],
      phases: [...(phases ?? [])],
    },
    verdict: 'pass',
    findings: [kept('ping.longest'), kept('echo.survived'), kept('trials')],
    ...more,
  };
  return Object.fromEntries(firstScreen(run).map((tile) => [tile.name, tile]));
};

const VOID: Partial<TrialRow> = {
  ...({ status: 'void', verdict: 'inconclusive', headline_stream: null } as const),
  ...{ outage_lo_s: null, outage_s: null, outage_hi_s: null },
};

describe('the verdict', () => {
  test('names what passed, and that no limit was set', () => {
    expect(screen({})['Verdict']).toMatchObject({ value: 'pass', verdict: 'pass' });
    expect(screen({ limits: [] })['Verdict']?.note).toContain('no limit was set');
  });

  test('names what failed, the first three', () => {
    const findings = ['a', 'b', 'c', 'd'].map((key) => kept(key, { verdict: 'fail' }));
    expect(screen({ more: { verdict: 'fail', findings } })['Verdict']).toEqual({
      ...{ name: 'Verdict', value: 'fail', verdict: 'fail' },
      note: 'failed: a, b, c and 1 more',
    });
  });

  test('is not green where the pair could not be restored', () => {
    const { note, verdict } = screen({ record: { restored: false } })['Verdict'] ?? {};
    expect([note, verdict]).toEqual([expect.stringContaining('could not be restored'), 'inconclusive']);
  });
});

describe('the outage', () => {
  const outageOf = (made: Made): Tile | undefined => screen(made)['Longest outage'];

  test('is that of the worst trial, with its interval, against its limit', () => {
    const worse = { outage_lo_s: 3.5, outage_s: 3.51, outage_hi_s: 3.52 };
    expect(outageOf({ trials: [trial(1), trial(2, worse)] })).toEqual({
      ...{ name: 'Longest outage', value: '3.51 s', verdict: 'pass' },
      note: 'trial 2, ping; measured [3.50 … 3.52]; limit 5s met (ping.longest)',
      // No chart was made of it.
      link: null,
    });
  });

  test('says that there is no limit on it, and is judged by no other', () => {
    const web = { ...LONGEST, key: 'web.longest', subject: 'web' };
    const more = { findings: [kept('web.longest')] };
    expect(outageOf({ limits: [web], more })).toMatchObject({
      note: expect.stringContaining('no limit on the longest of ping; limit 5s met (web.longest)'),
      verdict: null,
    });
    expect(outageOf({ limits: [] })).toMatchObject({ verdict: null });
    const broken = { findings: [kept('ping.longest'), kept('web.longest', { verdict: 'fail' })] };
    expect(outageOf({ limits: [LONGEST, web], more: broken })).toMatchObject({
      note: expect.stringContaining('limit 5s met (ping.longest); limit 5s not met (web.longest)'),
      verdict: 'fail',
    });
  });

  test('is not green where a trial is void, the run broke off, the check warns or cannot decide', () => {
    const warned = { findings: [kept('ping.longest', { isWarned: true })] };
    const undecided = { findings: [kept('ping.longest', { verdict: 'inconclusive' })] };
    for (const made of [
      { trials: [trial(1), trial(2, VOID)] },
      { record: { status: 'interrupted' } },
      { more: warned },
      { more: undecided },
    ] satisfies Made[])
      expect(outageOf(made)?.verdict).toBe('inconclusive');
  });

  test('fails where traffic did not come back, with what is known of it', () => {
    const gone = { status: 'not-recovered', outage_lo_s: 12.3, outage_s: null, outage_hi_s: null } as const;
    expect(outageOf({ trials: [trial(1), trial(2, gone)], limits: [] })).toMatchObject({
      ...{ value: '≥ 12.30 s', verdict: 'fail' },
      note: expect.stringContaining('did not come back'),
    });
    expect(outageOf({ trials: [trial(1, VOID)] })).toMatchObject({
      ...{ value: 'no figure', note: '1 void', verdict: 'inconclusive' },
    });
  });

  test('fails where traffic had failed again and was not well in the end', () => {
    const more = { findings: [kept('ping.longest'), kept('aftercare', { verdict: 'fail' })] };
    expect(outageOf({ more })).toMatchObject({
      note: expect.stringContaining('failed again in the aftercare'),
      verdict: 'fail',
    });
  });

  test('that was none is not 0', () => {
    const none = { outage_lo_s: 0, outage_s: 0, outage_hi_s: 0.02 };
    expect(outageOf({ trials: [trial(1, none)] })?.value).toBe('< 0.020 s');
  });
});

describe('sessions', () => {
  const sessionsOf = (made: Made): Tile | undefined => screen(made)['Sessions survived'];

  test('are counted over the valid trials, with the longest stall', () => {
    const sessions = [session(), session({ trial: 2, stall_s: 6 }), session({ trial: 3, verdict: 'reset' })];
    const trials = [trial(1), trial(2), trial(3, VOID)];
    const limits = [SURVIVED];
    expect(sessionsOf({ trials, sessions, limits })).toMatchObject({
      ...{ value: '2 of 2', verdict: 'inconclusive' },
      note: 'longest stall 6.00 s; limit 100% met (echo.survived)',
    });
    expect(sessionsOf({ sessions: sessions.slice(0, 2), limits })?.verdict).toBe('pass');
  });

  test('that nothing was promised of make no green tile', () => {
    const others = [session(), session({ session: 'shell#1', verdict: 'blackholed', stall_s: null })];
    expect(sessionsOf({ sessions: others, limits: [SURVIVED] })).toMatchObject({
      ...{ value: '1 of 2', verdict: null },
    });
    expect(sessionsOf({ sessions: [session()], limits: [] })).toMatchObject({
      note: expect.stringContaining('no limit on them'),
      verdict: null,
    });
  });

  test('that were not tested, or are none, are no survivors', () => {
    expect(sessionsOf({ sessions: [session({ verdict: 'not-tested' })] })).toMatchObject({
      ...{ value: 'not known', verdict: 'inconclusive' },
    });
    const scenario = { ...fullInput.record.scenario, sessions: [] };
    expect(sessionsOf({ record: { scenario } })).toMatchObject({ value: 'not measured', verdict: null });
    const opened = fullInput.record.scenario.sessions.map((plan) => ({ ...plan, openEvery_ns: ns(1e9) }));
    expect(opened.length).toBeGreaterThan(0);
    expect(
      sessionsOf({ record: { scenario: { ...fullInput.record.scenario, sessions: opened } } }),
    ).toMatchObject({ note: 'the scenario only opens new ones', verdict: null });
  });
});

describe('the slowest phase', () => {
  const slowest = (phases: readonly PhaseRow[]): Tile | undefined => screen({ phases })['Slowest phase'];

  test('is the one that took longest over all failovers', () => {
    expect(
      slowest([
        ...[phase(1, 'detection', 2, 2.2), phase(1, 'attach', 0.6, 0.7)],
        ...[phase(2, 'detection', 3, 3.2), phase(2, 'attach', 0.6, 0.7)],
      ]),
    ).toMatchObject({ value: 'detection', note: 'median 2.60 s, 80 % of the outage in 2 of 2 failovers' });
  });

  test('is named with those that may have been as long', () => {
    expect(slowest([phase(1, 'detection', 2, 2.4), phase(1, 'attach', 1.8, 2.1)])).toMatchObject({
      value: 'detection, attach',
      note: expect.stringContaining('intervals overlap'),
    });
  });

  test('is not known where a milestone was not seen, or nothing tells', () => {
    const unseen: PhaseRow = {
      ...phase(1, 'detection', 0, 0),
      length_s: null,
      hi_s: null,
      status: 'not-seen',
    };
    expect(slowest([unseen, phase(1, 'attach', 2, 2.1)])).toMatchObject({ value: 'not known' });
    expect(slowest([])).toMatchObject({ value: 'not known', note: 'no observer told of a role' });
  });
});

test('trials: those that gave a figure, what became of them, and what is missing', () => {
  expect(screen({ trials: [trial(1), trial(2, { verdict: 'fail' }), trial(3, VOID)] })['Trials']).toEqual({
    ...{ name: 'Trials', value: 'n = 2', verdict: 'fail' },
    note: '1 pass, 1 fail, 1 inconclusive; left out: 1 void',
  });
  expect(screen({ trials: [trial(1)], record: { status: 'interrupted' } })['Trials']).toMatchObject({
    note: expect.stringMatching(/interrupted; one trial says little$/),
    verdict: 'inconclusive',
  });
  expect(screen({ trials: [] })['Trials']?.verdict).toBe('inconclusive');
});

test('a tile says its verdict in words, not by its colour alone, and names from outside are text', () => {
  const { markup } = tilesMarkup([
    { name: 'a', value: '<b>', note: 'n', verdict: 'fail' },
    { name: 'b', value: 'v', note: 'n', verdict: null },
  ]);
  expect(markup).toContain('aria-label="fail:">✗</span> &lt;b&gt;');
  expect(markup.match(/role="img"/g)).toHaveLength(1);
});

test('a watch has none: it was promised nothing', () => {
  expect(firstScreen({ ...fullInput, record: { ...fullInput.record, kind: 'watch' } })).toEqual([]);
});
