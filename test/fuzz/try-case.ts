import { randomOf, type Case, type Kind } from './kind.js';

/** Resolves with what was found; null: all is well. What is thrown in an event has no other way out. */
export const tryCase = async (kind: Kind, input: Case): Promise<string | null> => {
  let reject: (reason: unknown) => void = () => {};
  const elsewhere = new Promise<never>((_, refuse) => (reject = refuse));
  // Without a case that waits for it, it must not end the process.
  elsewhere.catch(() => {});
  process.once('uncaughtException', reject);
  process.once('unhandledRejection', reject);
  try {
    await Promise.race([kind.run(input, randomOf(input)), elsewhere]);
    return null;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    process.off('uncaughtException', reject);
    process.off('unhandledRejection', reject);
  }
};
