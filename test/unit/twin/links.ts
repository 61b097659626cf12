import { type Link, longestOf } from '../../../src/analysis/chain/chain.js';
import type { OutageChain } from '../../../src/analysis/chain/explain-run.js';
import type { Stage } from '../../../src/analysis/chain/stages.js';
import { exactly } from '../../../src/analysis/timeline/timeline-milestone.js';
import type { MilestoneRule } from '../../../src/model/observe-plan.js';
import type { PhaseRow, TrialRow } from '../../../src/model/tables.js';

/** A link of so many seconds, known to so many more or less. */
export interface LinkSpec {
  readonly stage?: Stage;
  readonly name?: string;
  readonly rule?: MilestoneRule;
  readonly s: number;
  readonly known?: number;
  readonly unseen?: boolean;
}

const linkOf = ({ stage, name, rule, s, known = 0.05, unseen = false }: LinkSpec, last: boolean): Link => ({
  key: last ? 'traffic' : (stage ?? `phase ${name ?? ''}`),
  name: name ?? stage ?? 'data plane',
  until: '',
  stage: stage ?? null,
  rule: rule ?? null,
  end: unseen ? null : { instant: exactly(0), told: [], disputed: false },
  row: {
    lo_s: unseen ? 0 : Math.max(0, s - known),
    length_s: unseen ? null : s,
    hi_s: unseen ? null : s + known,
  } as PhaseRow,
});

/** An outage of such links; the last one ends with traffic. */
export const chainOf = (
  trial: number,
  specs: readonly LinkSpec[],
  row: Partial<TrialRow> = {},
): OutageChain => {
  const links = specs.map((spec, index) => linkOf(spec, index === specs.length - 1));
  const outage_s = specs.reduce((sum, { s, unseen }) => sum + (unseen === true ? 0 : s), 0);
  return {
    outage: {
      trial: {
        trial,
        phase: 'failover',
        action: 'crash',
        status: 'ok',
        outage_lo_s: outage_s - 0.02,
        outage_s,
        outage_hi_s: outage_s + 0.02,
        ...row,
      },
    } as unknown as OutageChain['outage'],
    happenings: [],
    links,
    longest: longestOf(links),
    contradictions: [],
    notKnown: [],
  };
};

/** Of a pair whose addresses are moved by an API. */
export const cloudChain = (
  trial: number,
  [detection, detach, attach, promotion, data]: readonly [number, number, number, number, number],
): OutageChain =>
  chainOf(trial, [
    { stage: 'detection', s: detection },
    { stage: 'detach', s: detach },
    { stage: 'attach', s: attach },
    { stage: 'promotion', s: promotion },
    { s: data, known: 0.01 },
  ]);
