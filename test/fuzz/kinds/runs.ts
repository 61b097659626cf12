import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { PACKAGE } from '../../../src/package-folder.js';
import { KnownError } from '../../../src/model/error.js';
import { analyseRun } from '../../../src/evaluate/analyse.js';
import { readFigures, READ_TABLES } from '../../../src/history/read-figures.js';
import { openRun } from '../../../src/history/find-runs.js';
import { SUMS_FILE } from '../../../src/store/table-file.js';
import { runCommand } from '../command.js';
import type { Case, Kind } from '../kind.js';
import { oneOf } from '../mutate.js';
import { expectSound, expectThat, expectWords } from '../sound.js';

const EXAMPLE = join(PACKAGE, 'results/example/lab-vrrp-timer');
/** Below a folder of results, as they would lie there. */
const SOURCES: Readonly<Record<string, string>> = {
  'old/20260101T000000Z-1.0': join(PACKAGE, 'test/fixtures/run-v1'),
  'lab-vrrp-timer/20261121T230652Z-advert-200ms': join(EXAMPLE, '20261121T230652Z-advert-200ms'),
};
const TABLES: ReadonlySet<string> = new Set(READ_TABLES);
/** Its gate reads these, and has no verdict where one is not whole. */
const JUDGED = new Set(['run.json', 'trials.csv', 'streams.csv']);

const folder = mkdtempSync(join(tmpdir(), 'seqgap-fuzz-'));
process.env['XDG_STATE_HOME'] ??= join(folder, 'state');

const filesOf = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'report.html')
    .map((entry) => relative(path, join(entry.parentPath, entry.name)));

const commandsFor = (run: string, results: string): readonly (readonly string[])[] => [
  ['report', run],
  ['report', run, '--json'],
  ['gate', run, '--out', results],
  ['gate', run, '--out', results],
  ['list', '--out', results],
  ['trend', '--out', results],
  ['compare', join(results, 'old'), run],
  ['analyze', run],
  ['analyze', run, '--json'],
  ['export', run],
];

/** The octets of a source's file, as it was. */
const originals = new Map<string, Buffer>();
const originalOf = (path: string): Buffer => {
  const known = originals.get(path) ?? readFileSync(path);
  originals.set(path, known);
  return known;
};

/** True: what was asked did not refuse. */
const holds = async (ask: () => Promise<unknown>, body: Buffer): Promise<boolean> => {
  try {
    await ask();
    return true;
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    expectWords(`${error.message}\n${error.remedy ?? ''}`, 'refusal', body);
    return false;
  }
};

/** What every command does with a run, without their command lines, which take ten times as long. */
const direct = async (run: string, body: Buffer, changed: string | null): Promise<void> => {
  await holds(async () => {
    const { tables, notes } = await analyseRun(await openRun(run));
    expectSound(tables);
    expectWords(notes.join('\n'), 'notes', body);
  }, body);
  const counted = await holds(async () => expectSound(await readFigures(run)), body);
  expectThat(!(counted && changed !== null), `figures of a run are taken from ${changed}, which was changed`);
};

/** Stored runs with one file that was damaged, as every command that reads one meets them. */
export const runs: Kind = {
  name: 'runs',
  corpus: () =>
    Object.entries(SOURCES).flatMap(([name, source]) =>
      filesOf(source).flatMap((file): Case[] => {
        const body = readFileSync(join(source, file));
        const whole = { head: `${name}/${file}`, body };
        return file.endsWith('.gz')
          ? [whole, { head: `${name}/${file} unpacked`, body: gunzipSync(body) }]
          : [whole];
      }),
    ),
  run: async ({ head, body }, random) => {
    const [path = '', unpacked] = head.split(' ');
    const results = join(folder, 'results');
    rmSync(results, { recursive: true, force: true });
    const run = path.split('/').slice(0, 2).join('/');
    const source = SOURCES[run] as string;
    // The page is large, and nothing reads it.
    cpSync(source, join(results, run), { recursive: true, filter: (from) => !from.endsWith('.html') });
    writeFileSync(join(results, path), unpacked === undefined ? body : gzipSync(body, { level: 1 }));
    const file = relative(run, path);
    const original = originalOf(join(source, file));
    const sealed = TABLES.has(file) && existsSync(join(source, SUMS_FILE)) && !original.equals(body);
    if (random() < 0.8) return direct(join(results, run), body, sealed ? file : null);
    const words = oneOf(random, commandsFor(join(results, run), results));
    const { code } = await runCommand(body, ...words);
    const cut = body.length < original.length - 2 && original.subarray(0, body.length).equals(body);
    if (words[0] === 'gate' && cut && JUDGED.has(file))
      expectThat(code !== 0, `gate passes a run whose ${file} is cut off`);
  },
  close: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
};
