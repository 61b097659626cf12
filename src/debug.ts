/*
 * What `--debug` shows: what goes to devices, and what comes back. Only src/cli prints; until it listens, nothing is even
 * put into words.
 */

let listener: ((line: string) => void) | null = null;

/** @param to null: nobody listens any more. */
export const listenToDebug = (to: ((line: string) => void) | null): void => {
  listener = to;
};

export const isDebugging = (): boolean => listener !== null;

/** @param words of one line, or of several; made only where somebody listens. Secrets are redacted before they are cut. */
export const debug = (words: () => string): void => listener?.(words());
