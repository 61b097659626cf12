import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareSides, DEFAULT_CONFIDENCE, DEFAULT_MARGIN } from '../../../src/analysis/comparison/compare.js';
import { readTruth, truthOutage, type TruthOutage } from '../../../src/lab/witness/truth.js';
import type { StreamRow } from '../../../src/model/tables.js';
import { analyseRun, writeReports } from '../../../src/evaluate/analyse.js';
import { selectSides } from '../../../src/history/select.js';
import { readRun } from '../../../src/store/stored-run.js';

const EXAMPLE = fileURLToPath(new URL('../../../results/example', import.meta.url));
const SCENARIO = join(EXAMPLE, 'lab-vrrp-timer');

const ADVERTS = { 'advert-200ms': 0.2, 'advert-400ms': 0.4 } as const;
type Version = keyof typeof ADVERTS;
const VERSIONS = Object.keys(ADVERTS) as Version[];
/** RFC 5798 §6.1: after the last advert 3 of them and the skew, (256 - priority) / 256; a crash falls between two. */
const SOONEST = 3 + (256 - 150) / 256 - 1;
const LATEST = 3 + (256 - 100) / 256;

const runOf = async (version: Version): Promise<string> => {
  const run = (await readdir(SCENARIO)).find((name) => name.endsWith(`-${version}`));
  if (run === undefined) throw new Error(`no recorded run of ${version}`);
  return join(SCENARIO, run);
};

/** Node 26 goes into the folders that links lead to. */
const LINK = `${sep}latest`;
const filesOf = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(LINK))
    .map(({ parentPath, name }) => join(parentPath, name));

const textOf = async (file: string): Promise<string> => {
  const bytes = await readFile(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
};

/** Each trial's row of the crossing stream, and what the witness saw of the same outage. */
const trialsOf = async (
  version: Version,
): Promise<readonly { readonly row: StreamRow; readonly truth: TruthOutage | null }[]> => {
  const folder = await runOf(version);
  const { tables } = await analyseRun(await readRun(folder));
  const gaps = await readTruth(join(folder, 'truth.jsonl'));
  return tables.streams
    .filter(({ stream }) => stream === 'ping')
    .map((row) => {
      const outage = tables.outages.find(({ trial, stream }) => trial === row.trial && stream === 'ping');
      const start = Date.parse(outage?.start_utc ?? '') / 1e3;
      return { row, truth: truthOutage(gaps, { family: 4, from: start - 0.5, to: start + 0.5 }) };
    });
};

describe('the recorded example', () => {
  let copy: string;
  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), 'seqgap-example-'));
  });
  afterAll(() => rm(copy, { recursive: true, force: true }));

  it.each(VERSIONS)(
    'is made again byte for byte from its raw history: %s (else: seqgap report RUN)',
    async (version) => {
      const folder = join(copy, version);
      await cp(await runOf(version), folder, { recursive: true });
      const before = await filesOf(folder);
      const reports = before.filter((file) => !file.includes('trial-'));
      const recorded = await Promise.all(reports.map(textOf));
      await writeReports(folder, await analyseRun(await readRun(folder)));
      expect(await filesOf(folder)).toEqual(before);
      expect(await Promise.all(reports.map(textOf))).toEqual(recorded);
    },
  );

  it('holds no path of the host it was recorded on, and is small', async () => {
    const files = await filesOf(EXAMPLE);
    const texts = await Promise.all(files.map(textOf));
    const named = texts.flatMap((text) => text.match(/(?<![\w./])\/(?:home|root|tmp|work)\b[^"\s]*/g) ?? []);
    expect(named).toEqual([]);
    const bytes = await Promise.all(files.map(async (file) => (await readFile(file)).length));
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(2_000_000);
  });

  it.each(VERSIONS)('holds the truth inside the interval of every trial: %s', async (version) => {
    const trials = await trialsOf(version);
    expect(trials).toHaveLength(5);
    for (const { row, truth } of trials) {
      expect(row).toMatchObject({ status: 'ok', version });
      expect(row.longest_lo_s).toBeLessThanOrEqual(truth?.hi_s ?? NaN);
      expect(row.longest_hi_s).toBeGreaterThanOrEqual(truth?.lo_s ?? NaN);
      expect(truth?.hi_s).toBeGreaterThan(SOONEST * ADVERTS[version]);
      // Until the address has moved: some milliseconds.
      expect(truth?.lo_s).toBeLessThan(LATEST * ADVERTS[version] + 0.1);
    }
  });

  it('shows the slower timer worse, by a shift whose interval holds the computed difference', async () => {
    const sides = VERSIONS.map((version) => `version=${version}`);
    const [base, ...candidates] = await selectSides(sides, {
      out: EXAMPLE,
      scenario: 'lab-vrrp-timer',
      since: undefined,
      until: undefined,
    });
    if (base === undefined) throw new Error('no base');
    const { comparisons } = compareSides(base, candidates, {
      margin: DEFAULT_MARGIN,
      confidence: DEFAULT_CONFIDENCE,
      metrics: ['longest'],
      phase: null,
    });
    expect(comparisons).toMatchObject([{ verdict: 'worse', base_n: 5, candidate_n: 5 }]);
    const computed = ((SOONEST + LATEST) / 2) * (ADVERTS['advert-400ms'] - ADVERTS['advert-200ms']);
    expect(comparisons[0]?.shift_lo_s).toBeLessThan(computed);
    expect(comparisons[0]?.shift_hi_s).toBeGreaterThan(computed);
  });
});
