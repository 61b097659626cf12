import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { KeyInput } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trendOf } from '../../../src/analysis/trend/trend.js';
import {
  compareSides,
  DEFAULT_CONFIDENCE,
  DEFAULT_MARGIN,
} from '../../../src/analysis/comparison/compare.js';
import { comparisonHtml } from '../../../src/report/compare/compare-report.js';
import type { BarLane, LanesChart } from '../../../src/report/html/chart.js';
import { runHtml } from '../../../src/report/run/run-report.js';
import { trendHtml } from '../../../src/report/trend/trend-report.js';
import { pageAssets } from '../../../src/evaluate/analyse.js';
import { about, nightOf } from '../../unit/gate/nights.js';
import { fullInput } from '../../golden/report/input.js';
import { explainedInput, FLOWS, HOSTILE, sampleInput } from '../../unit/report/html/sample-trial.js';
import { makeNight } from '../gate/make-night.js';
import { scratch } from '../store/scratch.js';
import { FAINT, LANDMARKS } from './checks.js';
import { testBrowser, type Opened, type TestBrowser } from './browser.js';

const CLI = join(import.meta.dirname, '../../../dist/cli.js');

let browser: TestBrowser;
beforeAll(async () => {
  browser = await testBrowser();
});
afterAll(() => browser.close());

const input = sampleInput();
const page = runHtml(input, pageAssets());

/** What A4 has between its margins, at 96 pixels an inch. */
const PAGE_PX = Math.floor(((297 - 28) / 25.4) * 96);

/** As many lanes as a timeline can have. */
const manyLanes = runHtml(
  {
    ...input,
    charts: (input.charts ?? []).map((chart) => ({
      ...chart,
      lanes: Array.from({ length: 32 }, (_, flow) => ({ ...chart.lanes[0]!, flows: [flow, flow] as const })),
      seen: Array.from({ length: 10 }, (_, index) => ({ ...chart.seen[0]!, of: `node ${index}` })),
    })),
  },
  pageAssets(),
);

/** Brings all charts into view, which draws them. */
const draw = async ({ page, ask }: Opened): Promise<void> => {
  const count = await ask<number>(`document.querySelectorAll('figure.chart').length`);
  for (let index = 0; index < count; index += 1) {
    await ask(`document.querySelectorAll('figure.chart')[${index}].scrollIntoView()`);
    await page.waitForFunction(`document.querySelectorAll('figure.chart')[${index}].dataset.drawn === 'yes'`);
  }
};

const chartOf = (opened: Opened, id: string): Promise<LanesChart> =>
  opened.ask(`JSON.parse(document.querySelector('#${id}-data').textContent)`);

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  /** Below the top of the chart. */
  readonly lanes: readonly { readonly top: number; readonly height: number }[];
}

/** Where a chart is once it stands still: a page may move as long as what is above it is drawn. */
const still = ({ ask }: Opened, id: string): Promise<Box> =>
  ask<Box>(`(async () => {
    const look = () => {
      // Again in each frame: a link that was followed may begin to glide only in the next one.
      document.querySelector('#${id}').scrollIntoView({ behavior: 'instant', block: 'center' });
      const { left, top, width } = document.querySelector('#${id} canvas').getBoundingClientRect();
      const lanes = [...document.querySelectorAll('#${id} .lane')];
      return { left, top, width, lanes: lanes.map((each) => ({ top: each.offsetTop, height: each.offsetHeight })) };
    };
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    for (let still = 0, last = look(); ; ) {
      await frame();
      const now = look();
      still = JSON.stringify(now) === JSON.stringify(last) ? still + 1 : 0;
      last = now;
      if (still === 10) return now;
    }
  })()`);

