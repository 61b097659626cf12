import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ns } from '../../../src/model/time.js';
import type { UndoEntry } from '../../../src/trigger/act/action.js';
import type { Trigger } from '../../../src/trigger/trigger.js';
import { UndoJournal } from '../../../src/trigger/act/journal.js';
import { restorePair } from '../../../src/trial/restore.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-restore-'));
  path = join(folder, 'undo.jsonl');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const stopOf = (node: string, identity: string | null = null): UndoEntry => ({
  node,
  action: 'switchover',
  variant: null,
  driver: 'box',
  transport: `ssh ${node}`,
  steps: ['stop'],
  undo: [`ssh ${node}: start`],
  identity,
});

/** Restores what the journal holds. `refuses`: the node that cannot be put back. */
const restore = async (refuses: string | null = null) => {
  const undone: string[] = [];
  const trigger: Pick<Trigger, 'undo' | 'health'> = {
    undo: ({ node }) => {
      if (node === refuses) return Promise.reject(new Error('it refuses'));
      undone.push(node ?? '');
      return Promise.resolve({ detail: 'starts it' });
    },
    health: () => Promise.resolve({ ok: true, detail: '' }),
  };
  const journal = await UndoJournal.open(path);
  const restoring = { trigger: trigger as Trigger, journal, within: ns(1e9) };
  const error: unknown = await restorePair(restoring, () => undefined)
    .then(() => null)
    .catch((thrown: unknown) => thrown);
  await journal.close();
  return { undone, error };
};
const record = async (...entries: UndoEntry[]): Promise<void> => {
  const journal = await UndoJournal.open(path);
  for (const entry of entries) await journal.record(entry);
  await journal.close();
};

test('a line that is no entry: the others are undone, and a person is told where it stands', async () => {
  await record(stopOf('fw-a'));
  await appendFile(path, '{"id":2,"node":"fw-c","undo":"?\n');
  await record(stopOf('fw-b'));
  const { undone, error } = await restore();
  expect(undone.toSorted()).toEqual(['fw-a', 'fw-b']);
  const remedy = `do by hand: undo what ${path}:2 lists, which is no entry of an undo journal, then remove that line`;
  expect(error).toMatchObject({ message: 'the pair could not be restored', exitCode: 3, remedy });
  // Nor by the next one, until somebody has looked at it.
  expect(await restore()).toMatchObject({ undone: [], error: { exitCode: 3, remedy } });
});

test('what cannot be undone is said with the device it was done to, and stays open', async () => {
  await record(stopOf('fw-a', 'SN1'), stopOf('fw-b'));
  const { undone, error } = await restore('fw-a');
  expect(undone).toEqual(['fw-b']);
  expect(error).toMatchObject({ exitCode: 3, remedy: 'do by hand: on fw-a (SN1): ssh fw-a: start' });
  expect(await restore()).toEqual({ undone: ['fw-a'], error: null });
});
