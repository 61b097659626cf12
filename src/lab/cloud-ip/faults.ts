import { EXIT, KnownError } from '../../model/error.js';

/**
 * What goes wrong with the next requests of the nodes (changes, and questions after operations): `throttle` so many
 * are refused with 429, `lose` so many are carried out but never answered, `fail` so many operations fail.
 */
export interface Faults {
  throttle: number;
  lose: number;
  fail: number;
  /** Said with a 429, in whole seconds (RFC 9110 §10.2.3). */
  retryAfter: number;
}

export const noFaults = (): Faults => ({ throttle: 0, lose: 0, fail: 0, retryAfter: 1 });

/** Sets some of them. Throws KnownError. */
export const setFaults = (faults: Faults, change: unknown): void => {
  const entries = typeof change === 'object' && change !== null ? Object.entries(change) : [];
  for (const [key, value] of entries) {
    if (!Object.hasOwn(faults, key) || !Number.isInteger(value) || Number(value) < 0)
      throw new KnownError(`no such fault: ${key} ${JSON.stringify(value)}`, {
        remedy: 'give throttle, lose, fail and retryAfter whole numbers',
        exitCode: EXIT.usage,
      });
    faults[key as keyof Faults] = Number(value);
  }
};
