import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { NodePlan } from '../../../src/model/plan.js';
import { ns, type Clock } from '../../../src/model/time.js';
import type { UndoEntry } from '../../../src/trigger/act/action.js';
import { UndoJournal } from '../../../src/trigger/act/journal.js';
import { PairKeys } from '../../../src/trigger/act/pair-keys.js';
import { markOf } from '../../../src/trigger/act/pending.js';
import type { JournalHeader } from '../../../src/trigger/act/undo-lines.js';
import { requireRestored } from '../../../src/trial/preflight.js';

/* The next run on a pair, after one that was killed: two processes that have the state folder in common. */

const clock: Clock = { monotonic: () => ns(0), wall: () => Date.UTC(2026, 0, 2, 3, 4, 5) };
const change: UndoEntry = {
  node: 'fw-a',
  action: 'sync-off',
  variant: null,
  driver: 'keepalived',
  transport: 'ssh root@fw-a',
  steps: ['service conntrackd stop'],
  undo: ['service conntrackd start'],
  identity: null,
};

let state: string;
let run: string;
beforeEach(async () => {
  vi.stubEnv('XDG_STATE_HOME', '');
  state = await mkdtemp(join(tmpdir(), 'seqgap-pending-'));
  run = await mkdtemp(join(state, 'run-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(state, { recursive: true, force: true });
});

const keysOf = (names = ['fw-a', 'fw-b'], identities: string[] = []): PairKeys => {
  const nodes = names.map((name): NodePlan => ({
    name,
    driver: 'keepalived',
    ssh: null,
    http: null,
    serial: null,
    params: {},
    power: null,
  }));
  const keys = new PairKeys({ nodes, lab: null }, state);
  keys.learn(identities);
  return keys;
};
const marked = (): { run: string; journal: JournalHeader | null } => ({ run, journal: null });
const journalOf = (keys: PairKeys): Promise<UndoJournal> =>
  UndoJournal.open(join(run, 'undo.jsonl'), { mark: markOf(keys, marked(), clock) });
const pending = 'pending';
const marks = (): Promise<string[]> => readdir(join(state, pending)).catch(() => []);
const refusal = (): object => ({
  message: `the run ${run} has not been restored; nothing was touched`,
  remedy: `seqgap restore ${run}`,
  exitCode: 2,
});

/** A run that records a change, and is killed. */
const killed = async (keys = keysOf()): Promise<void> => {
  const journal = await journalOf(keys);
  await journal.record(change);
  await journal.close();
};
/** What `seqgap restore` does with the journal. */
const restored = async (keys = keysOf()): Promise<void> => {
  const journal = await journalOf(keys);
  for (const { id } of journal.pending()) await journal.done(id);
  await journal.settled();
  await journal.close();
};

test('a run that was killed is noticed by the next one, until it is restored', async () => {
  await killed();
  await expect(requireRestored(keysOf())).rejects.toMatchObject(refusal());
  await expect(requireRestored(keysOf(['fw-b', 'fw-a']))).rejects.toMatchObject(refusal());
  await requireRestored(keysOf(['fw-a', 'fw-c']));
  await restored();
  expect(await marks()).toEqual([]);
  await requireRestored(keysOf());
});

test('before the first change there is no mark, and none without nodes', async () => {
  await (await journalOf(keysOf())).close();
  await killed(keysOf([]));
  expect(await marks()).toEqual([]);
});

test('it is noticed by who the nodes are, too', async () => {
  const identities = ['SN1', 'SN2'];
  await killed(keysOf(undefined, identities));
  await expect(requireRestored(keysOf(['192.0.2.1', '192.0.2.2'], identities))).rejects.toMatchObject(
    refusal(),
  );
  // The restore did not ask who they are: the marks name each other.
  await restored();
  expect(await marks()).toEqual([]);
});

test('a mark goes only when the pair was seen to be as it was', async () => {
  const journal = await journalOf(keysOf());
  const { id } = await journal.record(change);
  await journal.settled();
  expect(await marks()).toHaveLength(1);
  await journal.done(id);
  expect(await marks()).toHaveLength(1);
  await journal.settled();
  expect(await marks()).toEqual([]);
  await journal.close();
});

test('a mark of a run without anything open is removed by the next one', async () => {
  const keys = keysOf();
  await killed(keys);
  const journal = await UndoJournal.open(join(run, 'undo.jsonl'));
  await journal.done(1);
  await journal.close();
  await requireRestored(keys);
  expect(await marks()).toEqual([]);
});

test('a run that was killed before its change was on disk has changed nothing', async () => {
  await (await journalOf(keysOf())).close();
  await markOf(keysOf(), marked(), clock).set([]);
  await requireRestored(keysOf());
  expect(await marks()).toEqual([]);
});

test('a journal that is damaged may hold something open', async () => {
  await killed();
  await writeFile(join(run, 'undo.jsonl'), 'garbage\n');
  await expect(requireRestored(keysOf())).rejects.toMatchObject(refusal());
});

test('a run whose folder is gone is restored by what its mark remembers', async () => {
  await killed();
  await rm(run, { recursive: true });
  await expect(requireRestored(keysOf())).rejects.toMatchObject({
    message: `the run ${run} has not been restored; nothing was touched`,
    remedy: `seqgap restore ${basename(run)}`,
  });
});

test('one of a version whose marks remember nothing is for a person to find out', async () => {
  await killed();
  await rm(run, { recursive: true });
  const [name = ''] = await marks();
  const path = join(state, pending, name);
  const {
    open: _,
    journal: __,
    ...old
  } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  await writeFile(path, JSON.stringify(old));
  await expect(requireRestored(keysOf())).rejects.toMatchObject({
    message: `the run ${run} has changed the pair, and what would undo it is not there any more`,
    remedy: `look whether both nodes are as they should be, then remove ${path}, or say so to: seqgap restore ${basename(run)}`,
  });
});

test('a journal that was emptied has lost nothing: the mark remembers it', async () => {
  await killed();
  await writeFile(join(run, 'undo.jsonl'), '');
  await expect(requireRestored(keysOf())).rejects.toMatchObject(refusal());
});

test('the mark of another run stays', async () => {
  await killed();
  const other = markOf(keysOf(), { run: join(state, 'other'), journal: null }, clock);
  await other.clear();
  await expect(requireRestored(keysOf())).rejects.toMatchObject(refusal());
});

describe('a mark that', () => {
  test('is damaged stops the next run: which run it is about, nobody knows', async () => {
    await killed();
    const [mark = ''] = await marks();
    const path = join(state, pending, mark);
    await writeFile(path, '{"format":1,');
    await expect(requireRestored(keysOf())).rejects.toMatchObject({
      message: `cannot tell whether an earlier run has put the pair back, by its mark in ${path}: it is damaged`,
      remedy: expect.stringContaining('look whether both nodes are as they should be and remove it'),
    });
  });

  test('cannot be read stops it, too', async () => {
    await writeFile(join(state, pending), 'no folder');
    await expect(requireRestored(keysOf())).rejects.toMatchObject({
      message: expect.stringContaining('ENOTDIR'),
      exitCode: 2,
    });
  });

  test('cannot be written: nothing is recorded, so nothing is changed', async () => {
    await writeFile(join(state, pending), 'no folder');
    const journal = await journalOf(keysOf());
    await expect(journal.record(change)).rejects.toMatchObject({
      message: expect.stringContaining('cannot mark the pair as changed'),
      remedy: expect.stringContaining('nothing is changed without a mark'),
    });
    expect(journal.pending()).toEqual([]);
    await journal.close();
    expect(await readFile(join(run, 'undo.jsonl'), 'utf8')).toBe('');
  });
});
