import { cp, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Side } from '../../../src/model/figures.js';
import { selectRuns, selectSides } from '../../../src/history/select.js';
import { makeRun } from './make-run.js';
import { scratch } from './scratch.js';

const CLOCK = { monotonic: () => 0 as never, wall: () => Date.UTC(2026, 0, 11, 1) };

const site = (name: string) => ({ labels: { design: 'vrrp', site: name } });

/** fw: nights 0 to 3 (9.0, 9.0, 9.1, 9.1) at two sites; dns: night 1. */
const results = async (): Promise<string> => {
  const out = join(await scratch(), 'results');
  await makeRun(out, { day: 0, version: '9.0', change: site('lab1') });
  await makeRun(out, { day: 1, version: '9.0', change: site('lab2') });
  await makeRun(out, { day: 2, version: '9.1', change: site('lab1') });
  await makeRun(out, { day: 3, version: '9.1', change: { ...site('lab2'), status: 'interrupted' } });
  await makeRun(out, { day: 1, scenario: 'dns', version: '9.0' });
  await symlink('20260104T010000Z-9.1', join(out, 'fw', 'latest'));
  return out;
};

const names = ({ runs }: Pick<Side, 'runs'>): string[] =>
  runs.map(({ summary }) => `${summary.scenario}/${summary.run.slice(6, 8)}`);

describe('selectSides', () => {
  test.each([
    ['version=9.1', ['fw/03', 'fw/04']],
    ['version=9.0,scenario=fw', ['fw/01', 'fw/02']],
    ['site=lab2,version=9.1', ['fw/04']],
    ['status=interrupted', ['fw/04']],
    ['OUT', ['fw/01', 'dns/02', 'fw/02', 'fw/03', 'fw/04']],
    ['OUT/fw', ['fw/01', 'fw/02', 'fw/03', 'fw/04']],
    ['OUT/fw/20260102T010000Z-9.0', ['fw/02']],
    ['OUT/fw/20260102T010000Z-9.0/run.json', ['fw/02']],
    ['OUT/fw/latest', ['fw/04']],
    ['OUT/fw/latest/', ['fw/04']],
    ['fw', ['fw/01', 'fw/02', 'fw/03', 'fw/04']],
    ['fw/latest', ['fw/04']],
  ])('%s', async (word, expected) => {
    const out = await results();
    const [side] = await selectSides([word.replace('OUT', out)], { out, clock: CLOCK });
    expect(names(side as Side).sort()).toEqual(expected.toSorted());
    expect(side).toMatchObject({ name: word.replace('OUT', out), leftOut: [] });
  });

  test.each(['latest', 'latest/', '20260104T010000Z-9.1/'])(
    'a run is named by its own folder, not by the link: %s',
    async (name) => {
      const out = await results();
      const [side] = await selectSides([`${out}/fw/${name}`], { out });
      expect(side?.runs[0]?.summary.path).toBe(join(out, 'fw', '20260104T010000Z-9.1'));
    },
  );

  test.each([
    [{ since: '2026-01-03' }, ['fw/03', 'fw/04']],
    [{ since: '8.5d' }, ['fw/03', 'fw/04']],
    [{ until: '2026-01-01' }, ['fw/01']],
    [{ since: '2026-01-02', until: '2026-01-02' }, ['fw/02']],
  ])('%j', async (span, expected) => {
    const out = await results();
    const [side] = await selectSides([join(out, 'fw')], { out, clock: CLOCK, ...span });
    expect(names(side as Side)).toEqual(expected);
  });

  test('--scenario', async () => {
    const out = await results();
    const [side] = await selectSides(['version=9.0'], { out, scenario: 'dns' });
    expect(names(side as Side)).toEqual(['dns/02']);
  });

  test.each([
    ['sits=lab1', 'no run has a label sits; did you mean "site"?'],
    ['version=10', 'no run has version=10'],
    ['nowhere', '"nowhere" is neither a run, nor a folder of runs, nor a selection'],
    ['fw/20260101T010000Z-9.1', 'is neither a run, nor a folder of runs, nor a selection'],
  ])('%s: a clear word, exit code 64', async (word, message) => {
    const out = await results();
    await expect(selectSides([word], { out })).rejects.toMatchObject({
      name: 'KnownError',
      exitCode: 64,
      message: expect.stringContaining(message),
    });
  });

  test('an unknown scenario, a time without runs, an empty folder', async () => {
    const out = await results();
    await expect(selectSides([out], { out, scenario: 'fv' })).rejects.toMatchObject({
      message: 'no run has scenario=fv; did you mean "fw"?',
      remedy: 'scenario is one of dns, fw',
    });
    await expect(selectSides([out], { out, clock: CLOCK, since: '1d' })).rejects.toMatchObject({
      message: `${out}: no run in the time asked for; the oldest is of 2026-01-01T01:00:00.000Z, the newest of 2026-01-04T01:00:00.000Z`,
    });
    await mkdir(join(out, 'empty'));
    await expect(selectSides([join(out, 'empty')], { out })).rejects.toThrow(`no run in ${out}/empty`);
  });
});

