import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { junitXml } from '../../../src/report/run/junit.js';
import { summaryMarkdown, terminalReport } from '../../../src/report/run/run-report.js';
import { textWidth } from '../../../src/report/text/table.js';
import { fullInput } from './input.js';

const FOLDER = 'results/lab-vrrp-crash/20251121T191529Z-9.0';
const plain = { columns: 100, color: false, folder: FOLDER } as const;

const file = (name: string): string => new URL(name, import.meta.url).pathname;

describe('a run in which every status and verdict occurs', () => {
  test('summary.md', async () => {
    await expect(summaryMarkdown(fullInput)).toMatchFileSnapshot(file('summary.md'));
  });

  test('junit.xml', async () => {
    const xml = junitXml(fullInput);
    expect(XMLValidator.validate(xml)).toBe(true);
    await expect(xml).toMatchFileSnapshot(file('junit.xml'));
  });

  test('the end of a run on a terminal', async () => {
    await expect(terminalReport(fullInput, plain)).toMatchFileSnapshot(file('terminal.txt'));
  });
});

describe('without limits', () => {
  const input = {
    ...fullInput,
    record: { ...fullInput.record, scenario: { ...fullInput.record.scenario, limits: [] } },
    findings: fullInput.findings.filter(({ key }) => key === 'trials'),
  };

  test('junit.xml has a case for each trial and phase', () => {
    const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' });
    const parsed = parser.parse(junitXml(input)) as {
      testsuites: { tests: string; failures: string; errors: string; skipped: string; testsuite: object };
    };
    expect(parsed.testsuites).toMatchObject({ tests: '8', failures: '2', errors: '1', skipped: '3' });
    expect(parsed.testsuites.testsuite).toMatchObject({
      testcase: [
        { name: 'trial 1 failover' },
        { name: 'trial 1 failback' },
        { name: 'trial 2 failover', failure: { message: 'ok: web: 3.11 s  [3.10 … 3.12]' } },
        { name: 'trial 3 failover', failure: { message: 'not-recovered: ping: ≥ 300.1 s' } },
        { name: 'trial 4 failover', skipped: {} },
        { name: 'trial 5 failover', skipped: {} },
        { name: 'trial 6 failover', skipped: {} },
        { name: 'restore', error: { message: 'ended by SIGINT' } },
      ],
    });
  });

  test('the trials are still judged', () => {
    expect(summaryMarkdown(input)).toContain('fail: trials: ');
    expect(terminalReport(input, plain)).toContain('✗ trials: ');
  });
});

describe('on a terminal', () => {
  const escapes = new RegExp(`${String.fromCodePoint(27)}\\[[\\d;]+m`, 'g');

  test('no line is wider than 100 columns, whatever the names', () => {
    const name = 'a-stream-with-a-very-long-name-'.repeat(4);
    const input = {
      ...fullInput,
      tables: {
        ...fullInput.tables,
        streams: fullInput.tables.streams.map((row) => ({ ...row, stream: `${name}連接${row.stream}` })),
        trials: fullInput.tables.trials.map((row) => ({
          ...row,
          node: name,
          headline_stream: `${name}連接`,
        })),
      },
    };
    const lines = terminalReport(input, plain).split('\n');
    expect(lines.filter((line) => textWidth(line) > 100)).toEqual([]);
  });

  test('colour changes nothing but the colour', () => {
    const coloured = terminalReport(fullInput, { ...plain, color: true });
    expect(coloured).toMatch(escapes);
    expect(coloured.replaceAll(escapes, '')).toBe(terminalReport(fullInput, plain));
  });

  test('a control character of an error text does not reach it', () => {
    expect(terminalReport(fullInput, plain)).not.toMatch(escapes);
  });

  test('a run without a single trial is still a report', () => {
    const empty = { trials: [], streams: [], outages: [], sessions: [] };
    const input = { ...fullInput, tables: empty, notes: [], findings: [], selfFigures: [] };
    expect(terminalReport(input, plain)).toContain('No trial was finished');
    expect(summaryMarkdown(input)).toContain('No trial was finished');
    expect(XMLValidator.validate(junitXml(input))).toBe(true);
  });
});
