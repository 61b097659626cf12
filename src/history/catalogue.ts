import { relative, resolve, sep } from 'node:path';
import { systemClock } from '../clock.js';
import { readFigures } from './read-figures.js';
import { fingerprintOf, IndexDraft, RunIndex, type IndexEntry } from './run-index.js';
import { markCopies, findRun, type FoundRun } from './found-run.js';
import { findRuns } from './find-runs.js';

/** Fewer are read as quickly without an index, which then is not written into anybody's folder. */
const WORTH_AN_INDEX = 20;

/** The runs of a folder. Their figures can be had until it is closed. */
export interface Catalogue {
  /** Oldest first by their names; each once, its copies marked. */
  readonly runs: readonly FoundRun[];
  close(): Promise<void>;
}

/** A run to be found: where it is, its folder as the index names it, and what its files look like now. */
interface Wanted {
  readonly path: string;
  readonly folder: string;
  readonly fingerprint: string;
}

const isIn = (path: string, folder: string): boolean =>
  resolve(path) === resolve(folder) || resolve(path).startsWith(`${resolve(folder)}${sep}`);

const fromIndex = (index: RunIndex, entry: IndexEntry, path: string): FoundRun => {
  const summary = { ...entry.summary, path };
  return {
    path,
    summary,
    figures: async () => {
      const figures = await index.figures(entry);
      return figures === null ? readFigures(path) : { ...figures, summary };
    },
  };
};

const isFresh = (index: RunIndex | null, { folder, fingerprint }: Wanted): boolean =>
  index?.entries.get(folder)?.fingerprint === fingerprint;

/** What the index does not know, read from the files; a new index, where something of it is worth keeping. */
class Reading {
  readonly #root: string;
  readonly #former: RunIndex | null;
  /** Lines of the former index that stay. */
  readonly #kept: readonly IndexEntry[];
  #draft: IndexDraft | null = null;

  constructor(root: string, former: RunIndex | null, kept: readonly IndexEntry[]) {
    this.#root = root;
    this.#former = former;
    this.#kept = kept;
  }

  async read({ path, folder, fingerprint }: Wanted): Promise<FoundRun> {
    const found = await findRun(path);
    if (found.figures === null) return found;
    const figures = await found.figures();
    // Figures from the raw history change with files that no fingerprint covers.
    if (figures.notes !== undefined) return found;
    await (await this.draft()).add(folder, fingerprint, figures);
    return { path, summary: found.summary, figures: () => readFigures(path) };
  }

  async draft(): Promise<IndexDraft> {
    if (this.#draft !== null) return this.#draft;
    this.#draft = await IndexDraft.create(this.#root);
    for (const entry of this.#kept) {
      const line = (await this.#former?.line(entry)) ?? null;
      if (line !== null) await this.#draft.addLine(line);
    }
    return this.#draft;
  }

  /** @returns whether there is a new index. */
  async finish(): Promise<boolean> {
    await this.#draft?.finish(systemClock.wall());
    return this.#draft !== null;
  }
}

const readAll = async (paths: readonly string[]): Promise<Catalogue> => {
  const runs: FoundRun[] = [];
  for (const path of paths) runs.push(await findRun(path));
  return { runs: markCopies(runs), close: () => Promise.resolve() };
};

/**
 * Every run below a folder. From `WORTH_AN_INDEX` runs on, an index in `out` (in the folder itself, if it lies elsewhere)
 * keeps the figures of each with a fingerprint of its files: what is new or was changed is read again, what is gone is
 * forgotten. An index that is missing, damaged, of another version or not to be written costs time and nothing else.
 */
export const openCatalogue = async (folder: string, out: string): Promise<Catalogue> => {
  const paths = await findRuns(folder);
  if (paths.length < WORTH_AN_INDEX) return readAll(paths);
  const root = isIn(folder, out) ? out : folder;
  let index = await RunIndex.open(root);
  const wanted: Wanted[] = [];
  for (const path of paths)
    wanted.push({
      path,
      folder: relative(resolve(root), resolve(path)),
      fingerprint: fingerprintOf(path),
    });
  const names = new Set(wanted.map((each) => each.folder));
  const fresh = new Set(wanted.filter((each) => isFresh(index, each)).map((each) => each.folder));
  const entries = [...(index?.entries ?? [])];
  const within = relative(resolve(root), resolve(folder));
  const isGone = (name: string): boolean => !names.has(name) && (within === '' || isIn(name, within));
  const kept = entries.filter(([name]) => fresh.has(name) || (!names.has(name) && !isGone(name)));
  const reading = new Reading(
    root,
    index,
    kept.map(([, entry]) => entry),
  );
  const read = new Map<string, FoundRun>();
  for (const each of wanted) if (!fresh.has(each.folder)) read.set(each.path, await reading.read(each));
  if (entries.some(([name]) => isGone(name))) await reading.draft();
  if (await reading.finish()) {
    await index?.close();
    index = await RunIndex.open(root);
  }
  const current = index;
  const runs: FoundRun[] = [];
  for (const each of wanted) {
    const entry = current?.entries.get(each.folder);
    const isKnown = current !== null && entry !== undefined && entry.fingerprint === each.fingerprint;
    // Another process may just have put its own index there, in which this run is newer.
    runs.push(
      isKnown ? fromIndex(current, entry, each.path) : (read.get(each.path) ?? (await findRun(each.path))),
    );
  }
  return { runs: markCopies(runs), close: async () => current?.close() };
};
