import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { readErrorWords, usage } from '../model/error.js';
import type { LogSource } from './read-log.js';

const TAIL = 4096;
const CHUNK = 1 << 18;
/** A log packs to a tenth, at best to a fiftieth. What unpacks to more, and is large, was made to do so. */
const MOST_UNPACKED = { times: 200, octets: 1 << 28 } as const;

/** Passes on what was unpacked, as long as it is in proportion to what was read. */
async function* inProportion(
  name: string,
  chunks: AsyncIterable<Buffer>,
  read: () => number,
): AsyncGenerator<Buffer> {
  let unpacked = 0;
  for await (const chunk of chunks) {
    unpacked += chunk.length;
    if (unpacked > MOST_UNPACKED.octets && unpacked > MOST_UNPACKED.times * read())
      throw usage(
        `${name} unpacks to more than ${MOST_UNPACKED.times} times its size: no log does`,
        'unpack it, and give what is a log in it',
      );
    yield chunk;
  }
}

/** Unpacks what begins like gzip (`irtt client -o` packs unless told otherwise), passes on the rest. */
async function* unpacked(name: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) return;
  async function* whole(): AsyncGenerator<Buffer> {
    yield first.value as Buffer;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) {
    yield* whole();
    return;
  }
  const gunzip = createGunzip();
  // An error of either end destroys both, and is thrown by the loop that reads.
  pipeline(Readable.from(whole()), gunzip, () => {});
  yield* inProportion(name, gunzip, () => gunzip.bytesWritten);
}

/** A log file. Errors of opening it come when it is read. */
export const logFile = (path: string, name: string): LogSource => ({
  name,
  chunks: unpacked(name, createReadStream(path, { highWaterMark: CHUNK })),
  tail: async () => {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      const length = Math.min(TAIL, size);
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      throw usage(`cannot read ${path}: ${readErrorWords(error)}`, undefined, error);
    } finally {
      await handle.close();
    }
  },
});

/** A log that comes through a pipe: there is no looking at its end. */
export const logPipe = (input: AsyncIterable<Buffer>, name: string): LogSource => ({
  name,
  chunks: unpacked(name, input),
  tail: () => Promise.resolve(null),
});
