import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  deleteRuns,
  planPrune,
  removeLeftovers,
  type PruneOptions,
  type PrunePlan,
} from '../../../src/history/prune.js';
import { makeRun } from './make-run.js';
import { scratch } from './scratch.js';
import { seqgap } from './seqgap.js';

const NONE = { scenario: null, keep: 1, before_ms: null, whyUndo: () => Promise.resolve(null) };

/** fw 9.0: nights 0 to 3; fw 9.1: night 4, `latest`; dns 9.0: nights 0 and 1. */
const results = async (): Promise<string> => {
  const out = join(await scratch(), 'results');
  for (const day of [0, 1, 2, 3]) await makeRun(out, { day });
  await makeRun(out, { day: 4, version: '9.1' });
  for (const day of [0, 1]) await makeRun(out, { day, scenario: 'dns' });
  await symlink('20260105T010000Z-9.1', join(out, 'fw', 'latest'));
  return out;
};

const plan = async (out: string, options: Partial<PruneOptions>): Promise<PrunePlan> =>
  planPrune({ out, ...NONE, ...options });

const days = ({ go }: PrunePlan): string[] =>
  go.map(({ scenario, run }) => `${scenario}/${run.slice(6, 8)}`).sort();

const runsIn = async (out: string, scenario: string): Promise<string[]> =>
  (await readdir(join(out, scenario))).filter((name) => name !== 'latest').sort();

describe('what goes', () => {
  test('all but the newest of each scenario and version', async () => {
    const out = await results();
    expect(days(await plan(out, { keep: 1 }))).toEqual(['dns/01', 'fw/01', 'fw/02', 'fw/03']);
    expect(days(await plan(out, { keep: 2 }))).toEqual(['fw/01', 'fw/02']);
    expect(days(await plan(out, { keep: 1, scenario: 'dns' }))).toEqual(['dns/01']);
    expect(await plan(out, { keep: 10 })).toEqual({ go: [], spared: [], stay: 7 });
  });

  test('of these, only what is older', async () => {
    const out = await results();
    expect(days(await plan(out, { keep: 1, before_ms: Date.UTC(2026, 0, 2) }))).toEqual(['dns/01', 'fw/01']);
    expect(days(await plan(out, { keep: 0, before_ms: Date.UTC(2026, 0, 3) }))).toEqual([
      'dns/01',
      'dns/02',
      'fw/01',
      'fw/02',
    ]);
  });

  test('a copy is no other run: it stays or goes with the one it is of', async () => {
    const out = await results();
    const run = join(out, 'fw', '20260104T010000Z-9.0');
    await cp(run, join(out, 'fw', '20260104T010000Z-9.0-copy'), { recursive: true });
    expect(days(await plan(out, { keep: 2 }))).toEqual(['fw/01', 'fw/02']);
    await cp(run, join(out, 'backup', '20260104T010000Z-9.0'), { recursive: true });
    expect(days(await plan(out, { keep: 3 }))).toEqual(['fw/01']);
    await makeRun(out, { day: 9 });
    const { go } = await plan(out, { keep: 1, scenario: 'fw' });
    expect(
      go
        .slice(3)
        .map(({ path }) => path)
        .sort(),
    ).toEqual([join(out, 'backup', '20260104T010000Z-9.0'), run, `${run}-copy`]);
  });

  test('says how much space that is, of all files', async () => {
    const out = await results();
    const before = await plan(out, { keep: 3 });
    const [first] = before.go;
    await mkdir(join(first?.path ?? '', 'trial-01'));
    await writeFile(join(first?.path ?? '', 'trial-01', 'probes.csv.gz'), 'x'.repeat(5000));
    const octets = (await plan(out, { keep: 3 })).go[0]?.octets ?? 0;
    // The folder itself is not counted.
    expect(octets - (first?.octets ?? 0)).toBe(5000);
  });
});

test('what is asked for must be there', async () => {
  const out = await results();
  await expect(plan(out, { scenario: 'fv' })).rejects.toThrow('no run has scenario=fv; did you mean "fw"?');
  await expect(plan(join(out, 'nowhere'), {})).rejects.toThrow(`no run in ${out}/nowhere`);
});

describe('what stays in any case, and is listed', () => {
  test('running, not restored, named by `latest`, not to be read', async () => {
    const out = await results();
    const running = await makeRun(out, { day: -9, change: { status: 'running', restored: null } });
    const open = await makeRun(out, { day: -8, change: { restored: false } });
    const broken = await makeRun(out, { day: -7 });
    await writeFile(join(broken, 'run.json'), '{');
    const { go, spared } = await plan(out, {
      keep: 0,
      before_ms: Date.UTC(2027, 0, 1),
      whyUndo: (run) => Promise.resolve(run === open ? 'not restored' : null),
    });
    expect(spared).toEqual([
      { path: running, why: expect.stringContaining('says that it is running') },
      { path: open, why: 'not restored' },
      { path: join(out, 'fw', '20260105T010000Z-9.1'), why: '`latest` names it' },
      { path: broken, why: expect.stringMatching(/^left alone: .*run\.json is not JSON/) },
    ]);
    expect(go).toHaveLength(6);
  });
});

