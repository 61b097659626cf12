import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { setImmediate as others } from 'node:timers/promises';
import { usage } from '../model/error.js';
import { type Clock, NS_PER_S } from '../model/time.js';
import { CAPTURES_FOLDER, HISTORY_FOLDER, trialOf } from '../store/names.js';
import { type Catalogue, openCatalogue } from './catalogue.js';
import { findRuns } from './find-runs.js';
import { findRun, type FoundRun, markCopies, unreadRun } from './found-run.js';
import { fingerprintOf } from './run-index.js';

/** A run of a folder that is looked at again and again. */
export interface StandingRun {
  /** Its folder, from that of all runs. */
  readonly name: string;
  readonly found: FoundRun;
  readonly fingerprint: string;
}

/** A look is as good as a new one for so many times as long as it took, within these bounds. */
const FRESH_TIMES = 4;
const FRESH_NS = { least: NS_PER_S, most: 10 * NS_PER_S };

/** So many files are looked at before others have their turn. */
const AT_ONCE = 200;

/** A report is made from them as well. */
const holdsRaw = (folder: string): boolean =>
  folder === CAPTURES_FOLDER || folder === HISTORY_FOLDER || trialOf(folder) !== null;

/**
 * Whoever shows runs to others must not show what a link in them leads to. Throws KnownError for a file of a run, its raw
 * history with it where `isDeep`, that is a link out of the folder of all runs.
 */
export const requireWithin = (root: string, run: string, isDeep: boolean): void => {
  for (const entry of readdirSync(run, { withFileTypes: true })) {
    const path = join(run, entry.name);
    if (isDeep && entry.isDirectory() && holdsRaw(entry.name)) requireWithin(root, path, false);
    if (!entry.isSymbolicLink()) continue;
    let target: string;
    try {
      target = realpathSync(path);
    } catch {
      // It leads to nothing.
      continue;
    }
    if (!target.startsWith(`${root}${sep}`))
      throw usage(`${path} is a link out of ${root}`, 'put the file itself there');
  }
};

const isRaw = (run: string): boolean =>
  lstatSync(join(run, 'trials.csv'), { throwIfNoEntry: false }) === undefined;

/** The runs below a folder, for somebody who stays: what is new is there without a restart, and only that is read. */
export class StandingCatalogue {
  /** Without links. */
  readonly root: string;
  readonly #clock: Clock;
  #first: Catalogue | null = null;
  #runs: readonly StandingRun[] = [];
  #freshUntil_ns = -Infinity;
  #looking: Promise<readonly StandingRun[]> | null = null;

  private constructor(root: string, clock: Clock) {
    this.root = root;
    this.#clock = clock;
  }

  static async open(folder: string, clock: Clock): Promise<StandingCatalogue> {
    return new StandingCatalogue(await realpath(folder), clock);
  }

  /** They were looked at once, so that another look takes little. */
  get isRead(): boolean {
    return this.#freshUntil_ns > -Infinity;
  }

  /** Oldest first by their names; each once, its copies marked. */
  runs(): Promise<readonly StandingRun[]> {
    if (this.#clock.monotonic() < this.#freshUntil_ns) return Promise.resolve(this.#runs);
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** By its name; as it was found last, where it was: all others are not looked at for it. */
  async run(name: string): Promise<StandingRun | undefined> {
    const byName = (each: StandingRun): boolean => each.name === name;
    return this.#runs.find(byName) ?? (await this.runs()).find(byName);
  }

  async close(): Promise<void> {
    await this.#first?.close();
  }

  async #look(): Promise<readonly StandingRun[]> {
    const began_ns = this.#clock.monotonic();
    const paths = await findRuns(this.root);
    const marks = await this.#marksOf(paths);
    const known = new Map(this.#runs.map((run) => [run.found.path, run]));
    const gone = this.#runs.some(({ found }) => !marks.has(found.path));
    const indexed = await this.#indexed();
    const found: FoundRun[] = [];
    for (const [path, mark] of marks) {
      const before = known.get(path);
      const isCopy = before?.found.figures === null && before.found.isCopy;
      const isSame = before?.fingerprint === mark && !(isCopy && gone);
      found.push(isSame ? before.found : await this.#find(path, indexed.get(path)));
    }
    this.#runs = markCopies(found).map((each) => ({
      name: relative(this.root, each.path) || basename(each.path),
      found: each,
      fingerprint: marks.get(each.path) ?? '',
    }));
    const now_ns = this.#clock.monotonic();
    const { least, most } = FRESH_NS;
    this.#freshUntil_ns = now_ns + Math.min(most, Math.max(least, FRESH_TIMES * (now_ns - began_ns)));
    return this.#runs;
  }

  async #marksOf(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const marks = new Map<string, string>();
    for (const [index, path] of paths.entries()) {
      marks.set(path, fingerprintOf(path));
      if (index % AT_ONCE === 0) await others();
    }
    return marks;
  }

  /** The first time: by the index, or in order to make one. */
  async #indexed(): Promise<ReadonlyMap<string, FoundRun>> {
    if (this.#first !== null) return new Map();
    this.#first = await openCatalogue(this.root, this.root);
    return new Map(this.#first.runs.map((run) => [run.path, run]));
  }

  async #find(path: string, indexed: FoundRun | undefined): Promise<FoundRun> {
    try {
      requireWithin(this.root, path, isRaw(path));
    } catch (error) {
      return unreadRun(path, error);
    }
    return indexed ?? findRun(path);
  }
}
