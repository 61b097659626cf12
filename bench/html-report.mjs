/**
 * The HTML report of one hour of 16 flows at 100/s (5.76 million probes), with 1,000 loss periods besides the outage: how
 * long `seqgap report` takes with it, the file's size, the peak memory, and the time until
 * Chromium has loaded it and drawn its first timeline. `node bench/html-report.mjs [--seconds 3600] [--rounds 3]`, after
 * `npm run build` and `npm run modules`; needs chromium and GNU time.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launch } from 'puppeteer-core';
import { reportOf, writeLongRun } from './long-run.mjs';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '3600' }, rounds: { type: 'string', default: '3' } },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);

const FLOWS = 16;

/** Seconds from asking for the file to the load event, and to the first timeline that is drawn. */
const load = async (file) => {
  const browser = await launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox'],
    headless: true,
  });
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 900 });
    const began = performance.now();
    await page.goto(`file://${file}`);
    const loaded_s = (performance.now() - began) / 1e3;
    await page.evaluate(`document.querySelector('#timelines figure').scrollIntoView()`);
    await page.waitForFunction(`document.querySelector('#timelines figure').dataset.drawn === 'yes'`);
    return { loaded_s, drawn_s: (performance.now() - began) / 1e3 };
  } finally {
    await browser.close();
  }
};

const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];
const medianOf = (all, figure) => median(all.map((each) => each[figure])).toFixed(2);

const main = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'seqgap-bench-'));
  try {
    const rows = await writeLongRun(folder, seconds, FLOWS);
    const made = [];
    const opened = [];
    for (let round = 0; round < rounds; round += 1) {
      made.push(reportOf(folder));
      opened.push(await load(join(folder, 'report.html')));
    }
    const { size } = statSync(join(folder, 'report.html'));
    console.log(`${rows.toLocaleString('en')} probes, medians of ${rounds}, load ${loadavg()[0].toFixed(1)}`);
    console.log(`seqgap report      ${medianOf(made, 'elapsed_s')} s, ${medianOf(made, 'cpu_s')} s of CPU`);
    console.log(`peak memory        ${medianOf(made, 'rss_mib')} MiB`);
    console.log(`report.html        ${(size / 1e6).toFixed(2)} MB`);
    console.log(
      `loaded in Chromium ${medianOf(opened, 'loaded_s')} s, first timeline ${medianOf(opened, 'drawn_s')} s`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

await main();