describe('deleteRuns', () => {
  test('takes whole runs, and what an earlier one left behind', async () => {
    const out = await results();
    await mkdir(join(out, 'fw', '.seqgap-deleted-20250101T010000Z-9.0'));
    await removeLeftovers(out);
    const { go } = await plan(out, { keep: 1, scenario: 'fw' });
    const deleted: string[] = [];
    await deleteRuns(go, ({ run }) => deleted.push(run));
    expect(deleted).toEqual(go.map(({ run }) => run));
    expect(await runsIn(out, 'fw')).toEqual(['20260104T010000Z-9.0', '20260105T010000Z-9.1']);
  });

  test('what a deletion that was cut off left is no run', async () => {
    const out = await results();
    await makeRun(join(out, 'fw'), { day: 9, scenario: '.seqgap-deleted-20260110T010000Z-9.0' });
    expect((await plan(out, { keep: 10 })).stay).toBe(7);
  });

  test('says which one could not be deleted', async () => {
    const out = await results();
    const { go } = await plan(out, { keep: 1, scenario: 'dns' });
    const barred = go.map((run) => ({ ...run, path: join(run.path, 'run.json', 'x') }));
    await expect(deleteRuns(barred, () => {})).rejects.toMatchObject({
      name: 'KnownError',
      message: expect.stringContaining(`cannot delete ${barred[0]?.path}: ENOTDIR`),
    });
  });

  test('two at once: what the other one deleted is passed over', async () => {
    const out = await results();
    const { go } = await plan(out, { keep: 1 });
    const deleted: string[][] = [[], []];
    await Promise.all(deleted.map((list) => deleteRuns(go, ({ path }) => list.push(path))));
    expect(deleted.flat().sort()).toEqual(go.map(({ path }) => path).sort());
  });

  test('a stop ends it after the run at hand', async () => {
    const out = await results();
    const { go } = await plan(out, { keep: 1, scenario: 'fw' });
    const stop = new AbortController();
    await deleteRuns(go, () => stop.abort(), stop.signal);
    expect(await runsIn(out, 'fw')).toHaveLength(4);
  });
});

describe('seqgap prune', () => {
  test('--dry-run says what would go; without a terminal it needs --yes', async () => {
    const out = await results();
    const dry = await seqgap('prune', '--keep', '3', '--out', out, '--dry-run');
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(dry.stdout.split('\n')).toEqual([
      expect.stringMatching(/^goes {3}.*\/fw\/20260101T010000Z-9\.0 {2}[\d.]+ kB$/),
      expect.stringMatching(/^1 run, [\d.]+ kB to delete; 6 stay\.$/),
      'Nothing was deleted (--dry-run).',
    ]);
    const refused = await seqgap('prune', '--keep', '3', '--out', out);
    expect(refused.code).toBe(64);
    expect(refused.stderr).toMatch(/^seqgap: nothing was deleted: 1 run, .* need a yes\n {2}→ add --yes/);
    expect(await runsIn(out, 'fw')).toHaveLength(5);
    const done = await seqgap('prune', '--keep', '3', '--out', out, '--yes', '--json');
    expect(done.code).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({
      format: 1,
      dry_run: false,
      go: [{ run: '20260101T010000Z-9.0', scenario: 'fw' }],
      spared: [],
      deleted: 1,
    });
    expect(await runsIn(out, 'fw')).toHaveLength(4);
  });

  test('a run with an open undo journal stays, a damaged one too', async () => {
    const out = await results();
    const paths = ['20260101T010000Z-9.0', '20260102T010000Z-9.0'].map((run) => join(out, 'fw', run));
    const entry = { id: 1, node: 'a', action: 'crash', driver: 'd', transport: 't', steps: [], undo: ['on'] };
    await writeFile(join(paths[0] ?? '', 'undo.jsonl'), `${JSON.stringify(entry)}\n`);
    await writeFile(join(paths[1] ?? '', 'undo.jsonl'), 'x\n');
    const { stdout } = await seqgap('prune', '--keep', '1', '--scenario', 'fw', '--out', out, '--yes');
    for (const path of paths) {
      const line = stdout
        .split('\n')
        .find((each) => each.startsWith(`stays  ${path}  the pair was not restored: `));
      expect(line).toMatch(/seqgap restore \S+$/);
      expect(line?.endsWith(path)).toBe(true);
    }
    expect(await runsIn(out, 'fw')).toHaveLength(4);
  });

  test('a plan leaves the undo journals as they are, a torn line too', async () => {
    const out = await results();
    const journal = join(out, 'fw', '20260101T010000Z-9.0', 'undo.jsonl');
    await writeFile(journal, '{"done":1}\n{"id":2,"no');
    const { stdout } = await seqgap('prune', '--keep', '3', '--scenario', 'fw', '--out', out, '--dry-run');
    expect(stdout).toContain('1 run, ');
    expect(await readFile(journal, 'utf8')).toBe('{"done":1}\n{"id":2,"no');
  });

  test('by age alone, the newest of each version stays; leftovers go with every prune', async () => {
    const out = await results();
    await mkdir(join(out, 'fw', '.seqgap-deleted-20250101T010000Z-9.0'));
    await seqgap('prune', '--older-than', '2027-01-01', '--out', out, '--yes');
    expect(await runsIn(out, 'fw')).toEqual(['20260104T010000Z-9.0', '20260105T010000Z-9.1']);
    expect(await runsIn(out, 'dns')).toEqual(['20260102T010000Z-9.0']);
  });

  test.each([
    [[], 'say what is to stay'],
    [['--older-than', 'long'], '--older-than long: neither a day'],
  ])('%j: exit code 64', async (args, message) => {
    const { code, stderr } = await seqgap('prune', ...args, '--out', await results());
    expect(code).toBe(64);
    expect(stderr).toContain(`seqgap: ${message}`);
  });
});
