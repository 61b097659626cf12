import colors from 'picocolors';
import type { CommandModule } from 'yargs';
import { resultDocument } from '../report/document.js';
import { exitCodeOf } from '../report/exit-code.js';
import { terminalReport } from '../report/terminal.js';
import { analyseRun, writeReports } from '../store/analyse.js';
import { openRun } from '../store/find-runs.js';

interface ReportArguments {
  readonly run: string;
  readonly json: boolean;
}

const WIDEST = 100;

const report = async ({ run, json }: ReportArguments): Promise<void> => {
  const stored = await openRun(run);
  const input = await analyseRun(stored);
  await writeReports(stored.path, input);
  const text = json
    ? `${JSON.stringify(resultDocument(input.tables), null, 2)}\n`
    : terminalReport(input, {
        columns: Math.min(WIDEST, process.stdout.columns ?? WIDEST),
        color: colors.isColorSupported && process.stdout.isTTY,
        folder: stored.path,
      });
  process.stdout.write(text);
  process.exitCode = exitCodeOf(input);
};

/** `seqgap report RUN` */
export const reportCommand: CommandModule<object, ReportArguments> = {
  command: 'report <run>',
  describe: 'Make all reports of a run again from its raw history',
  builder: (yargs) =>
    yargs
      .positional('run', {
        type: 'string',
        demandOption: true,
        describe: "A run's folder, a `latest` link, or the folder of a scenario (its newest run)",
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print the records as JSON' })
      .example('$0 report results/lab-vrrp-crash/latest', 'The newest run of a scenario')
      .example('$0 report results/lab-vrrp-crash/20260131T235959Z-9.0', 'A certain run')
      .example('$0 report results/lab-vrrp-crash --json | jq .trials', 'Its records, for a program')
      .epilogue(
        'Rewrites trials.csv, streams.csv, outages.csv, sessions.csv, summary.md and junit.xml in the ' +
          "run's\nfolder; the same history gives the same bytes. The exit code is that of the run.",
      ),
  handler: report,
};
