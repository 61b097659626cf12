import type { CommandModule } from 'yargs';
import { usage } from '../../model/error.js';
import { registerUrlSecrets } from '../../model/secret.js';
import type { AnalysedRun } from '../../report/run/analysed-run.js';
import { metricsOf, openMetricsText } from '../../report/text/metrics.js';
import { tracesOf } from '../../report/run/trace.js';
import { analyseRun } from '../../evaluate/analyse.js';
import { writeAtomic } from '../../store/replace-file.js';
import { openRun } from '../../history/find-runs.js';
import { selectRuns } from '../../history/select.js';
import { stdout, say, toolVersion } from '../../terminal.js';

interface ExportArguments {
  readonly runs: readonly string[];
  readonly out: string;
  readonly openmetrics: string | undefined;
  readonly push: string | undefined;
  readonly otlp: string | undefined;
}

/** The newest run with trials of each scenario. */
const newestOfEach = async (out: string): Promise<string[]> => {
  const { runs } = await selectRuns({ out, order: 'newest-first' });
  const newest = new Map<string, string>();
  for (const { summary } of runs)
    if (summary.kind === 'trials' && summary.status !== 'running' && !newest.has(summary.scenario))
      newest.set(summary.scenario, summary.path);
  if (newest.size === 0)
    throw usage(
      `no finished run in ${out}`,
      'run a scenario first, or name a run: seqgap export results/<scenario>/latest',
    );
  return [...newest.values()];
};

const seriesOf = ({ record }: AnalysedRun): string => `${record.scenario.name} ${record.version}`;

/** Two runs of a scenario and version would be one series: the newer one counts. */
const oneOfEachSeries = (inputs: readonly AnalysedRun[]): AnalysedRun[] => {
  const kept = new Map<string, AnalysedRun>();
  const byAge = inputs.toSorted(
    (a, b) => Date.parse(a.record.started_utc) - Date.parse(b.record.started_utc),
  );
  for (const input of byAge) {
    const older = kept.get(seriesOf(input));
    if (older !== undefined)
      say(
        `note: ${older.record.run} is left out: ${input.record.run} is newer, of the same scenario and version`,
      );
    kept.set(seriesOf(input), input);
  }
  return [...kept.values()];
};

const read = async (args: ExportArguments): Promise<AnalysedRun[]> => {
  const paths = args.runs.length > 0 ? args.runs : await newestOfEach(args.out);
  const inputs: AnalysedRun[] = [];
  for (const path of paths) {
    const input = await analyseRun(await openRun(path));
    if (input.record.kind === 'watch')
      throw usage(`${path} is of seqgap watch: it has no trials`, 'name runs of a scenario');
    inputs.push(input);
  }
  return oneOfEachSeries(inputs);
};

/** The address without a slash at its end. @throws KnownError for what is no address, or has a password in it. */
const addressOf = (option: string, text: string): string => {
  registerUrlSecrets(text);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw usage(
      `${option}: "${text}" is no http address`,
      `for example ${option} http://localhost:${option === '--otlp' ? 4318 : 9091}`,
    );
  if (url.username !== '' || url.password !== '')
    throw usage(
      `${option}: a login does not belong into an argument, where other users can read it`,
      option === '--otlp'
        ? 'set OTEL_EXPORTER_OTLP_HEADERS, as in "authorization=Bearer …"'
        : 'set SEQGAP_PUSH_AUTH=user:password',
    );
  return text.replace(/\/+$/, '');
};

const writeText = async (file: string, text: string): Promise<void> => {
  if (file === '-') return stdout.writeDocument(text);
  await writeAtomic(file, text);
  say(`metrics: ${file}`);
};

const push = async (inputs: readonly AnalysedRun[], gateway: string): Promise<void> => {
  const { pushMetrics } = await import('./push.js');
  for (const name of new Set(inputs.map(({ record }) => record.scenario.name))) {
    const own = inputs.filter(({ record }) => record.scenario.name === name);
    await pushMetrics(gateway, name, openMetricsText(metricsOf(own)), process.env);
    say(`pushed: ${name} to ${gateway}`);
  }
};

const otlp = async (inputs: readonly AnalysedRun[], url: string): Promise<void> => {
  const { sendOtlp } = await import('./otlp.js');
  const traces = inputs.flatMap(tracesOf);
  await sendOtlp(traces, metricsOf(inputs), { url, toolVersion: toolVersion() });
  say(`sent: ${traces.length} traces and the metrics of ${inputs.length} runs to ${url}`);
};

const exportRuns = async (args: ExportArguments): Promise<void> => {
  // Wrong addresses are said before a long analysis.
  const gateway = args.push === undefined ? null : addressOf('--push', args.push);
  const collector = args.otlp === undefined ? null : addressOf('--otlp', args.otlp);
  const inputs = await read(args);
  const file = args.openmetrics ?? (gateway === null && collector === null ? '-' : null);
  if (file !== null) await writeText(file, openMetricsText(metricsOf(inputs)));
  if (gateway !== null) await push(inputs, gateway);
  if (collector !== null) await otlp(inputs, collector);
};

/** `seqgap export [RUN…]` */
export const exportCommand: CommandModule<object, ExportArguments> = {
  builder: (yargs) =>
    yargs
      .positional('runs', {
        type: 'string',
        array: true,
        default: [],
        describe: 'Runs, or folders of scenarios (their newest run); none: the newest run of each scenario',
      })
      .option('out', { type: 'string', default: 'results', describe: 'Folder of all results' })
      .option('openmetrics', {
        type: 'string',
        describe: 'Write OpenMetrics text to this file; -: to standard output, as without any option',
      })
      .option('push', { type: 'string', describe: 'Address of a Prometheus Pushgateway' })
      .option('otlp', { type: 'string', describe: 'Address of an OTLP/HTTP receiver: traces and metrics' })
      .example('$0 export', 'The newest run of each scenario, to read')
      .example('$0 export --openmetrics /var/lib/node_exporter/seqgap.prom', 'For node_exporter')
      .example('$0 export results/fw-crash/latest --push http://gateway:9091', 'For a Pushgateway')
      .example('$0 export results/fw-crash/latest --otlp http://collector:4318', 'A trace for each trial')
      .epilogue(
        'A file is replaced whole. Logins come from the environment: SEQGAP_PUSH_AUTH=user:password, ' +
          'OTEL_EXPORTER_OTLP_HEADERS. Exit code 0; 64 for wrong usage. docs/export.md lists the metrics.',
      ),
  handler: exportRuns,
};
