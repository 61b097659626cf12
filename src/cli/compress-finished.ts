import { KnownError } from '../model/error.js';
import { compressRaw } from '../store/compress.js';
import { say } from './say.js';

/** Compresses the raw logs of a run whose reports are written. That it cannot be done is worth a note, no more. */
export const compressFinished = async (folder: string): Promise<void> => {
  try {
    await compressRaw(folder);
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    say(`note: raw logs are left uncompressed: ${error.message}`);
  }
};