/** How many pixels of a chart have ink, and the colour of the page. */
const INK = (id: string): string => `(() => {
  const canvas = document.querySelector('#${id} canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let ink = 0;
  for (let at = 3; at < data.length; at += 4) if (data[at] > 0) ink += 1;
  return ink;
})()`;
/** The lanes whose names have no room. */
const CUT = `[...document.querySelectorAll('.lane:not([hidden])')]
  .filter((each) => each.scrollHeight > each.clientHeight + 1 || each.scrollWidth > each.clientWidth + 1)
  .map((each) => each.textContent)`;
const PAPER = 'getComputedStyle(document.body).backgroundColor';

describe('a run', () => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await browser.open(page);
    await draw(opened);
  });

  test('says its headline with its interval, and has nothing to complain of', async () => {
    const headline = await opened.ask<string>(`document.querySelector('.headline').textContent.trim()`);
    // Down from 5.4 s to 8.4 s by probes every 100 ms: 30 lost, bounds 100 ms to either side.
    expect(headline).toMatch(
      /^Traffic was down for 3\.00 s \(measured 2\.(?:89|90)–3\.1[01] s\) in the worst of 2 trials/,
    );
    expect(await opened.ask(`document.querySelectorAll('#timelines article').length`)).toBe(2);
    expect(opened.complaints).toEqual([]);
  });

  test('what devices said is text: no element, no script, no dialog came of it', async () => {
    expect(await opened.ask(`document.querySelectorAll('img, iframe, object, [onerror]').length`)).toBe(0);
    expect(await opened.ask(`document.scripts.length`)).toBe(1 + 3);
    const notes = await opened.ask<string>(`document.querySelector('#notes li').textContent`);
    expect(notes).toBe(HOSTILE);
    const chart = await chartOf(opened, 'trial-1-chart');
    expect(
      chart.lanes.flatMap((lane) => (lane.kind === 'bars' ? lane.bars : [])).map(({ text }) => text),
    ).toContain(HOSTILE);
  });

  test('has a lane for the trial, its causes, the devices, each flow and each session', async () => {
    const names = await opened.ask<string[]>(
      `[...document.querySelectorAll('#trial-1 .lane-name')].map((each) => each.textContent)`,
    );
    expect(names).toEqual([
      'trial',
      '1 detection',
      'control-plane',
      'fw-a',
      'fw-b',
      '10.4.3.1',
      ...Array.from({ length: FLOWS }, (_, flow) => `ping flow ${flow}`),
      'control',
      'echo#1',
      'echo#2',
    ]);
    expect(await opened.ask(INK('trial-1-chart'))).toBeGreaterThan(20_000);
  });

  test('has every loss period, where and as long as the table says', async () => {
    const { lanes } = await chartOf(opened, 'trial-1-chart');
    const drawn = lanes
      .flatMap((lane) => (lane.kind === 'stream' ? lane.periods : []))
      .map(({ from_s, periods }) => `${(from_s + 5).toFixed(1)} s, ${periods}`);
    const rows = input.tables.outages.filter(({ trial }) => trial === 1);
    expect(rows).toHaveLength(FLOWS + 2);
    expect(new Set(drawn)).toEqual(new Set(rows.map(({ start_s }) => `${start_s.toFixed(1)} s, 1`)));
    expect(drawn).toHaveLength(rows.length);
  });

  test('sorts its tables by keyboard alone', async () => {
    const cells = (): Promise<string[]> =>
      opened.ask(
        `[...document.querySelectorAll('#outages tbody tr')].map((row) => row.cells[8].textContent)`,
      );
    await opened.ask(`document.querySelector('#outages thead tr').cells[8].querySelector('button').focus()`);
    await opened.page.keyboard.press('Enter');
    expect(
      await opened.ask(`document.querySelector('#outages thead tr').cells[8].getAttribute('aria-sort')`),
    ).toBe('ascending');
    const up = await cells();
    expect(up.map(Number.parseFloat)).toEqual(up.map(Number.parseFloat).toSorted((a, b) => a - b));
    await opened.page.keyboard.press('Space');
    expect(await cells()).toEqual(
      up.toReversed().toSorted((a, b) => Number.parseFloat(b) - Number.parseFloat(a)),
    );
  });

  test('is moved and zoomed by keyboard, and shows the whole trial on demand', async () => {
    const range = (): Promise<string> => opened.ask(`document.querySelector('#trial-1 .range').textContent`);
    const press = async (...keys: readonly KeyInput[]): Promise<string> => {
      await opened.ask(`document.querySelector('#trial-1 .plot').focus()`);
      for (const key of keys) await opened.page.keyboard.press(key);
      return range();
    };
    const whole = '-5.00 s to 8.90 s';
    expect(await press('0')).toBe(whole);
    const near = await press('+');
    expect(new Set([whole, near, await press('ArrowRight')]).size).toBe(3);
    expect(await press('ArrowLeft')).toBe(near);
    expect(await press('-')).toBe(whole);
    await opened.ask(`document.querySelector('#trial-1 .toolbar button').click()`);
    expect(await range()).not.toBe(whole);
  });

  test('leads a keyboard past the navigation, and names what it holds', async () => {
    const fresh = await browser.open(page);
    await fresh.page.keyboard.press('Tab');
    expect(await fresh.ask('document.activeElement.textContent')).toBe('Skip to the report');
    await fresh.page.keyboard.press('Enter');
    expect(await fresh.ask('document.activeElement.id')).toBe('content');
    await draw(fresh);
    expect(
      await fresh.ask(
        `document.querySelectorAll('figure:not([aria-label]), section:not([aria-label]):not([aria-labelledby])').length`,
      ),
    ).toBe(0);
    expect(
      await fresh.ask(`document.querySelectorAll('button:not([aria-label])').length > 0
      && [...document.querySelectorAll('button')].every((each) => each.textContent.trim() !== '')`),
    ).toBe(true);
    await fresh.page.close();
  });

  test('has text that stands out from its ground, and no two landmarks of one name', async () => {
    const run = runHtml(fullInput, pageAssets());
    for (const dark of [false, true]) {
      const fresh = await browser.open(run, { dark });
      await draw(fresh);
      expect(await fresh.ask(FAINT), dark ? 'dark' : 'light').toEqual([]);
      const names = await fresh.ask<string[]>(LANDMARKS);
      expect(names.length).toBeGreaterThan(10);
      expect(new Set(names).size).toBe(names.length);
      await fresh.page.close();
    }
  });

  test('is light or dark as the system is, and as the switch says', async () => {
    const dark = await browser.open(page, { dark: true });
    const [light, night] = [await opened.ask(PAPER), await dark.ask(PAPER)];
    expect([light, night]).toEqual(['rgb(255, 255, 255)', 'rgb(17, 21, 26)']);
    await dark.ask(`document.querySelector('#theme').click()`);
    expect([await dark.ask(PAPER), await dark.ask(`document.querySelector('#theme').textContent`)]).toEqual([
      light,
      'Theme: light',
    ]);
    await dark.ask(`document.querySelector('#theme').click()`);
    expect(await dark.ask(PAPER)).toBe(night);
    expect(dark.complaints).toEqual([]);
    await dark.page.close();
  });

  test('prints on white, with all its charts, also those that were never in view', async () => {
    const fresh = await browser.open(page, { dark: true });
    await fresh.ask(`window.addEventListener('beforeprint', () => { window.paper = ${PAPER}; })`);
    const pdf = await fresh.page.pdf({ format: 'A4', printBackground: true, preferCSSPageSize: true });
    const written = new TextDecoder('latin1').decode(pdf);
    expect(written.slice(0, 5)).toBe('%PDF-');
    expect(await fresh.ask('window.paper')).toBe('rgb(255, 255, 255)');
    expect(await fresh.ask(`document.querySelectorAll('figure.chart:not([data-drawn])').length`)).toBe(0);
    expect(await fresh.ask(PAPER)).toBe('rgb(17, 21, 26)');
    // No page is left empty: there are only as many as its content, which is not to be broken everywhere, has room on.
    await fresh.ask(`document.documentElement.classList.add('printing')`);
    await fresh.page.emulateMediaType('print');
    await fresh.page.setViewport({ width: 703, height: PAGE_PX });
    const needed = (await fresh.ask<number>('document.body.offsetHeight')) / PAGE_PX;
    expect(written.match(/\/Type \/Page\b/g)?.length).toBeLessThan(needed + 1.5);
    // What has a box of its own is not said again where a table goes on.
    expect(await fresh.ask(`getComputedStyle(document.querySelector('thead button')).display`)).toBe(
      'contents',
    );
    expect(fresh.complaints).toEqual([]);
    await fresh.page.close();
  });

  test('begins with its answer, each tile with its verdict in words', async () => {
    const tiles = await opened.ask<string[]>(
      `[...document.querySelectorAll('main > .tiles .tile')].map((each) => each.querySelector('dt').textContent)`,
    );
    expect(tiles).toEqual(['Verdict', 'Longest outage', 'Sessions survived', 'Slowest phase', 'Trials']);
    const bottom = await opened.ask<number>(
      `document.querySelector('.tiles').getBoundingClientRect().bottom + window.scrollY`,
    );
    expect(bottom).toBeLessThan(400);
    expect(
      await opened.ask(
        `[...document.querySelectorAll('.tile.pass, .tile.fail, .tile.inconclusive')].every((each) => each.querySelector('[role=img][aria-label]') !== null)`,
      ),
    ).toBe(true);
  });

  test('leads from a point to the timeline of its trial, by mouse and by keyboard', async () => {
    const fresh = await browser.open(page);
    await draw(fresh);
    const box = await still(fresh, 'distribution-chart');
    // Two trials in the first lane: its lower half is the second one's.
    await fresh.page.mouse.click(box.left + 40, box.top + 0.75 * box.lanes[0]!.height);
    expect(await fresh.ask('location.hash')).toBe('#trial-2');
    await fresh.ask(`document.querySelector('#trials tbody th a').focus()`);
    await fresh.page.keyboard.press('Enter');
    expect(await fresh.ask('location.hash')).toBe('#trial-1');
    await fresh.page.close();
  });

  test('leads from an event of the chain to the line that tells it', async () => {
    const fresh = await browser.open(runHtml(explainedInput(), pageAssets()));
    await draw(fresh);
    const chart = await chartOf(fresh, 'chain-1-failover');
    const lane = chart.lanes.findIndex(({ label }) => label === 'clock fw-b');
    const { bars } = chart.lanes[lane] as BarLane;
    expect(bars.map(({ text }) => text)).toEqual(['fw-b declares fw-a dead', 'fw-b is active']);
    for (const [index, bar] of bars.entries()) {
      const box = await still(fresh, 'chain-1-failover');
      const { top, height } = box.lanes[lane]!;
      // The grid has 1 pixel to its left and 12 to its right.
      const x = box.left + 1 + ((bar.from - chart.from) / (chart.to - chart.from)) * (box.width - 13);
      await fresh.page.mouse.click(x, box.top + top + height / 2);
      expect(await fresh.ask('location.hash')).toBe(`#${bar.link}`);
      const row = await fresh.ask<string>(`document.querySelector(':target').closest('tr').textContent`);
      expect(row).toContain(bar.text);
      expect(row).toContain(`line ${index + 1}: ${HOSTILE}`);
    }
    const names = await fresh.ask<string[]>(LANDMARKS);
    expect(new Set(names).size).toBe(names.length);
    expect(await fresh.ask(FAINT)).toEqual([]);
    expect(await fresh.ask(CUT)).toEqual([]);
    expect(fresh.complaints).toEqual([]);
    await fresh.page.close();
  });

  test('says to a screen reader what is in the lanes of a chart', async () => {
    const said = await opened.ask<string>(
      `document.querySelector('#distribution-chart [role=listitem]').textContent`,
    );
    expect(said).toMatch(/^ping, failover.*trial 1: 3\.00 s .*trial 2: 3\.00 s/);
    const lanes = await opened.ask<string[]>(
      `[...document.querySelectorAll('#trial-1 [role=listitem]')].map((each) => each.textContent)`,
    );
    expect(lanes.join('\n')).toMatch(/ping flow 2.*loss: 30 probes, .*at 0\.400 s/);
    expect(lanes.join('\n')).toMatch(/echo#1.*waited 3\.10 s for an echo: 0\.400 s to 3\.50 s/);
  });

  test('prints every chart whole, and leaves no page empty', async () => {
    const fresh = await browser.open(manyLanes);
    await draw(fresh);
    await fresh.ask(`window.dispatchEvent(new Event('beforeprint'))`);
    const heights = await fresh.ask<number[]>(
      `[...document.querySelectorAll('article, figure.chart')].map((each) => each.offsetHeight)`,
    );
    expect(heights.length).toBeGreaterThan(2);
    expect(Math.max(...heights)).toBeLessThan(PAGE_PX);
    expect(await fresh.ask(CUT)).toEqual([]);
    await fresh.ask(`window.dispatchEvent(new Event('afterprint'))`);
    expect(await fresh.ask(`document.querySelectorAll('.lane[hidden], .lane.dense').length`)).toBe(0);
    await fresh.page.close();
  });

  test('the longest outage leads to the timeline of its trial', async () => {
    const fresh = await browser.open(page);
    const leads = `document.querySelector('.tile-value a').getAttribute('href')`;
    expect(await fresh.ask(`document.querySelector(${leads}).querySelector('h3').textContent`)).toMatch(
      /^Trial 1\b/,
    );
    await fresh.page.close();
  });

  test('fits a telephone: only tables are wider, in boxes of their own', async () => {
    const narrow = await browser.open(page, { width: 390 });
    await draw(narrow);
    expect(await narrow.ask('document.documentElement.scrollWidth')).toBe(390);
    expect(await narrow.ask(CUT)).toEqual([]);
    const outage = `document.querySelector('#trials tbody td')`;
    expect(await narrow.ask(`${outage}.textContent`)).toMatch(/^3\.00 s/);
    expect(await narrow.ask<number>(`${outage}.getBoundingClientRect().right`)).toBeLessThan(390);
    expect(narrow.complaints).toEqual([]);
    await narrow.page.close();
  });
});

