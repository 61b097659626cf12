import type { CommandModule } from 'yargs';
import { pageAssets } from '../../evaluate/analyse.js';
import { openRun } from '../../history/find-runs.js';
import { redactedJson } from '../../model/json.js';
import { chainDocument } from '../../report/chain/chain-data.js';
import {
  chainHtml,
  chainMarkdown,
  type ChainReport,
  chainTerminal,
} from '../../report/chain/chain-report.js';
import { hasColor, stdout, toolVersion, widthOf } from '../../terminal.js';
import { writeHtmlFile } from '../html-file.js';
import { explainedBy, type RecordArguments, recordOptions, requireTrial, RUN } from './beside.js';

interface ExplainArguments extends RecordArguments {
  readonly run: string;
  readonly trial: number | undefined;
  readonly json: boolean | undefined;
  readonly markdown: boolean | undefined;
  readonly html: string | undefined;
}

const textOf = (report: ChainReport, { json, markdown }: ExplainArguments): string => {
  if (json === true) return `${redactedJson(chainDocument(report), 2)}\n`;
  if (markdown === true) return chainMarkdown(report);
  return chainTerminal(report, { columns: widthOf(stdout), color: hasColor(stdout) });
};

const explain = async (args: ExplainArguments): Promise<void> => {
  const stored = await openRun(args.run);
  requireTrial(stored, args.trial);
  const report: ChainReport = { ...(await explainedBy(stored, args)), trial: args.trial ?? null };
  if (args.html !== undefined) await writeHtmlFile(args.html, chainHtml(report, toolVersion(), pageAssets()));
  (args.json === true ? stdout.writeDocument : stdout.write)(textOf(report, args));
};

/** `seqgap explain RUN` */
export const explainCommand: CommandModule<object, ExplainArguments> = {
  builder: (yargs) =>
    recordOptions(yargs)
      .positional('run', RUN)
      .option('trial', { type: 'number', describe: 'Only this trial, step by step' })
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
