import type { Argv } from 'yargs';
import type { RunChains } from '../../analysis/chain/explain-run.js';
import type { StatedClock } from '../../analysis/chain/sight.js';
import { analyseTrials, runOf } from '../../evaluate/analyse.js';
import { usage } from '../../model/error.js';
import type { ChainReport } from '../../report/chain/chain-report.js';
import type { StoredRun } from '../../store/stored-run.js';
import { explained } from './explained.js';
import { readBrought, readKept } from './records.js';
import { statedClock, zoneOf } from './words.js';

/** Records that the user brings to a run, and what is said of their clocks. */
export interface RecordArguments {
  readonly log: readonly string[];
  readonly activity: readonly string[];
  readonly pcap: readonly string[];
  readonly clock: readonly string[];
  readonly zone: string | undefined;
}

export const RUN = {
  type: 'string',
  demandOption: true,
  describe: "A run's folder, a `latest` link, or the folder of a scenario (its newest run)",
} as const;

export const recordOptions = <Args>(yargs: Argv<Args>) =>
  yargs
    .option('log', {
      type: 'string',
      array: true,
      default: [],
      describe: "A node's log, as ha.log or fw-a=ha.log; may be given several times",
    })
    .option('activity', {
      type: 'string',
      array: true,
      default: [],
      describe: "A cloud's activity log, as its command prints it in JSON; may be given several times",
    })
    .option('pcap', {
      type: 'string',
      array: true,
      default: [],
      describe: 'A capture of packets (pcap, pcapng); may be given several times',
    })
    .option('clock', {
      type: 'string',
      array: true,
      default: [],
      describe: 'How far a clock is ahead of this run, as fw-a=+2.3s±0.1s; may be given several times',
    })
    .option('zone', { type: 'string', describe: 'Zone of stamps that have none, as +02:00' });

export const requireTrial = (stored: StoredRun, trial: number | undefined): void => {
  if (stored.record.kind === 'watch')
    throw usage(
      `${stored.path} was watched: nothing was triggered, there is no chain`,
      'seqgap report shows it',
    );
  const known = stored.trials();
  if (known.length === 0) throw usage(`${stored.path} has no trials`);
  if (trial !== undefined && !known.includes(trial))
    throw usage(`${stored.path} has no trial ${trial}`, `it has ${known.join(', ')}`);
};

/** A clock that no record has would be a word without effect. */
const requireClocks = (stated: readonly StatedClock[], { clocks }: RunChains): void => {
  const known = clocks.map(({ clock }) => clock);
  const unknown = stated.find(({ clock }) => !known.includes(clock));
  if (unknown !== undefined)
    throw usage(
      `--clock ${unknown.clock}: no record has such a clock`,
      known.length === 0 ? 'give a record with --log, --activity or --pcap' : `there are ${known.join(', ')}`,
    );
};

/** The chains of a run, and all that they rest on. Throws KnownError. */
export const explainedBy = async (
  stored: StoredRun,
  args: RecordArguments,
): Promise<Omit<ChainReport, 'trial'>> => {
  const stated = args.clock.map(statedClock);
  const zone_min = zoneOf(args.zone);
  const kept = await readKept(stored, zone_min);
  const records = await readBrought(stored, { ...args, zone_min });
  const trials = await analyseTrials(stored);
  const beside = { records, stated, isCloud: args.activity.length > 0 };
  const why = await explained(stored, trials, kept, beside);
  requireClocks(stated, why.chains);
  return { ...why, run: runOf(stored, trials) };
};
