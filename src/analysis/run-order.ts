import type { RunSummary } from '../model/figures.js';

/** A run is the same one wherever it lies: by what it says of itself, not by its folder. */
export const identityOf = ({ scenario, run, started_utc }: RunSummary): string =>
  JSON.stringify([scenario, run, started_utc]);

/** Oldest first; two that started in one instant, in the order of their names. 0: the same run, or a copy. */
export const byStart = (a: RunSummary, b: RunSummary): number => {
  const apart_ms = Date.parse(a.started_utc) - Date.parse(b.started_utc);
  if (apart_ms !== 0) return apart_ms;
  if (a.run === b.run) return 0;
  return a.run < b.run ? -1 : 1;
};
