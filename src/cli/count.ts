import { EXIT, KnownError } from '../model/error.js';

/** A whole number from 1 on. Throws KnownError. */
export const requireCount = (option: string, value: number): number => {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new KnownError(`${option} must be a whole number from 1 on`, {
    remedy: `for example ${option} 10`,
    exitCode: EXIT.usage,
  });
};
