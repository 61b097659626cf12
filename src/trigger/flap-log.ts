import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { KnownError, messageOf } from '../model/error.js';
import type { NodePlan } from '../model/plan.js';
import type { Clock } from '../model/time.js';
import { pairKey } from './pair-key.js';

const logSchema = z.object({
  format: z.literal(1),
  nodes: z.array(z.string()),
  failovers_utc: z.array(z.iso.datetime()),
});

/** More are of no use to any guard. */
const KEPT = 1000;

/** Kept over runs and reboots (XDG Base Directory Specification: state that is not important enough for data). */
const stateFolder = (): string =>
  join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'seqgap', 'pairs');

const unusable = (path: string, error: unknown): KnownError =>
  new KnownError(`cannot count the failovers of the pair in ${path}: ${messageOf(error)}`, {
    remedy: 'make it writable, set XDG_STATE_HOME, or remove it if the pair has rested',
    cause: error,
  });

/** The failovers and failbacks of a pair, over all runs on this host. The lock of the pair keeps others away. */
export class FlapLog {
  readonly path: string;
  readonly #nodes: readonly string[];
  readonly #clock: Clock;

  private constructor(path: string, nodes: readonly string[], clock: Clock) {
    this.path = path;
    this.#nodes = nodes;
    this.#clock = clock;
  }

  static async of(nodes: readonly NodePlan[], clock: Clock, folder = stateFolder()): Promise<FlapLog> {
    const path = join(folder, `${await pairKey(nodes)}.json`);
    return new FlapLog(
      path,
      nodes.map(({ name }) => name),
      clock,
    );
  }

  /**
   * Instants in ms since 1970, in order. One in the future is taken for one of now: a clock that was wrong must not
   * hide it, nor keep the pair for ever. Throws KnownError if the file cannot be read.
   */
  async failovers(): Promise<number[]> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw unusable(this.path, error);
    }
    try {
      const now = this.#clock.wall();
      const { failovers_utc } = logSchema.parse(JSON.parse(text));
      return failovers_utc.map((utc) => Math.min(now, Date.parse(utc))).sort((a, b) => a - b);
    } catch (error) {
      throw unusable(this.path, error);
    }
  }

  /** On disk before the failover: a run that is killed meanwhile has still done it. Throws KnownError. */
  async add(): Promise<void> {
    const all = [...(await this.failovers()), this.#clock.wall()].slice(-KEPT);
    const log: z.input<typeof logSchema> = {
      format: 1,
      nodes: [...this.#nodes],
      failovers_utc: all.map((ms) => new Date(ms).toISOString()),
    };
    try {
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      const draft = `${this.path}.${process.pid}`;
      await writeFile(draft, `${JSON.stringify(log)}\n`, { mode: 0o600 });
      await rename(draft, this.path);
    } catch (error) {
      throw unusable(this.path, error);
    }
  }
}
