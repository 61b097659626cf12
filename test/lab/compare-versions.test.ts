import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect } from 'vitest';
import { readTruth, truthOutage, type TruthOutage } from '../../src/lab/witness/truth.js';
import { measuring } from '../measuring.js';
import { distPath, labObstacle } from './lab-kit.js';

const obstacle = labObstacle();
const repository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The fewest that can show a difference at all (docs/method.md): 4 v 4 that do not overlap give p = 0.029. */
const TRIALS = 4;
const VERSIONS = ['advert-200ms', 'advert-400ms'] as const;

/** One advert: by as much the phase of a crash alone moves an outage. */
const MARGIN = '200ms';

interface Compared {
  readonly comparisons: readonly {
    readonly metric: string;
    readonly base_n: number;
    readonly candidate_n: number;
    readonly p_two_sided: number;
    readonly shift_s: number;
    readonly shift_lo_s: number;
    readonly shift_hi_s: number;
    readonly level: number;
    readonly verdict: string;
  }[];
}

describe.skipIf(obstacle !== null)(`two versions for real ${obstacle ?? ''}`, () => {
  /** The committed pair of scenarios; only the phases of a trial that cost time and change no outage are shorter. */
  const quick = async (folder: string, version: string): Promise<string> => {
    const name = version.replace('advert', 'vrrp-timer');
    const text = await readFile(repository(`scenarios/lab/${name}.yaml`), 'utf8');
    const file = join(folder, `${version}.yaml`);
    await writeFile(file, text.replace('steady: 2s', 'steady: 1s').replace('recovered: 5s', 'recovered: 1s'));
    return file;
  };

  const runOf = async (folder: string, version: string): Promise<string> => {
    const runs = await readdir(join(folder, 'lab-vrrp-timer'));
    return join(folder, 'lab-vrrp-timer', runs.find((run) => run.endsWith(version)) ?? 'none');
  };

  /** What the witness saw of each trial, in order: one outage each. */
  const truthOf = async (folder: string, version: string): Promise<readonly TruthOutage[]> => {
    const gaps = await readTruth(join(await runOf(folder, version), 'truth.jsonl'));
    const outages: TruthOutage[] = [];
    for (let from = 0; ; from = (outages.at(-1)?.end ?? 0) + 1) {
      // Trials are seconds apart, the gaps of the two directions milliseconds.
      const first = Math.min(...gaps.map(({ stopped_lo }) => stopped_lo).filter((start) => start >= from));
      const outage = truthOutage(gaps, { family: 4, from: first, to: first + 1 });
      if (outage === null) return outages;
      outages.push(outage);
    }
  };

  const compare = async (
    folder: string,
    base: string,
    candidate: string,
  ): Promise<Compared['comparisons'][number]> => {
    const options = ['--out', folder, '--metric', 'longest', '--margin', MARGIN, '--json'];
    const args = [distPath('cli.js'), 'compare', base, candidate, ...options];
    const { stdout } = await execa(process.execPath, args, { reject: false });
    const { comparisons } = JSON.parse(stdout) as Compared;
    const [comparison] = comparisons;
    if (comparison === undefined || comparisons.length > 1) throw new Error(stdout);
    return comparison;
  };

  const it = measuring(async (folder) => {
    const files = await Promise.all(VERSIONS.map((version) => quick(folder, version)));
    const options = ['--interleave', '--repeat', String(TRIALS), '--witness', '--json', '--out', folder];
    const { stderr } = await execa(process.execPath, [distPath('cli.js'), 'run', ...files, ...options], {
      reject: false,
    });
    const truths: Record<string, readonly TruthOutage[]> = {};
    for (const version of VERSIONS) truths[version] = await truthOf(folder, version);
    return { folder, stderr, truths };
  });

  it('makes the trials of both in turn, in a lab each', ({ measured: { stderr } }) => {
    const order = [...stderr.matchAll(/^(advert-\d+ms) {2}trial (\d)/gm)].map(([, version, n]) => [
      version,
      n,
    ]);
    expect(order, stderr).toEqual(
      Array.from({ length: TRIALS }, (_, n) => VERSIONS.map((version) => [version, String(n + 1)])).flat(),
    );
  });

  it('takes as long as the timers say (RFC 5798 §6.1): 2.41 to 3.61 adverts', ({ measured: { truths } }) => {
    for (const [version, advert_s] of [
      ['advert-200ms', 0.2],
      ['advert-400ms', 0.4],
    ] as const) {
      expect(truths[version]).toHaveLength(TRIALS);
      for (const { lo_s, hi_s } of truths[version] ?? []) {
        expect(hi_s).toBeGreaterThan(2.41 * advert_s);
        // A busy host takes over later than it should, never sooner.
        expect(lo_s).toBeLessThan(3.61 * advert_s + 1);
      }
    }
  });

  it('finds the slower timer worse, by a shift whose interval holds the true difference', async ({
    measured: { folder, truths },
  }) => {
    const found = await compare(folder, 'version=advert-200ms', 'version=advert-400ms');
    expect(found).toMatchObject({ verdict: 'worse', base_n: TRIALS, candidate_n: TRIALS });
    expect(found.p_two_sided).toBeCloseTo(2 / 70, 6);
    const differences = (truths['advert-400ms'] ?? []).flatMap((candidate) =>
      (truths['advert-200ms'] ?? []).map((base) => ({
        lo: candidate.lo_s - base.hi_s,
        hi: candidate.hi_s - base.lo_s,
      })),
    );
    const median = (values: readonly number[]): number =>
      values.toSorted((a, b) => a - b)[values.length / 2] ?? NaN;
    expect(found.shift_lo_s).toBeLessThan(median(differences.map(({ lo }) => lo)));
    expect(found.shift_hi_s).toBeGreaterThan(median(differences.map(({ hi }) => hi)));
    expect(found.level).toBeGreaterThan(0.95);
  });

  it('does not find the same timer worse than on another day', async ({ measured: { folder } }) => {
    const recorded = repository('results/example/lab-vrrp-timer');
    const run = (await readdir(recorded)).find((name) => name.endsWith('advert-200ms')) ?? 'none';
    const found = await compare(folder, join(recorded, run), await runOf(folder, 'advert-200ms'));
    expect(found).toMatchObject({ base_n: 5, candidate_n: TRIALS });
    expect(['no evidence', 'equivalent', 'better']).toContain(found.verdict);
  });
});
