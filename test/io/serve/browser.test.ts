import { cp, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FAINT, LANDMARKS } from '../html/checks.js';
import { testBrowser, type Opened, type TestBrowser } from '../html/browser.js';
import { makeFilePair, privileged, startRun, type FilePair } from '../run/file-pair.js';
import { makeRun } from '../store/make-run.js';
import { serve, type Served } from './served.js';

const HOSTILE = '"><img src=x onerror=alert(1)>';
const EXAMPLE = join(import.meta.dirname, '../../../results/example/lab-vrrp-timer');

let browser: TestBrowser;
let results: string;
let served: Served;

beforeAll(async () => {
  browser = await testBrowser();
  results = await mkdtemp(join(tmpdir(), 'seqgap-serve-'));
  await cp(EXAMPLE, join(results, 'lab-vrrp-timer'), { recursive: true, verbatimSymlinks: true });
  for (let day = 0; day < 60; day += 1)
    await makeRun(results, {
      day,
      version: day < 30 ? '9.0' : '9.1',
      change: { labels: { site: `lab${day % 2}` } },
    });
  await makeRun(results, { day: 61, scenario: 'other', change: { labels: { site: HOSTILE } } });
  const damaged = await makeRun(results, { day: 62, scenario: 'other' });
  await writeFile(join(damaged, 'streams.csv'), 'what is this?\n');
  served = await serve(results);
});
afterAll(async () => {
  await browser.close();
  await served.stop();
  await rm(results, { recursive: true, force: true });
});

const at = (path: string): string => new URL(path, served.url).href;
const ROWS = `document.querySelectorAll('#runs tbody tr').length`;
const TITLE = `document.querySelector('h1').textContent`;
const HEADLINE = `document.querySelector('.headline').textContent.trim()`;

/** Follows what a click or a form leads to. */
const go = async ({ page, ask }: Opened, click: string): Promise<void> => {
  await Promise.all([page.waitForNavigation(), ask(click)]);
};

const link = (text: string): string =>
  `[...document.querySelectorAll('a')].find((each) => each.textContent.startsWith(${JSON.stringify(text)})).click()`;

