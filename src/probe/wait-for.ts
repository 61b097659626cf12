import { fromMs } from '../model/time.js';
import { monotonicNow } from '../clock.js';

/** Looks every 20 ms; false when the time was up first. */
export const waitFor = async (test: () => boolean, limit_ms: number): Promise<boolean> => {
  const end = monotonicNow() + fromMs(limit_ms);
  while (!test()) {
    if (monotonicNow() >= end) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
};
