import { DEFAULT_MARGIN } from '../../../src/analysis/comparison/compare.js';
import { judgeGate, type GateOptions } from '../../../src/analysis/gate/gate.js';
import type { RunFigures } from '../../../src/model/figures.js';
import type { GateResult } from '../../../src/model/gate.js';
import { runOf, type RunSpec, type TrialSpec } from '../comparison/sides.js';

const DAY_MS = 86_400e3;
const FIRST_MS = Date.UTC(2026, 0, 1, 22);

/** `null`: it did not recover; `void`: no figure. */
export type Outage = number | null | 'void';

export const trialOf = (outage: Outage): TrialSpec =>
  outage === 'void'
    ? { status: 'void', void_reason: 'control stream lost 3 probes', streams: [{ value_s: 1 }] }
    : { streams: [{ value_s: outage }] };

/** Four trials about so long, none equal to another. */
export const about = (seconds: number, day = 0): number[] =>
  [0, 1, 2, 3].map((trial) => Number((seconds + 0.01 * trial + 0.0007 * day).toFixed(4)));

export interface NightSpec extends Partial<RunSpec> {
  /** After the 1st of January 2026, 22:00 UTC. */
  readonly day: number;
  readonly outages?: readonly Outage[];
}

export const nightOf = ({ day, outages = [], version = '9.0', summary, ...more }: NightSpec): RunFigures => {
  const started_utc = new Date(FIRST_MS + day * DAY_MS).toISOString();
  return runOf({
    version,
    run: `${started_utc.slice(0, 10).replaceAll('-', '')}T220000Z-${version}`,
    trials: outages.map(trialOf),
    summary: { started_utc, ...summary },
    ...more,
  });
};

/** So many nights of four trials about so long. */
export const nights = (count: number, seconds = 1): RunFigures[] =>
  Array.from({ length: count }, (_, day) => nightOf({ day, outages: about(seconds, day) }));

export const options: GateOptions = {
  rule: { kind: 'last', nights: 20 },
  margin: DEFAULT_MARGIN,
  alpha: 0.05,
  warmUp: null,
};

export const judge = (
  tested: RunFigures,
  baseline: readonly RunFigures[],
  more: Partial<GateOptions> = {},
): GateResult => judgeGate(tested, { runs: baseline, leftOut: [] }, { ...options, ...more });