describe('the list', () => {
  test('shows the newest first, page by page, and what is wrong with a damaged run', async () => {
    const opened = await browser.visit(served.url);
    expect(await opened.ask(HEADLINE)).toBe('64 runs.');
    expect(await opened.ask(ROWS)).toBe(50);
    const last = `[...document.querySelectorAll('#runs tbody tr')].map((row) => row.cells[row.cells.length - 1].textContent)`;
    const words = await opened.ask<string[]>(last);
    expect(words.filter((word) => word.includes('streams.csv'))).toEqual([
      expect.stringMatching(/^streams\.csv:1/),
    ]);
    expect(words).toContain(`site=${HOSTILE}`);
    await go(opened, link('next'));
    expect(await opened.ask(ROWS)).toBe(14);
    expect(opened.complaints).toEqual([]);
    await opened.page.close();
  });

  test('is filtered by its form, and sorted by its headings, the other pages with it', async () => {
    const opened = await browser.visit(served.url);
    await opened.page.type('#filter-version', '9.1');
    await opened.page.type('#filter-label', 'site=lab1');
    await go(opened, `document.querySelector('#filter-form button').click()`);
    expect(await opened.ask(HEADLINE)).toBe('64 runs, 15 as asked for.');
    expect(await opened.ask(`document.querySelector('#filter-version').value`)).toBe('9.1');
    const first = `document.querySelector('#runs tbody th').textContent`;
    const newest = await opened.ask(first);
    await go(opened, link('run'));
    expect(await opened.ask(first)).not.toBe(newest);
    expect(await opened.ask(`document.querySelector('#runs thead th').getAttribute('aria-sort')`)).toBe(
      'ascending',
    );
    await go(opened, link('worst outage'));
    expect(await opened.ask(ROWS)).toBe(15);
    expect(opened.complaints).toEqual([]);
    await opened.page.close();
  });

  test.each([
    ['verdict=unreadable', 1],
    ['text=OTHER', 2],
    ['scenario=lab-vrrp-timer', 2],
    ['scenario=fw&since=2026-01-02&until=2026-01-03', 2],
    ['scenario=fw&version=9.0&page=9', 30],
    ['label=version%3D9.1%2Csite%3Dlab0', 15],
  ])('?%s gives so many', async (asked, expected) => {
    const opened = await browser.visit(at(`/?${asked}`));
    expect(await opened.ask(ROWS)).toBe(expected);
    await opened.page.close();
  });

  test('leads to a report, to a comparison of two runs and of two groups, and to a trend', async () => {
    const opened = await browser.visit(at('/?scenario=lab-vrrp-timer'));
    await go(opened, link('20261121T230707Z'));
    expect(await opened.ask(HEADLINE)).toMatch(/^Traffic was down for 1\.20 s/);
    await opened.page.waitForFunction(`document.querySelector('figure.chart').dataset.drawn === 'yes'`);
    await go(opened, link('Compare with'));
    await opened.page.goto(`${opened.page.url()}&scenario=lab-vrrp-timer`);
    await go(opened, link('with the base'));
    expect(await opened.ask(TITLE)).toBe('advert-200ms against advert-400ms');
    await opened.page.waitForFunction(`document.querySelector('figure.chart').dataset.drawn === 'yes'`);
    await go(opened, link('All runs'));
    await opened.page.type('#groups-base', 'version=9.0');
    await opened.page.type('#groups-candidate', 'version=9.1');
    await opened.page.select('#groups-scenario', 'fw');
    await go(opened, `document.querySelector('#groups-form button').click()`);
    expect(await opened.ask(TITLE)).toBe('9.1 against 9.0');
    await go(opened, link('All runs'));
    await go(
      opened,
      `[...document.querySelectorAll('#trends a')].find((each) => each.textContent === 'fw').click()`,
    );
    expect(await opened.ask(TITLE)).toBe('fw');
    await opened.page.waitForFunction(`document.querySelector('figure.chart').dataset.drawn === 'yes'`);
    const chart = await opened.ask<{ limits: unknown[] }>(
      `JSON.parse(document.querySelector('#history-chart-data').textContent)`,
    );
    expect(chart.limits.length).toBeGreaterThan(0);
    expect(opened.complaints).toEqual([]);
    await opened.page.close();
  });

  test('is the same without a script', async () => {
    const opened = await browser.visit('about:blank');
    await opened.page.setJavaScriptEnabled(false);
    await opened.page.goto(at('/?scenario=other'));
    expect(await opened.page.$$eval('#runs tbody tr', (rows) => rows.length)).toBe(2);
    await opened.page.close();
  });

  test.each([
    ['light', 1400],
    ['dark', 1400],
    ['light', 420],
    ['dark', 420],
  ] as const)('is readable, %s, %i wide', async (theme, width) => {
    for (const path of ['/', '/?text=nothing', '/trend?scenario=fw', '/run/other/x']) {
      const opened = await browser.visit(at(path), { dark: theme === 'dark', width });
      expect(await opened.ask(FAINT), path).toEqual([]);
      expect(await opened.ask('document.documentElement.scrollWidth'), path).toBe(width);
      const names = await opened.ask<string[]>(LANDMARKS);
      expect(new Set(names).size, path).toBe(names.length);
      expect(
        await opened.ask(
          `[...document.querySelectorAll('input:not([type=hidden]), select')].filter((each) => each.labels.length !== 1).length`,
        ),
      ).toBe(0);
      await opened.page.close();
    }
  });
});

/** Two seconds and a half instead of less than one: so that somebody can look. */
const SLOW_SWITCH = 'sleep 2.5';

