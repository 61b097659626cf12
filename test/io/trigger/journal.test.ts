import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { UndoEntry } from '../../../src/trigger/action.js';
import { UndoJournal } from '../../../src/trigger/journal.js';

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
