import type { MeasuredOutage, Stretch } from '../../analysis/twin/measured.js';
import { roundAllByUnit } from '../../analysis/words/format.js';
import { inSeconds } from '../../model/time.js';
import { adviceDocument } from '../chain/chain-data.js';
import { remainders, type TwinReport } from './twin-report.js';

interface Known {
  readonly lo_ns: number;
  readonly hi_ns: number;
}

const intervalOf = ({ lo_ns, hi_ns }: Known): object => ({ lo_s: inSeconds(lo_ns), hi_s: inSeconds(hi_ns) });

const stretchOf = ({ parts, links, at_ns, ...ends }: Stretch): object => ({
  parts,
  links,
  length_s: inSeconds(at_ns),
  ...intervalOf(ends),
});

const outageOf = ({ trial, at_ns, stretches, ...ends }: MeasuredOutage): object => ({
  trial,
  outage_s: inSeconds(at_ns),
  ...intervalOf(ends),
  parts: stretches.map(stretchOf),
});

/** What `seqgap twin --json` prints (docs/twin.md). */
export const twinDocument = (report: TwinReport): object => {
  const { run, design, why, knobs, outages, change, advice } = report;
  return roundAllByUnit({
    format: 1,
    run: run.record.run,
    scenario: run.record.scenario.name,
    version: run.record.version,
    design,
    why,
    knobs: knobs.map(({ name, words, basis, from, maybe }) => ({
      knob: name,
      value: words,
      basis,
      from,
      maybe,
    })),
    outages: outages.map(outageOf),
    not_in_the_twin: remainders(report),
    what_if:
      change === null
        ? null
        : {
            knobs: change.knobs.map(({ name, before, after }) => ({ knob: name, before, after })),
            level: change.prediction.level,
            trials: change.prediction.trials,
            next_as_it_is: intervalOf(change.prediction.asItIs),
            next: intervalOf(change.prediction.changed),
            shift_s: inSeconds(change.prediction.shift.at_ns),
            shift: intervalOf(change.prediction.shift),
          },
    timers: advice.map(adviceDocument),
  });
};
