import { systemClock } from '../clock.js';
import { EXIT, KnownError } from '../model/error.js';
import { refusedJunit } from '../report/gate/gate-annotations.js';
import { writeAtomic } from '../store/replace-file.js';
import { say } from './say.js';

/** Throws KnownError (wrong usage) where the file cannot be written. */
export const writeJunit = async (path: string, xml: string): Promise<void> => {
  try {
    await writeAtomic(path, xml);
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    throw new KnownError(error.message, {
      remedy: 'name a file that can be written by --junit',
      exitCode: EXIT.usage,
      cause: error,
    });
  }
};

/** On stderr, as the program says what ends it. */
export const sayError = ({ message, remedy }: KnownError): void =>
  say(`seqgap: ${message}${remedy === null ? '' : `\n  → ${remedy}`}`);

/**
 * Does this, and where nothing can be judged leaves a JUnit file that says so, so that nobody is shown last night's.
 *
 * @param path undefined: no file is asked for
 */
export const withRefusal = async <Result>(
  path: string | undefined,
  judge: () => Promise<Result>,
): Promise<Result> => {
  try {
    return await judge();
  } catch (error) {
    if (path !== undefined && error instanceof KnownError)
      await writeJunit(path, refusedJunit(error, new Date(systemClock.wall()).toISOString())).catch(
        (second: unknown) => {
          if (!(second instanceof KnownError)) throw second;
          sayError(second);
        },
      );
    throw error;
  }
};
