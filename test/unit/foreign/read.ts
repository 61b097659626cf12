import { logPipe } from '../../../src/foreign/open-log.js';
import { readLog, type ForeignLog, type ReadOptions } from '../../../src/foreign/read-log.js';
import { ns } from '../../../src/model/time.js';

export const OPTIONS: ReadOptions = {
  format: null,
  interval_ns: null,
  timeout_ns: null,
  threshold_ns: null,
  mergeGap_ns: ns(0),
};

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

/** Reads a log out of memory, in chunks of `size` octets. */
export const readText = (
  text: string | Buffer,
  options: Partial<ReadOptions> = {},
  size = 1 << 16,
): Promise<ForeignLog> =>
  readLog(logPipe(cut(Buffer.from(text as string), size), 'log'), { ...OPTIONS, ...options });

/** The outages of its only target. */
export const outagesOf = (log: ForeignLog): ForeignLog['targets'][number]['outages'] => {
  const [target, ...others] = log.targets;
  if (target === undefined || others.length > 0) throw new Error(`${log.targets.length} targets`);
  return target.outages;
};
