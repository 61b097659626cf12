import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ofForeignLog } from '../../../src/cli/analyze/foreign-log.js';
import type { AnalysedLog } from '../../../src/report/log/analysed-log.js';
import { analyzeText } from '../../../src/report/log/log-text.js';
import { logFile } from '../../../src/foreign/open-log.js';
import { readLog } from '../../../src/foreign/read-log.js';
import { fromMs, ns } from '../../../src/model/time.js';
import { textWidth } from '../../../src/report/text/table.js';

const logs = join(import.meta.dirname, '../../golden/analyze/logs');

const analysed = async (file: string, name: string): Promise<AnalysedLog> =>
  ofForeignLog(
    await readLog(logFile(join(logs, file), name), {
      format: null,
      interval_ns: null,
      timeout_ns: fromMs(4000),
      threshold_ns: null,
      mergeGap_ns: ns(0),
    }),
  );

const renamed = (log: AnalysedLog, target: string): AnalysedLog => ({
  ...log,
  streams: log.streams.map((row) => ({ ...row, stream: target })),
  outages: log.outages.map((row) => ({ ...row, stream: target })),
});

/** As they stand there, also where they had to be broken. */
const joined = (text: string): string => text.replaceAll(/\s+/g, '');

describe.each([60, 80, 120])('at %i columns', (columns) => {
  const shown = (all: readonly AnalysedLog[]): string =>
    analyzeText(all, { columns, color: false, minLost: 0 });
  const widest = (text: string): number => Math.max(...text.split('\n').map(textWidth));

  test('every log by itself fits, and its names and figures are whole', async () => {
    for (const name of readdirSync(logs)) {
      const log = await analysed(name, name);
      const text = shown([log]);
      expect([name, widest(text)]).toEqual([name, Math.min(columns, widest(text))]);
      expect(text.split('\n').some((line) => line.trim().startsWith(name))).toBe(true);
      for (const { stream } of log.streams) expect(text).toContain(stream);
      for (const { first_seq, kind } of log.outages)
        if (kind === 'loss') expect(text).toContain(first_seq.toLocaleString('en'));
    }
  });

  test('so do all of them together', async () => {
    const all = await Promise.all(readdirSync(logs).map((name) => analysed(name, name)));
    const text = shown(all);
    expect(widest(text)).toBeLessThanOrEqual(columns);
    for (const { source, streams } of all) {
      expect(text).toContain(source);
      for (const { stream } of streams) expect(text).toContain(stream);
    }
    expect(text.split('\n\n')[0]).not.toContain('…\n');
  });

  test('names that are wider than a line are broken, not cut', async () => {
    const file = `failover-${'of-the-pair-in-the-cellar-'.repeat(5)}.log`;
    const target = `${'edge.'.repeat(30)}example`;
    const text = shown([renamed(await analysed('loss.log', file), target)]);
    expect(widest(text)).toBeLessThanOrEqual(columns);
    expect(joined(text).split(file)).toHaveLength(3);
    expect(joined(text).split(target).length).toBeGreaterThanOrEqual(3);
  });
});

test('outages have a column for late answers where one of them has such', async () => {
  const text = async (name: string): Promise<string> =>
    analyzeText([await analysed(name, name)], { columns: 80, color: false, minLost: 0 });
  expect(await text('loss.log')).not.toMatch(/\blate {2}outage/);
  expect(await text('iputils-late-burst.log')).toMatch(/ # {2}start .*lost {2}late {2}outage$/m);
});

describe('outages of few lost probes', () => {
  const text = (log: AnalysedLog, minLost: number): string =>
    analyzeText([log], { columns: 80, color: false, minLost });

  test('are counted, and the totals are of all of them', async () => {
    const log = await analysed('loss.log', 'loss.log');
    const said = text(log, 10);
    expect(said).toContain('\n  10.4.4.4  3  2026-11-29 08:14:27.539Z       136    14  1.45 s');
    expect(said).not.toContain('08:14:31.519Z');
    expect(said).toContain('\n  not listed: 1 outage of fewer than 10 lost, 9 lost in all\n');
    expect(said.split('\n\n')[0]).toBe(text(log, 0).split('\n\n')[0]);
  });

  test('are not what is meant by none', async () => {
    const said = text(await analysed('loss.log', 'loss.log'), 1000);
    expect(said).toContain('\n  no outage of 1,000 lost or more\n');
    expect(said).toContain('\n  not listed: 2 outages of fewer than 1,000 lost, 23 lost in all\n');
  });

  test('are not spoken of where there are none', async () => {
    const log = await analysed('loss.log', 'loss.log');
    expect(text(log, 9)).toBe(text(log, 0));
  });
});
