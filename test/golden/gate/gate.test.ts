import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import type { GateResult } from '../../../src/model/gate.js';
import type { Limit } from '../../../src/model/plan.js';
import { gateChat, gateJunit } from '../../../src/report/gate/gate-annotations.js';
import { gateDocument } from '../../../src/report/gate/gate-data.js';
import { gateTerminal } from '../../../src/report/gate/gate-terminal.js';
import { textWidth } from '../../../src/report/text/table.js';
import type { TrialSpec } from '../../unit/comparison/sides.js';
import { about, judge, nightOf } from '../../unit/gate/nights.js';

const file = (name: string): string => new URL(name, import.meta.url).pathname;
const plain = { columns: 100, color: false } as const;
const FIVE: Limit = { key: 'ping.longest', subject: 'ping', metric: 'longest', value: 5, text: '5s' };
const summary = { limits: [FIVE], labels: { design: 'vrrp <&"' } };

const trials = (ping: number, web: number, day: number, survived = 4): TrialSpec[] =>
  about(ping, day).map((value_s, trial) => ({
    streams: [
      { value_s },
      { stream: 'web', value_s: web + 0.02 * trial, more: { class: 'new-tcp' as const } },
    ],
    sessions: [
      { name: 'echo', verdicts: trial < survived ? { survived: 10 } : { survived: 7, reset: 3 }, stall_s: 0.8 },
    ],
  }));

const baseline = Array.from({ length: 20 }, (_, day) => nightOf({ day, trials: trials(2.6, 2.7, day) }));
const results: Readonly<Record<string, GateResult>> = {
  pass: judge(nightOf({ day: 29, trials: trials(2.602, 2.71, 29), summary }), baseline),
  regression: judge(
    nightOf({ day: 29, version: '9.1', trials: [...trials(3.8, 2.71, 29, 3), { status: 'void', void_reason: 'prober stalled' }], summary }),
    baseline,
  ),
  'first-night': judge(nightOf({ day: 0, trials: trials(2.6, 2.7, 0), summary }), []),
  'limit-and-regression': judge(nightOf({ day: 29, trials: trials(5.6, 2.71, 29), summary }), baseline),
};

describe.each(Object.entries(results))('%s', (name, result) => {
  test('on a terminal', async () => {
    const text = gateTerminal(result, plain);
    expect(text.split('\n').filter((line) => textWidth(line) > 100)).toEqual([]);
    await expect(text).toMatchFileSnapshot(file(`${name}.txt`));
  });

  test('as JUnit XML', async () => {
    const xml = gateJunit(result);
    expect(XMLValidator.validate(xml)).toBe(true);
    await expect(xml).toMatchFileSnapshot(file(`${name}.xml`));
  });

  test('as JSON, in which nothing is infinite', async () => {
    const json = `${JSON.stringify(gateDocument(result), null, 2)}\n`;
    await expect(json).toMatchFileSnapshot(file(`${name}.json`));
  });

  test('for a chat, on one line', async () => {
    const text = gateChat(result);
    expect(text.trimEnd()).not.toContain('\n');
    await expect(text).toMatchFileSnapshot(file(`${name}.chat.md`));
  });
});

test('JUnit has a case for every check, none of the same name, and counts them', () => {
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' });
  const parsed = parser.parse(gateJunit(results['regression'] as GateResult)) as {
    testsuites: { tests: string; failures: string; skipped: string; testsuite: { testcase: { name: string }[] } };
  };
  const names = parsed.testsuites.testsuite.testcase.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(parsed.testsuites).toMatchObject({ tests: String(names.length), failures: '1', skipped: '1' });
});

test('colour changes nothing but the colour', () => {
  const result = results['regression'] as GateResult;
  const escapes = new RegExp(`${String.fromCodePoint(27)}\\[[\\d;]+m`, 'g');
  const coloured = gateTerminal(result, { ...plain, color: true });
  expect(coloured).toMatch(escapes);
  expect(coloured.replaceAll(escapes, '')).toBe(gateTerminal(result, plain));
});
