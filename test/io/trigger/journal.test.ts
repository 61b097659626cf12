import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { UndoEntry } from '../../../src/trigger/act/action.js';
import { UndoJournal } from '../../../src/trigger/act/journal.js';
import { readUndoLines, type JournalHeader } from '../../../src/trigger/act/undo-lines.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-journal-'));
  path = join(folder, 'undo.jsonl');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const stopOf = (node: string): UndoEntry => ({
  node,
  action: 'switchover',
  variant: null,
  driver: 'keepalived',
  transport: `ssh root@${node}`,
  steps: ['service keepalived stop'],
  undo: [`ssh root@${node}: service keepalived start`],
  identity: `SN-${node}`,
});
/** What another process finds. */
const reopened = async (): Promise<(string | null)[]> => {
  const journal = await UndoJournal.open(path);
  const pending = journal.pending().map(({ node }) => node);
  await journal.close();
  return pending;
};

test('an entry is on disk when record returns, and pending until it is done', async () => {
  const journal = await UndoJournal.open(path);
  const entry = await journal.record(stopOf('fw-a'));
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(entry);
  expect(await reopened()).toEqual(['fw-a']);
  await journal.done(entry.id);
  expect(journal.pending()).toEqual([]);
  expect(await reopened()).toEqual([]);
  await journal.close();
});

test('the latest change is undone first, also after a restart', async () => {
  const first = await UndoJournal.open(path);
  await first.record(stopOf('fw-a'));
  await first.record(stopOf('fw-b'));
  await first.close();
  const second = await UndoJournal.open(path);
  const third = await second.record(stopOf('fw-c'));
  expect(second.pending().map(({ node }) => node)).toEqual(['fw-c', 'fw-b', 'fw-a']);
  expect(new Set(second.pending().map(({ id }) => id)).size).toBe(3);
  await second.done(third.id);
  await second.close();
  expect(await reopened()).toEqual(['fw-b', 'fw-a']);
});

test('a torn last line is cut off and the file goes on', async () => {
  const before = await UndoJournal.open(path);
  await before.record(stopOf('fw-a'));
  await before.close();
  await appendFile(path, '{"id":2,"node":"fw-b","act');
  const journal = await UndoJournal.open(path);
  expect(journal.pending().map(({ node }) => node)).toEqual(['fw-a']);
  await journal.record(stopOf('fw-c'));
  await journal.close();
  expect(await reopened()).toEqual(['fw-c', 'fw-a']);
});

test('an entry of a version that kept no identity is read', async () => {
  const { identity: _, ...old } = stopOf('fw-a');
  await writeFile(path, `${JSON.stringify({ id: 1, ...old })}\n`);
  const journal = await UndoJournal.open(path);
  expect(journal.pending()).toEqual([{ id: 1, ...old, identity: null }]);
  await journal.close();
});

test('damage elsewhere is told, and keeps nobody from what is readable', async () => {
  const before = await UndoJournal.open(path);
  await before.record(stopOf('fw-a'));
  await before.record(stopOf('fw-b'));
  await before.close();
  const [first, second] = (await readFile(path, 'utf8')).split('\n');
  const damaged = Buffer.from(`${first}\n{"id":3,"no\u00ff{"done":2}\n${second}\n`, 'latin1');
  await writeFile(path, damaged);
  const journal = await UndoJournal.open(path);
  expect(journal.unreadable()).toEqual([`${path}:2`]);
  expect(journal.pending().map(({ node }) => node)).toEqual(['fw-b', 'fw-a']);
  await journal.close();
  expect((await readFile(path)).equals(damaged)).toBe(true);
});

test('where nothing can be written there is no entry, so there will be no change', async () => {
  await expect(UndoJournal.open(join(folder, 'none', 'undo.jsonl'))).rejects.toThrow(
    'cannot keep the undo journal',
  );
  const journal = await UndoJournal.open(path);
  await journal.close();
  await expect(journal.record(stopOf('fw-a'))).rejects.toThrow('cannot keep the undo journal');
  expect(await reopened()).toEqual([]);
});

const header = (): JournalHeader => ({
  format: 1,
  id: 'one',
  run: '20260131T235959Z-9.0',
  tool: '0.2.0',
  scenario_file: '/etc/fw.yaml',
  working: '/',
  drivers: ['/etc/drivers'],
  target: { nodes: [] },
  holder: { pid: 1, start: '1', host: 'h', machine: null, boot: 'b', pidns: 'pid:[1]', init: null },
});

describe('a header', () => {
  test('stands in the first line, once, as a line that older versions pass over', async () => {
    await (await UndoJournal.open(path, { header: header() })).close();
    const journal = await UndoJournal.open(path, { header: header() });
    await journal.record(stopOf('fw-a'));
    await journal.close();
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { done: 0, journal: header() },
      { id: 1, node: 'fw-a' },
    ]);
    expect(await readUndoLines(path)).toMatchObject({ header: header(), unreadable: [] });
  });

  test('of a newer format is none, and keeps nobody from the entries', async () => {
    const newer = { done: 0, journal: { ...header(), format: 2 } };
    await writeFile(path, `${JSON.stringify(newer)}\n${JSON.stringify({ id: 1, ...stopOf('fw-a') })}\n`);
    expect(await readUndoLines(path)).toMatchObject({ header: null, entries: [{ id: 1 }], unreadable: [] });
  });
});

describe('a journal that is opened to be carried out', () => {
  /** What the mark of the pair was told. */
  const open = async (at: string | null) => {
    const told: number[][] = [];
    const mark = {
      set: (entries: readonly { id: number }[]) => {
        told.push(entries.map(({ id }) => id));
        return Promise.resolve();
      },
      clear: () => Promise.resolve(),
    };
    const copy = [
      { id: 1, ...stopOf('fw-a') },
      { id: 2, ...stopOf('fw-b') },
    ];
    return { journal: await UndoJournal.reopen({ path: at, mark, copy }), told };
  };

  test('goes by the copy of the mark where it is gone, and says there what is done', async () => {
    const { journal, told } = await open(null);
    expect(journal.pending().map(({ node }) => node)).toEqual(['fw-b', 'fw-a']);
    await journal.done(2);
    expect(told).toEqual([[1]]);
    expect(journal.problem).toBeNull();
  });

  test('also where it cannot be written, and says why', async () => {
    await mkdir(path);
    const { journal, told } = await open(path);
    expect(journal.problem).toContain(path);
    await journal.done(2);
    await journal.done(1);
    expect(told).toEqual([[1], []]);
    expect(journal.pending()).toEqual([]);
  });

  test('has what was lost from it by the copy, and what is done in it is done', async () => {
    const before = await UndoJournal.open(path);
    const { id } = await before.record(stopOf('fw-a'));
    await before.done(id);
    await before.close();
    const { journal } = await open(path);
    expect(journal.pending().map(({ node }) => node)).toEqual(['fw-b']);
    await journal.close();
  });
});
