import { codeOf, KnownError, readErrorWords, usage } from '../../model/error.js';
import type { EvidenceRecord, RecordContext } from '../../model/evidence.js';
import { encodingOf, headText } from '../encoding.js';
import { isCapture } from '../capture/capture-file.js';
import { logFile } from '../open-log.js';
import { HEAD } from '../read-log.js';
import { CloudRecord, cloudFormOf } from './cloud-record.js';
import { TextRecord } from './text-record.js';

/** Reads on until the end, or until where a packed file was cut off. */
const readOn = async (chunks: AsyncIterator<Buffer>, push: (chunk: Buffer) => void): Promise<boolean> => {
  try {
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) push(next.value);
    return false;
  } catch (error) {
    if (codeOf(error) === 'Z_BUF_ERROR') return true;
    throw error;
  }
};

/**
 * Reads what a device or a cloud wrote down by itself, whatever its form, from beginning to end and in flat memory.
 *
 * @throws KnownError for a file that cannot be read, is empty, or of no form that is known.
 */
export const readRecord = async (path: string, context: RecordContext): Promise<EvidenceRecord> => {
  const chunks = logFile(path, path).chunks[Symbol.asyncIterator]();
  try {
    const parts: Buffer[] = [];
    let length = 0;
    let cut = await readOn(
      {
        next: async () => (length < HEAD ? await chunks.next() : { done: true, value: undefined }),
      },
      (chunk) => {
        parts.push(chunk);
        length += chunk.length;
      },
    );
    const all = Buffer.concat(parts);
    const head = all.subarray(0, HEAD);
    if (isCapture(head))
      throw usage(`${path} is a capture of packets, not a log`, `give it by --pcap ${path}`);
    const cloud = cloudFormOf(headText(head, encodingOf(head)));
    const record =
      cloud === null ? new TextRecord(path, context, head) : new CloudRecord(path, context, cloud, head);
    record.push(all);
    if (!cut) cut = await readOn(chunks, (chunk) => record.push(chunk));
    record.push(null);
    return record.finish(cut);
  } catch (error) {
    throw error instanceof KnownError || codeOf(error) === null
      ? error
      : usage(`cannot read ${path}: ${readErrorWords(error)}`, undefined, error);
  } finally {
    await chunks.return?.();
  }
};