describe.runIf(privileged)('a run that is going on (needs root)', () => {
  let pair: FilePair;
  afterEach(() => pair.remove());

  const tile = (name: string): string =>
    `[...document.querySelectorAll('.tile')].find((each) => each.querySelector('dt').textContent === '${name}')?.querySelector('.tile-value').textContent ?? ''`;

  test('is followed: its stages, its stream, the clock of its outage, and then its report', async () => {
    // Three outages: on a busy host the first may be over before anybody looks.
    pair = await makeFilePair({ trial: ', repeat: 3' });
    const script = await readFile(join(pair.dir, 'switch.sh'), 'utf8');
    await pair.write('switch.sh', script.replace('sleep 0.4', SLOW_SWITCH));
    await mkdir(pair.out);
    const own = await serve(pair.out);
    const opened = await browser.visit(own.url);
    const run = startRun(pair);
    try {
      await expect
        .poll(() => opened.page.reload().then(() => opened.ask(HEADLINE)), { timeout: 20_000 })
        .toBe('1 run. 1 run going on, or killed.');
      await go(opened, `document.querySelector('#going-on a').click()`);
      expect(new URL(opened.page.url()).pathname).toMatch(/^\/live\/file-pair\/\d{8}T\d{6}Z-/);
      await opened.page.waitForFunction(`/so far$/.test(${tile('Outage clock')})`, {
        ...{ polling: 50, timeout: 60_000 },
      });
      // All at one moment: a moment later it may be another.
      const [clock, trigger, stream] = await opened.ask<string[]>(
        `[${tile('Outage clock')}, ${tile('Trigger')}, document.querySelector('#streams tbody td').textContent]`,
      );
      expect(clock).toMatch(/^\d+\.\d s so far$/);
      expect(trigger).toMatch(/^switchover of fw-[ab]$/);
      expect(stream).toBe(`✗ no answer for ${clock?.replace(' so far', '')}`);
      expect(await opened.ask(FAINT)).toEqual([]);
      await opened.page.waitForFunction(`${tile('Outage clock')} !== '${clock}'`, { polling: 50 });
      // It leads on to the report when the run is over.
      await opened.page.waitForFunction(`location.pathname.startsWith('/run/')`, { timeout: 60_000 });
      await opened.page.waitForSelector('#trials');
      expect(await opened.ask(HEADLINE)).toMatch(/^Traffic was down for [23]\./);
      expect(opened.complaints).toEqual([]);
      expect((await run.finished).code).toBe(0);
      expect(own.said()).toBe('');
    } finally {
      await opened.page.close();
      await own.stop();
      await run.finished;
    }
  });

  test('that was killed is shown as one of which nothing is known', async () => {
    pair = await makeFilePair({});
    const path = join(pair.out, 'lab', 'killed');
    await cp(join(EXAMPLE, '20261121T230652Z-advert-200ms'), path, { recursive: true });
    const text = await readFile(join(path, 'run.json'), 'utf8');
    await writeFile(join(path, 'run.json'), text.replace('"status": "complete"', '"status": "running"'));
    for (let trial = 2; trial <= 5; trial += 1) await rm(join(path, `trial-0${trial}`), { recursive: true });
    const trial = join(path, 'trial-01');
    const probes = gunzipSync(await readFile(join(trial, 'probes.csv.gz')));
    const events = await readFile(join(trial, 'events.jsonl'), 'utf8');
    // It was killed in its outage, an hour ago.
    await writeFile(join(trial, 'probes.csv'), probes.subarray(0, probes.length / 2));
    await writeFile(join(trial, 'events.jsonl'), events.slice(0, events.indexOf('"recovered"')));
    const before = new Date(Date.now() - 3600e3);
    for (const name of ['probes.csv', 'events.jsonl']) await utimes(join(trial, name), before, before);
    const own = await serve(pair.out);
    const opened = await browser.visit(`${own.url}live/lab/killed`);
    expect(await opened.ask(tile('Stage'))).toBe('outage');
    expect(await opened.ask(tile('Outage clock'))).toBe('not known');
    expect(await opened.ask(tile('Last written'))).toMatch(/^36\d\d\.\d s ago$/);
    expect(await opened.ask(`document.querySelector('#streams tbody td').textContent`)).toBe('not known');
    expect(opened.complaints).toEqual([]);
    await opened.page.close();
    await own.stop();
  });
});