describe('what cannot be used is listed, never dropped', () => {
  test('an edited table, a broken record, a run without one', async () => {
    const out = await results();
    const [edited, broken, bare] = ['01', '02', '05'].map((day) =>
      join(out, 'fw', `202601${day}T010000Z-9.0`),
    ) as [string, string, string];
    const trials = await readFile(join(edited, 'trials.csv'), 'utf8');
    await writeFile(join(edited, 'trials.csv'), trials.replace('3.4102', '3.3102'));
    await writeFile(join(broken, 'run.json'), '{');
    await mkdir(bare);
    const [side] = await selectSides([join(out, 'fw')], { out });
    expect(names(side as Side)).toEqual(['fw/03', 'fw/04']);
    expect(side?.leftOut.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      {
        path: edited,
        why: `${edited}/trials.csv was edited after the run; seqgap report ${edited} makes it again`,
      },
      {
        path: broken,
        why: expect.stringMatching(/run\.json is not JSON: .*; restore the file from a copy$/),
      },
      { path: bare, why: expect.stringMatching(/run\.json is missing; /) },
    ]);
  });

  test('what may have met a selection: a record that cannot be read, but not one of another scenario', async () => {
    const out = await results();
    await writeFile(join(out, 'fw', '20260101T010000Z-9.0', 'run.json'), '{');
    const [side] = await selectSides(['version=9.1'], { out });
    expect(side?.leftOut).toHaveLength(1);
    const [dns] = await selectSides(['version=9.0'], { out, scenario: 'dns' });
    expect(dns?.leftOut).toEqual([]);
  });

  test('where nothing meets a selection, a run that cannot be read may be the one', async () => {
    const out = await results();
    const run = join(out, 'fw', '20260101T010000Z-9.0');
    const record = await readFile(join(run, 'run.json'), 'utf8');
    await writeFile(join(run, 'run.json'), record.replace('"format": 1', '"format": 2'));
    await expect(selectSides(['version=9.7'], { out })).rejects.toThrow(
      `among those that can be read; not read: ${run}/run.json has format 2`,
    );
  });

  test('a run that began at no time there is', async () => {
    const out = await results();
    const run = join(out, 'fw', '20260101T010000Z-9.0');
    const record = await readFile(join(run, 'run.json'), 'utf8');
    await writeFile(
      join(run, 'run.json'),
      record.replace('"started_utc": "2026-01-01T', '"started_utc": "2026-02-31T'),
    );
    const { leftOut } = await selectRuns({ out, scenario: 'fw', since: '2020-01-01', order: 'newest-first' });
    expect(leftOut).toEqual([
      { path: run, why: expect.stringContaining('is not a run record: started_utc: there is no such time') },
    ]);
  });

  test('a side of which nothing can be read is empty, and says so', async () => {
    const out = await scratch();
    const run = await makeRun(out);
    await writeFile(join(run, 'run.json'), '{');
    const [side] = await selectSides([out], { out });
    expect(side).toMatchObject({ runs: [], leftOut: [{ path: run }] });
  });

  test('a copy counts once', async () => {
    const out = await results();
    const run = join(out, 'fw', '20260103T010000Z-9.1');
    await cp(run, `${run}-copy`, { recursive: true });
    const [side] = await selectSides(['version=9.1'], { out });
    expect(names(side as Side)).toEqual(['fw/03', 'fw/04']);
    expect(side?.leftOut).toEqual([{ path: `${run}-copy`, why: `the same run as ${run}` }]);
  });
});

describe('selectRuns', () => {
  test('so many of the newest are so many runs, not so many folders', async () => {
    const out = await results();
    for (const name of ['a-copy', 'zz-copy'])
      await cp(join(out, 'fw', '20260104T010000Z-9.1'), join(out, 'fw', `20260104T010000Z-${name}`), {
        recursive: true,
      });
    const { runs, leftOut } = await selectRuns({ out, scenario: 'fw', order: 'newest-first', limit: 3 });
    expect(names({ runs })).toEqual(['fw/04', 'fw/03', 'fw/02']);
    // The one in its own place counts, whatever their order.
    expect(runs[0]?.summary.path).toBe(join(out, 'fw', '20260104T010000Z-9.1'));
    expect(leftOut.map(({ path }) => path.slice(-7))).toEqual(['-a-copy', 'zz-copy']);
  });

  test('newest or oldest first, so many of the newest, by all conditions', async () => {
    const out = await results();
    const ask = { out, scenario: 'fw', clock: CLOCK };
    expect(names(await selectRuns({ ...ask, order: 'newest-first', limit: 2 }))).toEqual(['fw/04', 'fw/03']);
    expect(names(await selectRuns({ ...ask, order: 'oldest-first', limit: 3 }))).toEqual([
      'fw/02',
      'fw/03',
      'fw/04',
    ]);
    const where = ['site=lab1', 'version=9.0'];
    expect(names(await selectRuns({ ...ask, order: 'newest-first', where }))).toEqual(['fw/01']);
    await expect(selectRuns({ ...ask, order: 'newest-first', where: ['lab1'] })).rejects.toThrow(
      '"lab1" is not KEY=VALUE',
    );
  });

  test('runs that were moved or copied in from elsewhere count by what they say of themselves', async () => {
    const out = await results();
    await rename(join(out, 'dns'), join(out, 'moved'));
    const { runs } = await selectRuns({ out, scenario: 'dns', order: 'newest-first' });
    expect(runs.map(({ summary }) => basename(summary.path))).toEqual(['20260102T010000Z-9.0']);
  });
});
