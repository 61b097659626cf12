import { open, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { readErrorWords, usage } from '../../model/error.js';

const CHUNK = 1 << 18;
const POLL_MS = 100;
const LINE_FEED = 10;
/** No line of a log comes near this: it is passed on as it is. */
const LONGEST = 1 << 16;

export interface GrowingOptions {
  /** Ends it: what is there by then is still read. */
  readonly signal: AbortSignal;
  /** What happened to the file, for people. */
  readonly say: (text: string) => void;
}

/** Whole lines; what is behind the last of them waits for its end. */
class Lines {
  rest: Buffer = Buffer.alloc(0);

  take(bytes: Buffer): Buffer | null {
    const all = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    const end = all.lastIndexOf(LINE_FEED) + 1;
    const cut = all.length - end > LONGEST ? all.length : end;
    this.rest = all.subarray(cut);
    return cut === 0 ? null : all.subarray(0, cut);
  }
}

/** Line ends of UTF-16 are two octets: where such a file begins anew, nobody can go on in the middle. */
const isUtf16 = (head: Buffer): boolean =>
  (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);

type Change = 'grown' | 'same' | 'replaced' | 'truncated' | 'gone';

const changeOf = async (path: string, handle: FileHandle, position: number): Promise<Change> => {
  const own = await handle.stat();
  if (own.size > position) return 'grown';
  let there;
  try {
    there = await stat(path);
  } catch {
    return 'gone';
  }
  if (there.ino !== own.ino || there.dev !== own.dev) return 'replaced';
  return own.size < position ? 'truncated' : 'same';
};

/**
 * A file from its beginning, and what is written to it until `signal`, as `tail -F` reads it: also when it is replaced or
 * truncated (logrotate, and its `copytruncate`), which is said. The last line of a file that was replaced is left out if
 * it has no end: its figures may be cut off.
 *
 * @throws KnownError where it cannot be read.
 */
export async function* growingFile(
  path: string,
  name: string,
  { signal, say }: GrowingOptions,
): AsyncGenerator<Buffer> {
  const opened = (): Promise<FileHandle> =>
    open(path, 'r').catch((error: unknown) => {
      throw usage(`cannot read ${name}: ${readErrorWords(error)}`, undefined, error);
    });
  let handle = await opened();
  let position = 0;
  let lines = new Lines();
  let isWide: boolean | null = null;
  let isGone = false;
  const anew = (what: string): boolean => {
    // The second half of a line end of UTF-16 is none.
    const cut = lines.rest.some((octet) => octet !== 0) ? '; its last line was cut off and is left out' : '';
    const end =
      isWide === true ? ': it is UTF-16, and the log ends here' : ', and is read from its beginning';
    say(`${name} was ${what}${end}${cut}`);
    lines = new Lines();
    position = 0;
    return isWide !== true;
  };
  try {
    for (;;) {
      // Looked at before it is read: what was written before the end was asked for is read.
      const isLast = signal.aborted;
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, position);
      position += bytesRead;
      if (bytesRead > 0) {
        isWide ??= isUtf16(buffer.subarray(0, bytesRead));
        const whole = lines.take(buffer.subarray(0, bytesRead));
        if (whole !== null) yield whole;
        continue;
      }
      if (isLast) break;
      const change = await changeOf(path, handle, position);
      if (change === 'gone' && !isGone) say(`${name} is gone: waiting for another of that name`);
      isGone = change === 'gone';
      if (change === 'truncated' && !anew('truncated')) return;
      if (change === 'replaced') {
        const next = await open(path, 'r').catch(() => null);
        if (next !== null) {
          await handle.close();
          handle = next;
          if (!anew('replaced')) return;
        }
      }
      if (change !== 'grown') await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
    if (lines.rest.length > 0) yield lines.rest;
  } catch (error) {
    throw error instanceof Error && 'code' in error
      ? usage(`cannot read ${name}: ${readErrorWords(error)}`, undefined, error)
      : error;
  } finally {
    await handle.close();
  }
}