/** What is shown behind each instant that a page says. */
const BESIDE = `[...document.querySelectorAll('time')].map((each) => getComputedStyle(each, '::after').content)`;

describe('times', () => {
  const record = { ...fullInput.record, started_utc: '2026-07-30T21:04:14.000Z' };
  const told = runHtml({ ...fullInput, record }, pageAssets());

  test('are UTC, with those of whoever reads it beside them, on paper too', async () => {
    const there = await browser.open(told, { zone: 'Asia/Kolkata' });
    const fact = `document.querySelector('.facts time')`;
    expect(await there.ask(`${fact}.textContent`)).toBe('2026-07-30T21:04:14.000Z');
    const local = '2026-07-31 02:34:14 UTC+05:30';
    expect(await there.ask(`${fact}.dataset.local`)).toBe(local);
    const beside = await there.ask<string[]>(BESIDE);
    expect(beside.length).toBeGreaterThan(3);
    expect(beside.every((said) => said.includes('UTC+05:30'))).toBe(true);
    await there.page.emulateMediaType('print');
    expect(await there.ask(BESIDE)).toEqual(beside);
    expect(there.complaints).toEqual([]);
    await there.page.close();
  });

  test('are UTC alone without a script, and where the reader is there', async () => {
    for (const look of [{ zone: 'Asia/Kolkata', hasScript: false }, { zone: 'UTC' }]) {
      const opened = await browser.open(told, look);
      expect(new Set(await opened.ask<string[]>(BESIDE))).toEqual(new Set(['none']));
      await opened.page.close();
    }
  });
});

