import type { OutageRow, ResultTables, StreamRow, TrialRow } from '../../model/tables.js';
import { streamDetails } from './stream-sections.js';
import { sayBounds } from '../../analysis/words/format.js';
import { runHeadline, trialBounds } from './headline.js';
import type { AnalysedRun } from './analysed-run.js';
import { streamLines } from '../../analysis/words/stream-lines.js';
import { suiteXml, type TestCase } from '../text/junit-suite.js';
import { sayRethreshold } from './thresholds.js';

const trialCase = (row: TrialRow, { streams, outages }: ResultTables): TestCase => {
  const isOwn = ({ trial, phase }: StreamRow | OutageRow): boolean =>
    trial === row.trial && phase === row.phase;
  const text = [
    row.status,
    row.headline_stream,
    sayBounds(trialBounds(row)),
    row.void_reason,
    ...streamLines(streams.filter(isOwn), outages.filter(isOwn)),
  ];
  return {
    name: `trial ${row.trial ?? '?'} ${row.phase ?? ''}`.trim(),
    outcome: row.verdict,
    text: text.filter((part) => part !== null && part !== '').join(': '),
  };
};

/** Something went wrong around the measurement: the run broke off, or the pair is not as it was. */
const runCases = ({ record }: AnalysedRun): TestCase[] => {
  if (record.status === 'failed')
    return [{ name: 'run', outcome: 'error', text: record.error ?? 'the run broke off' }];
  if (record.restored === false)
    return [{ name: 'restore', outcome: 'error', text: record.error ?? 'the pair could not be restored' }];
  return [];
};

const testCases = (run: AnalysedRun): TestCase[] => {
  const findings = run.findings.map(({ key, text, verdict }) => ({ name: key, outcome: verdict, text }));
  if (run.record.scenario.limits.length > 0) return [...findings, ...runCases(run)];
  // Without limits the finding on all trials together is given trial by trial.
  const others = findings.filter(({ name }) => name !== 'trials');
  const { tables } = run;
  return [...tables.trials.map((row) => trialCase(row, tables)), ...others, ...runCases(run)];
};

/**
 * JUnit XML: one test case per limit, or per trial and phase when the scenario has no limits. A limit that was
 * exceeded is a `failure`, an inconclusive one is `skipped`, a run that broke off an `error`.
 */
export const junitXml = (run: AnalysedRun): string => {
  const { record } = run;
  const said = [runHeadline(run), ...streamDetails(run)].join('\n');
  const again = run.rethreshold === undefined ? null : sayRethreshold(run.rethreshold);
  return suiteXml({
    name: record.scenario.name,
    timestamp: record.started_utc,
    hostname: record.host.name,
    properties: [
      ['run', record.run],
      ['version', record.version],
      ...(again === null ? [] : [['thresholds', again] as const]),
      ...Object.entries(record.labels),
    ],
    cases: testCases(run),
    said: again === null ? said : `${said} (${again})`,
  });
};
