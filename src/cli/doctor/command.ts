import { createLogUpdate } from 'log-update';
import type { CommandModule } from 'yargs';
import { systemClock } from '../../clock.js';
import { examine, type Examination } from './examine.js';
import { hostSources } from './host-sources.js';
import { EXIT } from '../../model/error.js';
import { loadScenario } from '../../scenario/load.js';
import { redactedJson } from '../../model/json.js';
import { stderr, stdout, type Terminal, toolVersion, hasColor } from '../../terminal.js';
import { createColors } from '../../report/paint.js';
import { textWidth, wrap } from '../../report/text/table.js';
import type { FindingStatus } from './finding.js';

const MARK: Readonly<Record<FindingStatus, string>> = { ok: '✓', warn: '!', fail: '✗' };

/** Findings as a table, each remedy below its finding, the verdict last. No line is wider than `columns`. */
export const findingsTable = (
  { findings, canMeasure, verdict }: Pick<Examination, 'findings' | 'canMeasure' | 'verdict'>,
  { columns, color }: { readonly columns: number; readonly color: boolean },
): string => {
  const colors = createColors(color);
  const paint = { ok: colors.green, warn: colors.yellow, fail: colors.red };
  const width = Math.max(...findings.map(({ check }) => textWidth(check)));
  const indent = width + 4;
  const lines = findings.flatMap(({ check, status, detail, remedy }, index) => {
    const again = remedy !== null && remedy === findings[index - 1]?.remedy;
    const [first = '', ...rest] = wrap(detail, columns - indent);
    const advice = remedy === null ? [] : wrap(`→ ${again ? 'as above' : remedy}`, columns - indent, 2);
    const head = `${paint[status](MARK[status])} ${check}${' '.repeat(width - textWidth(check))}  ${first}`;
    return [head, ...[...rest, ...advice].map((line) => ' '.repeat(indent) + line)];
  });
  const end = canMeasure ? colors.bold : colors.red;
  return `${[...lines, '', ...wrap(verdict, columns).map((line) => end(line))].join('\n')}\n`;
};

interface DoctorArguments {
  readonly scenario: string | undefined;
  readonly out: string;
  readonly json: boolean;
}

/** What it is doing, on one line that is gone when it is done; nothing where stderr is not a terminal. */
const progress = (
  output: Terminal,
): { readonly step: (text: string) => void; readonly clear: () => void } => {
  const screen = output.live(createLogUpdate);
  if (screen === null) return { step: () => {}, clear: () => {} };
  return { step: (text) => screen.draw(`${text} …`), clear: () => screen.clear() };
};

/** `seqgap doctor`: can this host probe? Exit code 0 if it can, 2 if not, 64 for a bad scenario. */
export const doctorCommand: CommandModule<object, DoctorArguments> = {
  builder: (yargs) =>
    yargs
      .option('scenario', { type: 'string', describe: 'Judge by what this scenario needs' })
      .option('out', { type: 'string', default: 'results', describe: 'Folder of all results' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the findings as JSON' })
      .example('$0 doctor', 'before the first measurement')
      .example('$0 doctor --scenario fw.yaml', 'is everything here that this scenario needs?'),
  handler: async ({ scenario: file, out, json }) => {
    const scenario = file === undefined ? null : (await loadScenario(file)).scenario;
    const { step, clear } = progress(stderr);
    const examination = await examine({
      sources: hostSources(),
      clock: systemClock,
      scenario,
      out,
      toolVersion: toolVersion(),
      onStep: step,
    }).finally(clear);
    const { findings, canMeasure, verdict } = examination;
    (json ? stdout.writeDocument : stdout.write)(
      json
        ? `${redactedJson({ format: 1, can_measure: canMeasure, verdict, findings }, 2)}\n`
        : findingsTable(examination, {
            columns: Math.min(100, stdout.columns ?? 100),
            color: hasColor(stdout),
          }),
    );
    if (!canMeasure) process.exitCode = EXIT.inconclusive;
  },
};
