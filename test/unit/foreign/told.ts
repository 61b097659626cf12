import { KnownError } from '../../../src/model/error.js';
import type { ReadOptions } from '../../../src/foreign/read-log.js';
import { readText } from './read.js';

/** A log in a line: the format, then of each target its counts and its losses as `lost: lo … point … hi`. */
export const told = async (text: string | Buffer, options: Partial<ReadOptions> = {}): Promise<string[]> => {
  const log = await readText(text, options);
  const said = (value: number | null): string => (value === null ? '?' : value.toFixed(2));
  return [
    log.format,
    ...log.targets.map(({ target, stream, outages }) =>
      [
        `${target} ${stream.sent}/${stream.received}`,
        ...outages
          .filter(({ kind }) => kind === 'loss')
          .map(
            ({ lost, lo_s, outage_s, hi_s }) => `${lost}: ${said(lo_s)} … ${said(outage_s)} … ${said(hi_s)}`,
          ),
      ].join(', '),
    ),
  ];
};

/** Why a log is refused. */
export const refusal = async (text: string | Buffer, options: Partial<ReadOptions> = {}): Promise<string> => {
  try {
    await readText(text, options);
  } catch (error) {
    if (error instanceof KnownError) return error.message;
    throw error;
  }
  throw new Error('was read');
};
