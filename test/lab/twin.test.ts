import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect } from 'vitest';
import type { ResultDocument } from '../../src/model/tables.js';
import { measuring } from '../measuring.js';
import { distPath, labObstacle, openTool } from './lab-kit.js';

const obstacle = labObstacle();

interface Known {
  readonly lo_s: number;
  readonly hi_s: number;
}

interface Document {
  readonly design: string;
  readonly outages: readonly unknown[];
  readonly what_if: { readonly next: Known; readonly next_as_it_is: Known };
}

interface Case {
  readonly design: string;
  readonly scenario: string;
  readonly change: string;
}

const CASES: readonly Case[] = [
  { design: 'cloud-ip', scenario: 'cloud-ip-quick', change: 'attach=3s to 4s' },
  { design: 'vrrp', scenario: 'vrrp-crash', change: 'advert=300ms' },
];
const TRIALS = 3;
/** What the twin's lab adds to its knobs, and a busy host to that: the figures of the pair itself are of one lab. */
const NOISE_S = 1;

/** Only the phases of a trial that cost time and change no outage are shorter. */
const quick = (text: string): string =>
  text
    .replace(/steady: \S+s/, 'steady: 1s')
    .replace(/recovered: \S+s/, 'recovered: 1s')
    .replace('failback: measure', 'failback: none');

describe.skipIf(obstacle !== null).each(CASES)(
  `the twin of a lab $design ${obstacle ?? ''}`,
  ({ design, scenario, change }) => {
    const test = measuring(async (folder) => {
      const tool = openTool();
      const run = async (file: string, repeat: number): Promise<ResultDocument> => {
        const { stdout } = await execa(
          process.execPath,
          [distPath('cli.js'), 'run', file, '--repeat', String(repeat), '--json', '--out', folder],
          { reject: false, stderr: 'inherit', env: tool.env },
        );
        return JSON.parse(stdout) as ResultDocument;
      };
      const original = join(folder, 'original.yaml');
      await writeFile(original, quick(await readFile(`scenarios/lab/${scenario}.yaml`, 'utf8')));
      const { trials } = await run(original, TRIALS);
      const path = join(folder, trials[0]?.scenario ?? '', trials[0]?.run ?? '');
      const file = join(folder, 'twin.yaml');
      const twin = JSON.parse(
        await tool.run('twin', path, '--what-if', change, '-o', file, '--json'),
      ) as Document;
      const measure = async (written: string): Promise<ResultDocument> => {
        await writeFile(written, quick(await readFile(written, 'utf8')));
        return run(written, 1);
      };
      return {
        twin,
        asMeasured: await measure(file),
        changed: await measure(join(folder, 'twin-what-if.yaml')),
      };
    });

    test('is a lab of that design, fitted to all its failovers', ({ measured: { twin } }) => {
      expect(twin.design).toBe(design);
      expect(twin.outages).toHaveLength(TRIALS);
    });

    test('fails over, as it is and with what was changed, within what is predicted', ({
      measured: { twin, asMeasured, changed },
    }) => {
      const { next, next_as_it_is: asItIs } = twin.what_if;
      for (const [{ trials }, { lo_s, hi_s }] of [
        [asMeasured, asItIs],
        [changed, next],
      ] as const) {
        expect(trials.map(({ status, void_reason }) => void_reason ?? status)).toEqual(['ok']);
        for (const { outage_lo_s, outage_hi_s } of trials) {
          expect(outage_hi_s).toBeGreaterThan(lo_s - NOISE_S);
          expect(outage_lo_s).toBeLessThan(hi_s + NOISE_S);
        }
      }
    });
  },
);
