import { describe, expect, test } from 'vitest';
import type { ResultTables, TimelineRow, TrialRow } from '../../../src/model/tables.js';
import type { AnalysedRun } from '../../../src/report/run/analysed-run.js';
import { trialSection } from '../../../src/report/run/phases.js';
import { summaryMarkdown, terminalReport } from '../../../src/report/run/run-report.js';
import { fullInput } from '../../golden/report/input.js';

const [sampleTrial] = fullInput.tables.trials;
const [sampleInstant] = fullInput.tables.timeline ?? [];
if (sampleTrial === undefined || sampleInstant === undefined) throw new Error('no sample');

const TRIAL: TrialRow = { ...sampleTrial, outage_lo_s: 1.17, outage_s: 1.2, outage_hi_s: 1.23 };

const instant = (
  milestone: string,
  after_trigger_s: number,
  more: Partial<TimelineRow> = {},
): TimelineRow => ({
  ...sampleInstant,
  ...{ kind: 'traffic', milestone, subject: 'ping', detail: null },
  ...{
    at_lo_s: after_trigger_s - 0.01,
    at_s: after_trigger_s,
    at_hi_s: after_trigger_s + 0.01,
    after_trigger_s,
  },
  ...more,
});

const API = 'command had ended 1.719 s after the trigger; traffic was back 0.987 s later';
const tablesOf = (loss_s: number, back: TimelineRow): ResultTables => ({
  ...{ trials: [TRIAL], streams: [], outages: [], sessions: [] },
  timeline: [instant('first-loss', loss_s), back, instant('api-against-traffic', 2.706, { detail: API })],
});

const runOf = (tables: ResultTables, more: Partial<AnalysedRun['record']['scenario']> = {}): AnalysedRun => ({
  ...fullInput,
  record: {
    ...fullInput.record,
    scenario: { ...fullInput.record.scenario, observe: [], phases: [], ...more },
  },
  tables,
});

/** In one line for each, however wide a terminal is. */
const onTerminal = (run: AnalysedRun): string =>
  terminalReport(run, { columns: 400, color: false, folder: null });

describe('of an outage that nothing divides', () => {
  const run = runOf(tablesOf(1.506, instant('recovery', 2.706)));

  test('says where in the trial it lies, so that all times add up', () => {
    expect(onTerminal(run)).toContain(`  trial 1: loss from 1.506 s to 2.706 s after the trigger; ${API}\n`);
    expect(summaryMarkdown(run)).toContain(`  loss from 1.506 s to 2.706 s after the trigger.\n  ${API}.`);
    expect(trialSection(run.tables, 1, 100)).toEqual([
      '    loss from 1.506 s to 2.706 s after the trigger',
      `    ${API}`,
    ]);
  });

  test('says that the slowest phase is not known, and why', () => {
    const why = 'Slowest phase: not known, because nobody was asked what the pair did meanwhile';
    for (const said of [onTerminal(run), summaryMarkdown(run)]) expect(said).toContain(why);
  });

  test.each([
    [-0.004, instant('recovery', 2.706), 'loss from 0.004 s before the trigger to 2.706 s after it'],
    [
      0.1,
      instant('recovery', 2.706, { detail: 'after 3 loss periods' }),
      'loss from 0.100 s to 2.706 s after the trigger (after 3 loss periods)',
    ],
    [
      0.1,
      instant('recovery', 9, { at_hi_s: null, detail: 'none held' }),
      'loss from 0.100 s after the trigger on; recovery: none held',
    ],
  ])('begins at %d s', (loss_s, back, said) => {
    expect(onTerminal(runOf(tablesOf(loss_s, back)))).toContain(`trial 1: ${said}; `);
  });

  test('is silent of what an older run does not tell, and of no outage', () => {
    expect(onTerminal(runOf({ ...run.tables, timeline: [] }))).not.toContain('loss from');
    const none = { ...TRIAL, outage_lo_s: 0, outage_s: 0, outage_hi_s: 0.02 };
    expect(onTerminal(runOf({ ...run.tables, trials: [none], timeline: [] }))).not.toContain('Slowest phase');
  });
});

test('a phase that was not seen is named, with where its time is', () => {
  const text = onTerminal(fullInput);
  expect(text).toMatch(
    /Slowest phase: detection \(median 2\.71 s, 79 % of the outage in 1 of 2 failovers\)\./,
  );
  expect(text).toContain(
    'Failover: the end of detection was not seen in 1 of 2 trials; there its time is in the next phase.',
  );
});
