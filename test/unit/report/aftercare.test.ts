import { describe, expect, test } from 'vitest';
import { trialLine } from '../../../src/cli/run/live-view.js';
import type { TrialEvent } from '../../../src/model/event.js';
import type { Limit, Scenario } from '../../../src/model/plan.js';
import { aftercareSentence } from '../../../src/report/run/aftercare.js';
import type { AnalysedRun } from '../../../src/report/run/analysed-run.js';
import { sampleRecord } from '../../io/store/sample-record.js';
import {
  analyse,
  heartbeat,
  issued,
  moved,
  phase,
  probesOf,
  scenarioOf,
  sessionPlan,
} from '../analysis/fixture.js';

const COURSE: readonly TrialEvent[] = [
  issued(450),
  ...moved(1000),
  phase(1900, 'aftercare'),
  phase(5000, 'restore'),
];
const FIRST = `.....xxxx${'.'.repeat(11)}`;

/** @param rests what each trial brings after the recovery, ten probes a second */
const tried = (
  rests: readonly string[],
  limits: Limit[] = [],
): { input: AnalysedRun; scenario: Scenario } => {
  const scenario = scenarioOf({ aftercare: { for_ms: 3000 }, limits });
  const results = rests.map((rest, index) => {
    const {
      streams,
      outages,
      timeline = [],
      sessions,
      trials,
    } = analyse(scenario, COURSE, probesOf(FIRST + rest));
    const trial = index + 1;
    const of = <Row extends object>(rows: readonly Row[]): Row[] => rows.map((row) => ({ ...row, trial }));
    return {
      trials: of(trials),
      streams: of(streams),
      outages: of(outages),
      timeline: of(timeline),
      sessions: of(sessions),
    };
  });
  const tables = {
    trials: results.flatMap((each) => each.trials),
    streams: results.flatMap((each) => each.streams),
    outages: results.flatMap((each) => each.outages),
    timeline: results.flatMap((each) => each.timeline),
    sessions: results.flatMap((each) => each.sessions),
  };
  const input: AnalysedRun = {
    record: { ...sampleRecord('run'), scenario },
    tables,
    notes: [],
    findings: [],
    verdict: 'pass',
    selfFigures: [],
    charts: [],
  };
  return { input, scenario };
};

const CLEAN = '.'.repeat(30);
const AGAIN = `${'.'.repeat(10)}xxx${'.'.repeat(7)}x${'.'.repeat(9)}`;
const OPEN = `${'.'.repeat(20)}${'x'.repeat(10)}`;
const say = (rests: readonly string[], limits: Limit[] = []): string =>
  aftercareSentence(tried(rests, limits).input);
const allowed: Limit = {
  key: 'aftercare.longest',
  subject: 'aftercare',
  metric: 'longest',
  value: 1,
  text: '1s',
};

describe('what the aftercare brought', () => {
  test('nothing', () => expect(say([CLEAN, CLEAN])).toBe('Nothing was lost in the 3s after the recovery.'));

  test('what was lost at random is no outage, and is not called nothing', () => {
    const { input } = tried([CLEAN]);
    const streams = input.tables.streams.map((row) =>
      row.phase === 'aftercare' ? { ...row, lost: 3, background_loss: 0.01 } : row,
    );
    expect(aftercareSentence({ ...input, tables: { ...input.tables, streams } })).toBe(
      'No outage came in the 3s after the recovery: 3 probes were lost at random.',
    );
  });

  test('a second outage: how long, and how long after the recovery', () =>
    expect(say([AGAIN], [allowed])).toBe(
      'A second outage of 0.300 s (0.200–0.400 s) began 2.10 s after the recovery (stream ping), the longest of 2.',
    ));

  test('where no limit is held against it, that is said', () =>
    expect(say([AGAIN])).toMatch(/ Warning: no limit says whether that is allowed \(aftercare\.longest/));

  test('of several trials the worst, and how many had one', () =>
    expect(say([CLEAN, AGAIN, CLEAN], [allowed])).toMatch(
      /^A second outage of 0\.300 s .* \(stream ping, trial 2\), the longest of 2; 1 of 3 trials had one\.$/,
    ));

  test('one that had not ended is worse than any', () =>
    expect(say([AGAIN, OPEN], [allowed])).toMatch(
      /^An outage that began 3\.10 s after the recovery had not ended with the aftercare: at least 0\.9\d* s \(stream ping, trial 2\)/,
    ));

  test('without an aftercare nothing is said', () => {
    const { input } = tried([CLEAN]);
    const { aftercare: _, ...trial } = input.record.scenario.trial;
    const record = { ...input.record, scenario: { ...input.record.scenario, trial } };
    expect(aftercareSentence({ ...input, record })).toBe('');
  });

  test('the line of a trial that has just ended has it too', () => {
    const { input, scenario } = tried([AGAIN]);
    expect(trialLine(scenario, 1, input.tables)).toMatch(
      /^trial 1\/1 {2}failover 0\.400 s .* \(ping\) · aftercare 0\.300 s .* \(ping\)$/,
    );
    expect(trialLine(scenario, 1, tried([CLEAN]).input.tables)).not.toContain('aftercare');
  });
});

test('sessions that were alive and did not live through it', () => {
  const scenario = scenarioOf({ aftercare: { for_ms: 3000 }, sessions: [sessionPlan('echo')] });
  const beats = Array.from({ length: 50 }, (_, seq) => {
    const sent = seq * 100 + 20;
    return heartbeat(seq, sent, sent >= 3000 ? null : sent >= 500 && sent < 900 ? 920 : sent + 2);
  });
  const open: TrialEvent = {
    at_ns: COURSE[1]!.at_ns,
    event: 'session-open',
    session: 'echo',
    connection: 1,
    detail: '',
  };
  const { input } = tried([CLEAN]);
  const { sessions } = analyse(scenario, [open, ...COURSE], probesOf(FIRST + CLEAN), beats);
  expect(aftercareSentence({ ...input, tables: { ...input.tables, sessions } })).toMatch(
    /^Nothing was lost in the 3s after the recovery\. 1 of 1 sessions that were alive then did not live through it\. Warning/,
  );
});
