import { explainRun } from '../../analysis/chain/explain-run.js';
import type { StatedClock, TrialSight } from '../../analysis/chain/sight.js';
import { type DriverTimers, timerAdvice } from '../../analysis/twin/timers.js';
import { type AnalysedTrial, analyseRun, analyseTrials, runOf } from '../../evaluate/analyse.js';
import type { BroughtRecord } from '../../model/evidence.js';
import { IS_API } from '../../model/observe-plan.js';
import type { Scenario } from '../../model/plan.js';
import type { AnalysedRun, Explained } from '../../report/run/analysed-run.js';
import type { StoredRun } from '../../store/stored-run.js';
import { driversOf } from '../../trigger/driver/driver-file.js';
import { type Kept, readKept } from './records.js';

type Drivers = Awaited<ReturnType<typeof driversOf>>;

/** A node in a cloud, by its own driver or that of its power, may have its addresses moved by the cloud's API. */
const hasApi = ({ observe, nodes }: Scenario, drivers: Drivers): boolean => {
  if (observe.some(({ source }) => IS_API[source.kind])) return true;
  const isCloud = (name: string | undefined): boolean => drivers.get(name ?? '')?.cloud === true;
  return nodes.some(({ driver, power }) => isCloud(driver) || isCloud(power?.driver));
};

/** Documented timers. */
const timersOf = ({ nodes, observe }: Scenario, drivers: Drivers): readonly DriverTimers[] => {
  const wanted = new Set([
    ...nodes.flatMap(({ driver, power }) => [driver, ...(power === null ? [] : [power.driver])]),
    ...observe.flatMap(({ source }) => (source.kind === 'driver' ? [source.driver] : [])),
  ]);
  return [...wanted].flatMap((name) => {
    const driver = drivers.get(name);
    return driver === undefined ? [] : [{ driver: driver.title, timers: driver.timers }];
  });
};

/** What is brought to a run, beside what it kept. */
interface BesideRun {
  readonly records: readonly BroughtRecord[];
  readonly stated: readonly StatedClock[];
  /** One of the records is of a cloud. */
  readonly isCloud: boolean;
}

const NOTHING: BesideRun = { records: [], stated: [], isCloud: false };

/** Why the outages of a run took so long, by all that is known of them. */
export const explained = async (
  stored: StoredRun,
  trials: readonly AnalysedTrial[],
  kept: Kept,
  beside: BesideRun = NOTHING,
): Promise<Explained> => {
  const { scenario } = stored.record;
  const records = [...kept.records, ...beside.records];
  // Those that come with the program: who has others, has none of what they would say.
  const drivers = await driversOf(scenario, []);
  const chains = explainRun({
    nodes: scenario.nodes.map(({ name }) => name),
    observe: scenario.observe,
    phases: scenario.phases,
    trials: stored.trials().map((trial, index): TrialSight => ({
      trial,
      events: trials[index]?.events ?? [],
      seen: trials[index]?.seen ?? [],
      captures: kept.captures.filter((capture) => capture.trial === trial),
    })),
    records: records.map(({ record }) => record),
    stated: beside.stated,
    hasApi: beside.isCloud || hasApi(scenario, drivers),
  });
  const advice = timerAdvice(chains.chains, timersOf(scenario, drivers));
  return { chains, records, unread: kept.unread, advice };
};

/** A run as its raw history makes it, and, where it kept records of what others saw, why its outages took so long. */
export const analyseExplained = async (stored: StoredRun): Promise<AnalysedRun> => {
  if (stored.record.kind === 'watch') return analyseRun(stored);
  const trials = await analyseTrials(stored);
  const run = runOf(stored, trials);
  const kept = await readKept(stored, null);
  return kept.records.length === 0
    ? { ...run, notes: [...run.notes, ...kept.unread] }
    : { ...run, explained: await explained(stored, trials, kept) };
};
