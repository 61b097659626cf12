import { KnownError, usage } from '../model/error.js';
import { writeAtomic } from '../store/replace-file.js';

/** Writes the page that `--html FILE` asks for. Throws KnownError (wrong usage) where it cannot be written. */
export const writeHtmlFile = async (path: string, page: string): Promise<void> => {
  try {
    if (path === '') throw new KnownError('--html names no file');
    await writeAtomic(path, page);
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    throw usage(error.message, 'name a file that can be written, for example --html report.html', error);
  }
};
