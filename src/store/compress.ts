import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, KnownError } from '../model/error.js';
import { syncFolder } from './replace-file.js';
import { columnsName, trialOf } from './names.js';
import { newBatch, ParquetWriter, ROWS_AT_ONCE } from './parquet.js';
import { eachRow, HEARTBEATS, PROBES, type RawLog } from './raw-log.js';
import { writeError } from './write-error.js';

/** What a compression came to, in octets. */
export interface Compression {
  readonly before: number;
  readonly after: number;
}

const sizeOf = async (path: string): Promise<number | null> => {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
};

/** The first `count` rows; those with the same number together, in the order of numbers, else as they came. */
const orderBy = (numbers: Uint32Array, count: number, groups: number): Uint32Array => {
  const next = new Uint32Array(groups + 1);
  for (let row = 0; row < count; row += 1) {
    const after = (numbers[row] as number) + 1;
    next[after] = (next[after] as number) + 1;
  }
  for (let group = 1; group <= groups; group += 1)
    next[group] = (next[group] as number) + (next[group - 1] as number);
  const order = new Uint32Array(count);
  for (let row = 0; row < count; row += 1) {
    const group = numbers[row] as number;
    order[next[group] as number] = row;
    next[group] = (next[group] as number) + 1;
  }
  return order;
};

/** @returns whether the columns hold all that the lines do: a torn last line has no place in them. */
const writeColumns = async <Row>(folder: string, log: RawLog<Row>, draft: string): Promise<boolean> => {
  const writer = new ParquetWriter(draft, log.columns);
  try {
    const batch = newBatch(log.columns);
    const groups = new Map<string, number>();
    const groupOf = new Uint32Array(ROWS_AT_ONCE);
    let filled = 0;
    const flush = (): void => {
      if (filled > 0) writer.write(batch, orderBy(groupOf, filled, Math.max(1, groups.size)));
      filled = 0;
    };
    const { warning } = await eachRow(folder, log, (row) => {
      if (log.togetherBy !== null) {
        const word = log.togetherBy(row);
        const known = groups.get(word);
        if (known === undefined) groups.set(word, groups.size);
        groupOf[filled] = known ?? groups.size - 1;
      }
      log.put(batch, filled, row);
      filled += 1;
      if (filled === ROWS_AT_ONCE) flush();
    });
    flush();
    writer.finish();
    return warning === null;
  } finally {
    writer.close();
  }
};

/** The columns are whole and on disk under their name before the lines go: one of them is always there. */
const compressLog = async <Row>(folder: string, log: RawLog<Row>): Promise<Compression> => {
  const lines = join(folder, log.name);
  const before = await sizeOf(lines);
  if (before === null) return { before: 0, after: 0 };
  const whole = join(folder, columnsName(log.name));
  const draft = `${whole}.tmp`;
  try {
    if (!(await writeColumns(folder, log, draft))) {
      await rm(draft);
      return { before: 0, after: 0 };
    }
    await rename(draft, whole);
    await syncFolder(folder);
    await rm(lines);
    return { before, after: (await sizeOf(whole)) ?? 0 };
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error instanceof KnownError ? error : writeError(whole, error);
  }
};

/**
 * Puts the probes and heartbeats of every trial of a finished run into columns; whatever reads a run reads both forms.
 * Throws KnownError, and leaves what could not be put there as it was; a log whose last line is torn always stays.
 */
export const compressRaw = async (run: string): Promise<Compression> => {
  let before = 0;
  let after = 0;
  for (const trial of (await readdir(run)).filter((name) => trialOf(name) !== null)) {
    const folder = join(run, trial);
    for (const done of [await compressLog(folder, PROBES), await compressLog(folder, HEARTBEATS)]) {
      before += done.before;
      after += done.after;
    }
  }
  return { before, after };
};
