import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ofForeignLog } from '../../../../src/cli/analyze/foreign-log.js';
import { logFile } from '../../../../src/foreign/open-log.js';
import { readLog } from '../../../../src/foreign/read-log.js';
import { fromMs, ns } from '../../../../src/model/time.js';
import type { LanesChart, StreamLane } from '../../../../src/report/html/chart.js';
import { timelineChart } from '../../../../src/report/html/timeline.js';
import type { AnalysedLog } from '../../../../src/report/log/analysed-log.js';
import { logPage } from '../../../../src/report/log/log-page.js';

const logs = join(import.meta.dirname, '../../../golden/analyze/logs');
const ASSETS = { script: 'let s;', scriptHash: 'sha256-s', style: 'b{}', styleHash: 'sha256-t' };

const analysed = async (file: string, name = file): Promise<AnalysedLog> =>
  ofForeignLog(
    await readLog(logFile(join(logs, file), name), {
      format: null,
      interval_ns: null,
      timeout_ns: fromMs(4000),
      threshold_ns: null,
      mergeGap_ns: ns(0),
    }),
  );

const page = (all: readonly AnalysedLog[], minLost = 0): string =>
  logPage(all, { minLost, toolVersion: '0.0.0' }, ASSETS);

const chartOf = (log: AnalysedLog): LanesChart => {
  const [chart] = log.charts;
  if (chart === undefined) throw new Error('no chart');
  return timelineChart(chart, { ...log.events, outages: log.outages });
};

const streamsOf = (chart: LanesChart): StreamLane[] => chart.lanes.filter((lane) => lane.kind === 'stream');

describe('the timeline of a log', () => {
  test.each(readdirSync(logs))('%s: every outage in its lane, within the time shown', async (name) => {
    const log = await analysed(name);
    const chart = chartOf(log);
    const lanes = streamsOf(chart);
    expect(chart.lanes).toHaveLength(lanes.length);
    expect(lanes.map(({ label }) => label)).toEqual(log.streams.map(({ stream }) => stream));
    for (const row of log.outages) {
      const lane = lanes.find(({ label }) => label === row.stream);
      const period = lane?.periods.find(
        ({ kind, from_s }) => kind === row.kind && Math.abs(from_s - row.start_s) < 1e-6,
      );
      expect(period?.outage_s ?? null).toEqual(
        row.outage_s === null ? null : expect.closeTo(row.outage_s, 5),
      );
      expect(row.start_s).toBeGreaterThanOrEqual(chart.from - 0.001);
      expect(row.start_s + row.lo_s).toBeLessThanOrEqual(chart.to + 0.001);
    }
    for (const [index, { rtt }] of lanes.entries()) {
      const answered = rtt.some(({ lo_us }) => lo_us.some((value) => value !== null));
      const row = log.streams[index];
      expect(answered).toBe((row?.received ?? 0) > 0 && row?.rtt_before_ms !== null);
    }
  });

  test('shows a long log whole, and its longest outage by a button', async () => {
    const chart = chartOf(await analysed('loss.log'));
    expect(chart.views.map(({ name }) => name)).toEqual(['Whole', 'Longest outage']);
    const [whole, longest] = chart.views;
    expect(whole?.from).toBe(0);
    expect(longest?.from).toBeLessThan(14.11);
    expect(longest?.to).toBeGreaterThan(14.11 + 1.45);
    expect((longest?.to ?? 0) - (longest?.from ?? 0)).toBeLessThan(8);
  });
});

describe('the page', () => {
  test('says what each log had, when, and what that rests on', async () => {
    const html = page([await analysed('loss.log'), await analysed('iputils-plain.log')]);
    expect(html).toContain('<title>Outages in 2 logs</title>');
    expect(html).toContain('loss.log: 10.4.4.4: down 2 times, 2.40 s in all within 4.93 s');
    expect(html).toContain('0 is <time datetime="2026-11-29T08:14:13.428Z">2026-11-29 08:14:13.428Z</time>.');
    expect(html).toContain(
      '<td><time datetime="2026-11-29T08:14:27.539Z">2026-11-29 08:14:27.539Z</time></td>',
    );
    expect(html).toContain('Assumed: no times in the log: bounds assume a send every');
    expect(html.match(/data-kind="lanes"/g)).toHaveLength(2);
  });

  test('counts outages of few lost probes, and draws them all the same', async () => {
    const log = await analysed('loss.log');
    const html = page([log], 10);
    expect(html).not.toContain('<td>2026-11-29 08:14:31.519Z</td>');
    expect(html).toContain('not listed: 1 outage of fewer than 10 lost, 9 lost in all.');
    expect(html).toContain(JSON.stringify(streamsOf(chartOf(log))[0]?.periods[4]?.from_s));
  });

  test('lets no name of a file or target through as markup', async () => {
    const hostile = '</script><img src=x onerror=alert(1)>"\'\u001b[31m';
    const log = await analysed('loss.log', hostile);
    const html = page([
      {
        ...log,
        streams: log.streams.map((row) => ({ ...row, stream: hostile })),
        outages: log.outages.map((row) => ({ ...row, stream: hostile })),
        charts: log.charts.map((chart) => ({
          ...chart,
          lanes: chart.lanes.map((lane) => ({ ...lane, stream: hostile })),
        })),
        notes: [hostile],
        assumptions: [hostile],
      },
    ]);
    expect(html).not.toContain('<img');
    expect(html).not.toContain('\u001b');
    expect(html.match(/<\/script>/g)).toHaveLength(2);
  });

  test('of many streams begins with some sentences, and has all in its table', async () => {
    const log = await analysed('loss.log');
    const html = page(Array.from({ length: 20 }, (_, index) => ({ ...log, source: `log-${index}` })));
    expect(html).toContain('And 8 streams more, in the table below.');
    expect(html).toContain('<th scope="row">log-19</th>');
  });
});
