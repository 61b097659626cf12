import type { TrialRow, Verdict } from '../model/record.js';
import { sayBounds } from './format.js';
import { runHeadline, trialBounds } from './headline.js';
import type { ReportInput } from './input.js';
import { sayRethreshold } from './thresholds.js';

/** What XML 1.0 does not allow at all, not even escaped (§2.2). */
// oxlint-disable-next-line no-control-regex -- these are the characters to be found
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(FORBIDDEN, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[\t\n\r]/g, (space) => `&#${space.charCodeAt(0)};`);

type Outcome = Verdict | 'error';

interface TestCase {
  readonly name: string;
  readonly outcome: Outcome;
  readonly text: string;
}

const ELEMENT: Readonly<Record<Exclude<Outcome, 'pass'>, string>> = {
  fail: 'failure',
  inconclusive: 'skipped',
  error: 'error',
};

const trialCase = (row: TrialRow): TestCase => {
  const text = [row.status, row.headline_stream, sayBounds(trialBounds(row)), row.void_reason];
  return {
    name: `trial ${row.trial ?? '?'} ${row.phase ?? ''}`.trim(),
    outcome: row.verdict,
    text: text.filter((part) => part !== null && part !== '').join(': '),
  };
};

/** Something went wrong around the measurement: the run broke off, or the pair is not as it was. */
const runCases = ({ record }: ReportInput): TestCase[] => {
  if (record.status === 'failed')
    return [{ name: 'run', outcome: 'error', text: record.error ?? 'the run broke off' }];
  if (record.restored === false)
    return [{ name: 'restore', outcome: 'error', text: record.error ?? 'the pair could not be restored' }];
  return [];
};

const testCases = (input: ReportInput): TestCase[] => {
  const findings = input.findings.map(({ key, text, verdict }) => ({ name: key, outcome: verdict, text }));
  if (input.record.scenario.limits.length > 0) return [...findings, ...runCases(input)];
  // Without limits the finding on all trials together is given trial by trial.
  const others = findings.filter(({ name }) => name !== 'trials');
  return [...input.tables.trials.map(trialCase), ...others, ...runCases(input)];
};

const caseXml = (classname: string, { name, outcome, text }: TestCase): string => {
  const open = `    <testcase classname="${escaped(classname)}" name="${escaped(name)}"`;
  if (outcome === 'pass')
    return `${open}>\n      <system-out>${escaped(text)}</system-out>\n    </testcase>\n`;
  return `${open}>\n      <${ELEMENT[outcome]} message="${escaped(text)}"/>\n    </testcase>\n`;
};

/**
 * JUnit XML: one test case per limit, or per trial and phase when the scenario has no limits. A limit that was
 * exceeded is a `failure`, an inconclusive one is `skipped`, a run that broke off an `error`.
 */
export const junitXml = (input: ReportInput): string => {
  const { record } = input;
  const cases = testCases(input);
  const count = (outcome: Outcome): number => cases.filter((each) => each.outcome === outcome).length;
  const counts =
    `tests="${cases.length}" failures="${count('fail')}" errors="${count('error')}" ` +
    `skipped="${count('inconclusive')}"`;
  const said = runHeadline(input);
  const again = input.rethreshold === undefined ? null : sayRethreshold(input.rethreshold);
  const properties = [
    ['run', record.run],
    ['version', record.version],
    ...(again === null ? [] : [['thresholds', again]]),
    ...Object.entries(record.labels),
  ]
    .map(
      ([name, value]) => `      <property name="${escaped(name ?? '')}" value="${escaped(value ?? '')}"/>\n`,
    )
    .join('');
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<testsuites name="seqgap" ${counts}>\n` +
    `  <testsuite name="${escaped(record.scenario.name)}" ${counts} timestamp="${escaped(record.started_utc)}"` +
    ` hostname="${escaped(record.host.name)}">\n` +
    `    <properties>\n${properties}    </properties>\n` +
    cases.map((each) => caseXml(record.scenario.name, each)).join('') +
    `    <system-out>${escaped(again === null ? said : `${said} (${again})`)}</system-out>\n` +
    '  </testsuite>\n</testsuites>\n'
  );
};
