import type { CommandModule } from 'yargs';
import type { RunChains } from '../../analysis/chain/explain-run.js';
import type { StatedClock } from '../../analysis/chain/sight.js';
import { analyseTrials, pageAssets, runOf } from '../../evaluate/analyse.js';
import { openRun } from '../../history/find-runs.js';
import { usage } from '../../model/error.js';
import { redactedJson } from '../../model/json.js';
import { chainDocument } from '../../report/chain/chain-data.js';
import {
  chainHtml,
  chainMarkdown,
  type ChainReport,
  chainTerminal,
} from '../../report/chain/chain-report.js';
import type { StoredRun } from '../../store/stored-run.js';
import { hasColor, stdout, toolVersion, widthOf } from '../../terminal.js';
import { writeHtmlFile } from '../html-file.js';
import { explained } from './explained.js';
import { readBrought, readKept } from './records.js';
import { statedClock, zoneOf } from './words.js';

interface ExplainArguments {
  readonly run: string;
  readonly trial: number | undefined;
  readonly log: readonly string[];
  readonly activity: readonly string[];
  readonly pcap: readonly string[];
  readonly clock: readonly string[];
  readonly zone: string | undefined;
  readonly json: boolean | undefined;
  readonly markdown: boolean | undefined;
  readonly html: string | undefined;
}

const requireTrial = (stored: StoredRun, trial: number | undefined): void => {
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

const reportOf = async (stored: StoredRun, args: ExplainArguments): Promise<ChainReport> => {
  const stated = args.clock.map(statedClock);
  const zone_min = zoneOf(args.zone);
  const kept = await readKept(stored, zone_min);
  const records = await readBrought(stored, { ...args, zone_min });
  const trials = await analyseTrials(stored);
  const beside = { records, stated, isCloud: args.activity.length > 0 };
  const why = await explained(stored, trials, kept, beside);
  requireClocks(stated, why.chains);
  return { ...why, run: runOf(stored, trials), trial: args.trial ?? null };
};

const textOf = (report: ChainReport, { json, markdown }: ExplainArguments): string => {
  if (json === true) return `${redactedJson(chainDocument(report), 2)}\n`;
  if (markdown === true) return chainMarkdown(report);
  return chainTerminal(report, { columns: widthOf(stdout), color: hasColor(stdout) });
};

const explain = async (args: ExplainArguments): Promise<void> => {
  const stored = await openRun(args.run);
  requireTrial(stored, args.trial);
  const report = await reportOf(stored, args);
  if (args.html !== undefined) await writeHtmlFile(args.html, chainHtml(report, toolVersion(), pageAssets()));
  (args.json === true ? stdout.writeDocument : stdout.write)(textOf(report, args));
};

/** `seqgap explain RUN` */
export const explainCommand: CommandModule<object, ExplainArguments> = {
  builder: (yargs) =>
    yargs
      .positional('run', {
        type: 'string',
        demandOption: true,
        describe: "A run's folder, a `latest` link, or the folder of a scenario (its newest run)",
      })
      .option('trial', { type: 'number', describe: 'Only this trial, step by step' })
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
      .option('zone', { type: 'string', describe: 'Zone of stamps that have none, as +02:00' })
      .option('json', { type: 'boolean', describe: 'Print it as JSON' })
      .option('markdown', { type: 'boolean', describe: 'Print it as Markdown' })
      .option('html', { type: 'string', describe: 'Also write it into this file, as one page with a chart' })
      .conflicts('json', 'markdown')
      .example('$0 explain results/fw-crash/latest --trial 3', 'From what the run saw by itself')
      .example('$0 explain results/fw-crash/latest --log fw-b=ha.log --zone +02:00', "With a node's log")
      .example('$0 explain results/fw-crash --activity log.json --clock Azure=0s±1s', "With a cloud's")
      .epilogue('Exit codes: 0, or 64 for wrong usage. docs/explain.md says how to read it.'),
  handler: explain,
};
