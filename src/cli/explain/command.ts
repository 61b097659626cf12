import type { CommandModule } from 'yargs';
import { explainRun } from '../../analysis/chain/explain-run.js';
import type { TrialSight } from '../../analysis/chain/sight.js';
import { analyseRun, analyseTrial } from '../../evaluate/analyse.js';
import { openRun } from '../../history/find-runs.js';
import { usage } from '../../model/error.js';
import { redactedJson } from '../../model/json.js';
import { IS_API } from '../../model/observe-plan.js';
import type { Scenario } from '../../model/plan.js';
import { chainDocument } from '../../report/chain/chain-data.js';
import { chainMarkdown, type ChainReport, chainTerminal } from '../../report/chain/chain-report.js';
import type { StoredRun } from '../../store/stored-run.js';
import { hasColor, stdout, widthOf } from '../../terminal.js';

interface ExplainArguments {
  readonly run: string;
  readonly trial: number | undefined;
  readonly json: boolean | undefined;
  readonly markdown: boolean | undefined;
}

/** Who cuts the power of a node by a cloud's API, may move its addresses by it. */
const CLOUDS = new Set(['azure', 'aws', 'gcp', 'gcloud', 'openstack', 'oci']);

const hasApi = ({ observe, nodes }: Scenario): boolean =>
  observe.some(({ source }) => IS_API[source.kind]) ||
  nodes.some(({ power }) => power !== null && CLOUDS.has(power.driver));

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

const sightsOf = async (stored: StoredRun): Promise<TrialSight[]> => {
  const sights: TrialSight[] = [];
  for (const trial of stored.trials()) {
    const { events, seen } = await analyseTrial(stored, trial);
    sights.push({ trial, events, seen });
  }
  return sights;
};

const reportOf = async (stored: StoredRun, args: ExplainArguments): Promise<ChainReport> => {
  const { scenario } = stored.record;
  const chains = explainRun({
    nodes: scenario.nodes.map(({ name }) => name),
    observe: scenario.observe,
    phases: scenario.phases,
    trials: await sightsOf(stored),
    records: [],
    stated: [],
    hasApi: hasApi(scenario),
  });
  return { run: await analyseRun(stored), chains, records: [], trial: args.trial ?? null };
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
  (args.json === true ? stdout.writeDocument : stdout.write)(textOf(report, args));
};

/** `seqgap explain RUN` */
export const explainCommand: CommandModule<object, ExplainArguments> = {
  command: 'explain <run>',
  describe: 'Why an outage took so long: what happened in it, link by link, and what nobody knows',
  builder: (yargs) =>
    yargs
      .positional('run', {
        type: 'string',
        demandOption: true,
        describe: "A run's folder, a `latest` link, or the folder of a scenario (its newest run)",
      })
      .option('trial', { type: 'number', describe: 'Only this trial, step by step' })
      .option('json', { type: 'boolean', describe: 'Print it as JSON' })
      .option('markdown', { type: 'boolean', describe: 'Print it as Markdown' })
      .conflicts('json', 'markdown')
      .example('$0 explain results/azure-panos-crash/latest', 'From what the run saw by itself')
      .example('$0 explain results/azure-panos-crash/latest --trial 3', 'One trial')
      .epilogue('Exit codes: 0, or 64 for wrong usage. docs/explain.md says how to read it.'),
  handler: explain,
};
