import { describe, expect, test } from 'vitest';
import { list, markup, section } from '../../../../src/report/sections.js';
import { jsonMarkup, tag, trusted } from '../../../../src/report/html/markup.js';
import { pageHtml, type PageAssets } from '../../../../src/report/html/page.js';
import { runHtml } from '../../../../src/report/run/run-report.js';
import { timelineChart } from '../../../../src/report/html/timeline.js';
import type { SessionRow } from '../../../../src/model/tables.js';
import { fullInput } from '../../../golden/report/input.js';
import { HOSTILE, sampleInput, sampleTrial } from './sample-trial.js';

const ASSETS: PageAssets = { script: 'run()', scriptHash: 'sha256-s', style: 'b{}', styleHash: 'sha256-t' };

describe('markup', () => {
  test('escapes what is not markup, in text and in attributes, and keeps it on one line', () => {
    expect(tag`<b title="${`"'<&>\u0000\n`}">${3}${'<i>'}${trusted('<hr>')}${[tag`<p>`]}</b>`.markup).toBe(
      '<b title="&quot;&#39;&lt;&amp;&gt;">3&lt;i&gt;<hr><p></b>',
    );
  });

  test('JSON in a script element cannot end it', () => {
    const json = jsonMarkup({ text: '</script><!-- <script>' }).markup;
    expect(json).not.toContain('<');
    expect(JSON.parse(json)).toEqual({ text: '</script><!-- <script>' });
  });
});

describe('the page', () => {
  test('allows its own script and style, and nothing else', () => {
    const html = runHtml(sampleInput(), ASSETS);
    expect(html).toContain(
      `content="default-src 'none'; script-src 'sha256-s'; style-src 'sha256-t'; base-uri 'none'; form-action 'none'"`,
    );
    expect(html).toContain('<script>run()</script>');
    expect(html).toContain('<style>b{}</style>');
    expect(html.match(/<script/g)).toHaveLength(1 + 3);
    expect(html).not.toContain(HOSTILE.slice(0, 20));
    expect(html).not.toMatch(/https?:\/\//);
  });

  test('leaves out sections that would be empty', () => {
    const page = { title: 't', badge: null, headline: [], facts: [], footer: '' };
    const html = pageHtml({ ...page, sections: [section('None', list([]), markup(tag` `))] }, ASSETS);
    expect(html).not.toContain('None');
  });

  test('says everything in which a run can fail, without a chart of it', () => {
    const html = runHtml(fullInput, ASSETS);
    for (const word of ['not-recovered', 'void', 'no-failover-detected', 'down-at-start', 'blackholed'])
      expect(html).toContain(word);
    expect(html).toContain('The pair could not be restored.');
  });

  test('says of a stream of several flows how many were hit, and of one flow nothing', () => {
    const input = sampleInput();
    const [row] = input.tables.streams;
    if (row === undefined) throw new Error('no stream');
    const cellsWith = (flows: number, flows_affected: number): string => {
      const streams = [{ ...row, status: 'ok' as const, flows, flows_affected }];
      const html = runHtml({ ...input, tables: { ...input.tables, streams } }, ASSETS);
      return html.slice(html.indexOf('Streams, trial by trial'));
    };
    expect(cellsWith(64, 31)).toContain('data-value="31">31/64<');
    expect(cellsWith(1, 1)).not.toContain('flows hit');
  });
});

describe('the timeline of a trial', () => {
  const { result, chart: trial } = sampleTrial(1);
  const chart = timelineChart(trial, result);

  test('counts from the trigger, and shows the outage first', () => {
    expect([chart.from, chart.to, chart.marks]).toEqual([-5, 8.9, [{ at: 0, text: 'crash of fw-a' }]]);
    expect(chart.views.map(({ name }) => name)).toEqual(['Failover', 'Whole trial']);
    const [failover] = chart.views;
    expect(failover?.from).toBeLessThan(0);
    // The last loss is at 12.0 s, 7 s after the trigger.
    expect(failover?.to).toBeGreaterThan(7.1);
  });

  test('stands by example for very many sessions, the worst of each fate', () => {
    const [row] = result.sessions;
    if (row === undefined) throw new Error('no session');
    const sessions = Array.from({ length: 500 }, (_, index): SessionRow => ({
      ...row,
      session: `many#${index + 1}`,
      verdict: index % 100 === 0 ? 'reset' : 'survived',
      stall_s: index % 100 === 0 ? null : index / 100,
    }));
    const lanes = timelineChart({ ...trial, sessions: [] }, { ...result, sessions }).lanes.filter(
      ({ label }) => label.startsWith('many'),
    );
    expect(lanes.map(({ label, sub }) => [label, sub])).toEqual([
      ['many#1', 'reset, and 4 more like it'],
      ['many#500', 'survived, stall 4.99 s, and 494 more like it'],
    ]);
  });
});
