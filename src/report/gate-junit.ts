import type { KnownError } from '../model/error.js';
import type { GateCheck, GateResult } from '../model/gate.js';
import { gateSentence, sayBaseline, sayFound } from './gate-words.js';
import { suiteXml, type TestCase } from './junit-suite.js';

/** A run that broke off, or a pair that was not restored, is no test result but an error around it. */
const testCase = (check: GateCheck, result: GateResult): TestCase => ({
  name: check.name,
  outcome: check.of === 'run' ? 'error' : check.verdict,
  text: sayFound(check, result),
});

/**
 * JUnit XML with a test case for every check. A limit that was exceeded and a regression are a `failure`, what could
 * not be decided is `skipped`, a run that is not whole an `error`.
 */
export const gateJunit = (result: GateResult): string => {
  const { run, checks, verdict } = result;
  return suiteXml({
    name: `${run.scenario} gate`,
    timestamp: run.started_utc,
    hostname: null,
    properties: [
      ['run', run.run],
      ['version', run.version],
      ['baseline', sayBaseline(result)],
      ['verdict', verdict],
      ...Object.entries(run.labels),
    ],
    cases: checks.map((check) => testCase(check, result)),
    said: gateSentence(result),
  });
};

/**
 * The same where nothing could be judged: one case, an `error`.
 *
 * @param timestamp RFC 3339
 */
export const refusedJunit = ({ message, remedy }: KnownError, timestamp: string): string => {
  const text = remedy === null ? message : `${message}; ${remedy}`;
  return suiteXml({
    name: 'seqgap gate',
    timestamp,
    hostname: null,
    properties: [],
    cases: [{ name: 'gate', outcome: 'error', text }],
    said: text,
  });
};
