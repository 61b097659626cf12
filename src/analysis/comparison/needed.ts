import { runsNeeded, runsNeededPerSide } from '../statistics/runs-needed.js';

/** Trials the candidate needs against those of the base; with an empty base what each side needs. */
export const needed = (base_n: number, confidence: number): number =>
  runsNeeded(base_n, 1 - confidence) ?? runsNeededPerSide(1 - confidence);