test('a run in which every status occurs, and no picture was made', async () => {
  const opened = await browser.open(runHtml(fullInput, pageAssets()));
  await draw(opened);
  expect(await opened.ask(`document.querySelectorAll('#trials tbody tr').length`)).toBe(
    fullInput.tables.trials.length,
  );
  expect(opened.complaints).toEqual([]);
  await opened.page.close();
});

test('a comparison and a trend', async () => {
  const side = (name: string, version: string, seconds: number) => ({
    name,
    runs: [nightOf({ day: version === '9.0' ? 0 : 1, version, outages: about(seconds, 3) })],
    leftOut: [],
  });
  const options = { margin: DEFAULT_MARGIN, confidence: DEFAULT_CONFIDENCE, metrics: null, phase: null };
  const compared = compareSides(side('base', '9.0', 1), [side('candidate', '9.1', 2)], options);
  const compares = comparisonHtml(compared, '0.1.0', pageAssets());
  const comparison = await browser.open(compares);
  await draw(comparison);
  expect(await comparison.ask(`document.querySelectorAll('figure canvas').length`)).toBeGreaterThan(1);
  expect(comparison.complaints).toEqual([]);

  const narrow = await browser.open(compares, { width: 420 });
  await draw(narrow);
  const verdicts = await narrow.ask<{ text: string; right: number }[]>(
    `[...document.querySelectorAll('main table tbody td')]
      .filter((each) => /^(?:worse|no evidence|not enough runs)$/.test(each.textContent))
      .map((each) => ({ text: each.textContent, right: each.getBoundingClientRect().right }))`,
  );
  expect(verdicts.map(({ text }) => text)).toContain('worse');
  expect(Math.max(...verdicts.map(({ right }) => right))).toBeLessThanOrEqual(420);
  await narrow.page.close();

  const nights = Array.from({ length: 20 }, (_, day) =>
    nightOf({
      day,
      version: day < 10 ? '9.0' : '9.1',
      outages: day === 4 ? ['void'] : about(day < 10 ? 1 : 2, day),
    }),
  );
  const question = { metric: 'longest', phase: 'failover', key: null, stream: null } as const;
  const history = trendOf('pair', nights, [], question);
  const trend = await browser.open(trendHtml(history, '0.1.0', pageAssets()));
  await draw(trend);
  expect(await trend.ask(INK('history-chart'))).toBeGreaterThan(3_000);
  expect(history.changes.length).toBeGreaterThan(0);
  expect(await trend.ask(`document.querySelectorAll('#changes li').length`)).toBe(history.changes.length);
  expect(trend.complaints).toEqual([]);
});

test('compare --html and trend --html write a file beside what they print', async () => {
  const folder = await scratch();
  for (let day = 0; day < 4; day += 1)
    await makeNight(join(folder, 'results'), {
      day,
      version: day < 2 ? '9.0' : '9.1',
      outages: about(1 + day),
    });
  const seqgap = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await execa('node', [CLI, ...args], { cwd: folder, reject: false });
    return stdout + stderr;
  };
  const [compared, trend, refused] = await Promise.all([
    seqgap('compare', 'version=9.0', 'version=9.1', '--html', 'compare.html'),
    seqgap('trend', '--html', 'trend.html'),
    seqgap('trend', '--html', 'no/such/folder/trend.html'),
  ]);
  expect(compared).toContain('9.1 is worse than 9.0');
  expect(await readFile(join(folder, 'compare.html'), 'utf8')).toContain('9.1 is worse than 9.0');
  expect(trend).toContain('Median of the newest run');
  expect(await readFile(join(folder, 'trend.html'), 'utf8')).toMatch(/^<!doctype html>/);
  expect(refused).toContain('--html');
});
