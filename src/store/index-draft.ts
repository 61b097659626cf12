import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunFigures } from '../model/figures.js';
import { encodeLine, INDEX_HEADER } from './index-line.js';
import { INDEX_FILE } from './run-index.js';

/** What a writer that was killed left behind is taken away after this long. */
const ABANDONED_MS = 3600e3;

/** In characters: so much is written at once. */
const FULL = 1 << 18;

const removeAbandoned = async (root: string, now_ms: number): Promise<void> => {
  const drafts = (await readdir(root)).filter((name) => name.startsWith(INDEX_FILE) && name !== INDEX_FILE);
  for (const name of drafts) {
    const path = join(root, name);
    if (now_ms - (await stat(path)).mtimeMs > ABANDONED_MS) await rm(path, { force: true });
  }
};

/**
 * A new index being written, run by run. Writers do not see each other: each has a file of its own, the last one to
 * finish wins, and every one of them is right. None of its methods throws: there is no need for an index.
 */
export class IndexDraft {
  readonly #root: string;
  readonly #path: string;
  readonly #handle: FileHandle | null;
  #failed: boolean;
  #waiting = '';

  private constructor(root: string, path: string, handle: FileHandle | null) {
    this.#root = root;
    this.#path = path;
    this.#handle = handle;
    this.#failed = handle === null;
  }

  static async create(root: string): Promise<IndexDraft> {
    const path = join(root, `${INDEX_FILE}.${randomUUID()}.tmp`);
    const draft = new IndexDraft(root, path, await open(path, 'w').catch(() => null));
    await draft.addLine(INDEX_HEADER);
    return draft;
  }

  async add(folder: string, fingerprint: string, figures: RunFigures): Promise<void> {
    await this.addLine(encodeLine(folder, fingerprint, figures));
  }

  async addLine(line: string): Promise<void> {
    if (this.#failed) return;
    this.#waiting += `${line}\n`;
    if (this.#waiting.length > FULL) await this.#flush();
  }

  /** Puts it in the place of the former one; an index that could not be written whole is dropped. */
  async finish(now_ms: number): Promise<void> {
    if (this.#handle === null) return;
    await this.#flush();
    await this.#handle.close().catch(() => undefined);
    try {
      if (this.#failed) await rm(this.#path, { force: true });
      else await rename(this.#path, join(this.#root, INDEX_FILE));
      await removeAbandoned(this.#root, now_ms);
    } catch {
      await rm(this.#path, { force: true }).catch(() => undefined);
    }
  }

  async #flush(): Promise<void> {
    await this.#handle?.appendFile(this.#waiting).catch(() => {
      this.#failed = true;
    });
    this.#waiting = '';
  }
}
