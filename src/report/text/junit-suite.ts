import { plainText } from '../../model/outside.js';
import type { Verdict } from '../../model/record.js';

/** What XML 1.0 does not allow at all, not even escaped (§2.2), beside control characters. */
const FORBIDDEN = /[\ufffe\uffff]/g;

const escaped = (text: string): string =>
  plainText(text)
    .replaceAll(FORBIDDEN, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[\t\n\r]/g, (space) => `&#${space.charCodeAt(0)};`);

/** `error`: something went wrong around the measurement. */
export type TestOutcome = Verdict | 'error';

export interface TestCase {
  /** Readers such as GitLab drop a second case of the same name. */
  readonly name: string;
  readonly outcome: TestOutcome;
  readonly text: string;
}

/** The one test suite of a JUnit file. */
export interface TestSuite {
  readonly name: string;
  /** RFC 3339. */
  readonly timestamp: string;
  /** null: not told. */
  readonly hostname: string | null;
  readonly properties: readonly (readonly [name: string, value: string])[];
  readonly cases: readonly TestCase[];
  /** The result in a sentence or two. */
  readonly said: string;
}

const ELEMENT: Readonly<Record<Exclude<TestOutcome, 'pass'>, string>> = {
  fail: 'failure',
  inconclusive: 'skipped',
  error: 'error',
};

/** The text stands in the element as well as in its `message`: Jenkins shows the one, GitLab the other. */
const caseXml = (classname: string, { name, outcome, text }: TestCase): string => {
  const open = `    <testcase classname="${escaped(classname)}" name="${escaped(name)}">\n`;
  const said = escaped(text);
  const inside =
    outcome === 'pass'
      ? `<system-out>${said}</system-out>`
      : `<${ELEMENT[outcome]} message="${said}">${said}</${ELEMENT[outcome]}>`;
  return `${open}      ${inside}\n    </testcase>\n`;
};

/** JUnit XML with one suite. A failed case is a `failure`, an inconclusive one is `skipped`. Ends with a line end. */
export const suiteXml = ({ name, timestamp, hostname, properties, cases, said }: TestSuite): string => {
  const count = (outcome: TestOutcome): number => cases.filter((each) => each.outcome === outcome).length;
  const counts =
    `tests="${cases.length}" failures="${count('fail')}" errors="${count('error')}" ` +
    `skipped="${count('inconclusive')}"`;
  const host = hostname === null ? '' : ` hostname="${escaped(hostname)}"`;
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<testsuites name="seqgap" ${counts}>\n` +
    `  <testsuite name="${escaped(name)}" ${counts} timestamp="${escaped(timestamp)}"${host}>\n` +
    '    <properties>\n' +
    properties
      .map(([key, value]) => `      <property name="${escaped(key)}" value="${escaped(value)}"/>\n`)
      .join('') +
    '    </properties>\n' +
    cases.map((each) => caseXml(name, each)).join('') +
    `    <system-out>${escaped(said)}</system-out>\n` +
    '  </testsuite>\n</testsuites>\n'
  );
};
