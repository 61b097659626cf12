import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { KnownError, messageOf, hasCode } from '../../model/error.js';
import type { Clock } from '../../model/time.js';
import { type PairKeys, writeState } from './pair-keys.js';

const logSchema = z.object({
  format: z.literal(1),
  nodes: z.array(z.string()),
  failovers_utc: z.array(z.iso.datetime()),
});

/** More are of no use to any guard. */
const KEPT = 1000;

const unusable = (path: string, error: unknown): KnownError =>
  new KnownError(`cannot count the failovers of the pair in ${path}: ${messageOf(error)}`, {
    remedy: 'make it writable, set XDG_STATE_HOME, or remove it if the pair has rested',
    cause: error,
  });

/** The instants in a file, in ms since 1970. */
const readLog = async (path: string): Promise<number[]> => {
  try {
    const { failovers_utc } = logSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    return failovers_utc.map((utc) => Date.parse(utc));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw unusable(path, error);
  }
};

/**
 * The failovers and failbacks of a pair, over all runs on this host, in a file for each of its keys. The lock of the
 * pair keeps others away.
 */
export class FlapLog {
  readonly #keys: PairKeys;
  readonly #clock: Clock;

  constructor(keys: PairKeys, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /**
   * Instants in ms since 1970, in order. One in the future is taken for one of now: a clock that was wrong must not
   * hide it, nor keep the pair for ever. Throws KnownError if a file cannot be read.
   */
  async failovers(): Promise<number[]> {
    const now = this.#clock.wall();
    const all = new Set((await Promise.all(this.#paths().map(readLog))).flat());
    return [...all].map((ms) => Math.min(now, ms)).sort((a, b) => a - b);
  }

  /** On disk before the failover: a run that is killed meanwhile has still done it. Throws KnownError. */
  async add(): Promise<void> {
    const all = [...(await this.failovers()), this.#clock.wall()].slice(-KEPT);
    const log: z.input<typeof logSchema> = {
      format: 1,
      nodes: [...this.#keys.nodes],
      failovers_utc: all.map((ms) => new Date(ms).toISOString()),
    };
    for (const path of this.#paths()) {
      try {
        await writeState(path, `${JSON.stringify(log)}\n`);
      } catch (error) {
        throw unusable(path, error);
      }
    }
  }

  #paths(): string[] {
    return this.#keys.known().map((key) => join(this.#keys.folder, 'pairs', `${key}.json`));
  }
}
