import type { Verdict } from '../../../src/model/record.js';
import type { ResultTables } from '../../../src/model/tables.js';
import type { RunRecord } from '../../../src/model/run.js';
import { fullInput } from '../../golden/report/input.js';
import { runOf } from '../../unit/comparison/sides.js';
import { trialOf, type Outage } from '../../unit/gate/nights.js';
import { makeRun } from '../store/make-run.js';

export interface Night {
  /** After the 1st of January 2026, 01:00 UTC. */
  readonly day: number;
  readonly outages?: readonly Outage[];
  readonly version?: string;
  readonly scenario?: string;
  readonly trigger?: string;
  /** Trials in which every session lived; all, if left out. */
  readonly survived?: number;
  readonly verdict?: Verdict;
  readonly change?: Partial<RunRecord>;
}

/** A stored run of the scenario `fw` (limit: ping.longest 5s) with such outages of its ping, and two sessions. */
export const makeNight = (out: string, night: Night): Promise<string> => {
  const { day, outages = [], version = '9.0', scenario = 'fw', trigger = 'crash', change = {} } = night;
  const { survived = outages.length, verdict = 'pass' } = night;
  const figures = runOf({ version, scenario, trigger, trials: outages.map(trialOf) });
  const [template] = fullInput.tables.sessions;
  if (template === undefined) throw new Error('no session to go by');
  const sessions = outages.flatMap((_, index) =>
    [1, 2].map((connection) => ({
      ...template,
      trial: index + 1,
      phase: 'failover' as const,
      trigger,
      session: `echo#${connection}`,
      ...(index < survived || connection === 1
        ? { verdict: 'survived' as const, stall_s: 0.4 }
        : { verdict: 'reset' as const, stall_s: null }),
    })),
  );
  const tables: ResultTables = {
    trials: figures.trials.map((trial) => ({ ...trial, verdict })),
    streams: figures.streams,
    outages: [],
    sessions,
  };
  const trials = { trials_planned: outages.length, trials_done: outages.length };
  return makeRun(out, { day, version, scenario, tables, change: { ...trials, ...change } });
};
