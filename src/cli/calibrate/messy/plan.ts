import type { MessyKind } from './kinds.js';
import { SCRIPTS } from './scripts.js';
import type { Take } from './take.js';

/** What a folder has of a kind already. */
export interface Made {
  readonly trials: number;
  /** The number of the next recording. */
  readonly next: number;
}

/**
 * The recordings that are still to be made, so that each kind has as many trials as asked for. Kinds take turns: whatever
 * ends it early, there is some of each.
 */
export const planTakes = (
  kinds: readonly MessyKind[],
  outages: number,
  made: ReadonlyMap<MessyKind, Made>,
): Take[] => {
  const rows = kinds.map((kind) => {
    const { trials: had, next } = made.get(kind) ?? { trials: 0, next: 0 };
    const takes: Take[] = [];
    for (let missing = outages - had; missing > 0; missing -= SCRIPTS[kind].trials)
      takes.push({ kind, number: next + takes.length, trials: Math.min(missing, SCRIPTS[kind].trials) });
    return takes;
  });
  const most = Math.max(0, ...rows.map(({ length }) => length));
  return Array.from({ length: most }, (_, turn) => rows.flatMap((row) => row[turn] ?? [])).flat();
};
