/* Makes docs/report.png, the picture of the README: the report of a recorded run, as Chromium shows it. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = resolve(fileURLToPath(import.meta.url), '../..');
const EXAMPLE = join(ROOT, 'results/example/lab-vrrp-timer');
const run = readdirSync(EXAMPLE).find((name) => name.endsWith('-advert-400ms'));
if (run === undefined) throw new Error(`no run in ${EXAMPLE}`);

execFileSync(
  'chromium',
  [
    '--headless',
    '--no-sandbox',
    '--hide-scrollbars',
    '--window-size=1240,1500',
    `--screenshot=${join(ROOT, 'docs/report.png')}`,
    pathToFileURL(join(EXAMPLE, run, 'report.html')).href,
  ],
  { stdio: 'ignore' },
);
