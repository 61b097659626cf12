import { type Colors, createColors } from '../paint.js';
import type { StreamStatus, TrialStatus, Verdict } from '../../model/record.js';
import { besideFigures } from '../beside-figures.js';
import { sayBounds } from '../../analysis/words/format.js';
import { runHeadline, trialBounds } from './headline.js';
import type { ReportInput } from './input.js';
import { streamOverviews } from './overview.js';
import { phaseSection } from './phases.js';
import { sessionGroups, NARROW_TITLES, narrowCells, sessionMatrix, sessionSentence } from './sessions.js';
import { left, right, tableLines, wrap } from '../text/table.js';
import { oneLine } from '../../model/outside.js';
import { sayRethreshold } from './thresholds.js';
import {
  sayCalibration,
  sayProgress,
  sayHost,
  saySelf,
  saySessions,
  sayStatistic,
  sayStatus,
  sayTrigger,
  VERDICT_MARK,
} from './words.js';

export interface TerminalOptions {
  /** No line is wider. */
  readonly columns: number;
  readonly color: boolean;
  /** Where the results are, for the last line; null: do not say. */
  readonly folder: string | null;
}

type Paint = (text: string) => string;
const STREAM_TABLE = [left('stream', true), left('phase'), left('class'), right('n'), right('median')];
const STREAM_TABLE_END = [left('worst'), left('status', true)];
const TRIAL_TABLE = [right('trial'), left('phase'), left('node', true), left('status'), left('stream', true)];
const TRIAL_TABLE_END = [left('outage'), right('sessions'), left('verdict')];

const byVerdict = (colors: Colors, verdict: Verdict): Paint => {
  switch (verdict) {
    case 'pass':
      return colors.green;
    case 'fail':
      return colors.red;
    case 'inconclusive':
      return colors.yellow;
  }
};

const byStatus = (colors: Colors, status: StreamStatus | TrialStatus): Paint => {
  switch (status) {
    case 'ok':
    case 'unaffected':
      return colors.green;
    case 'degraded':
    case 'not-recovered':
      return colors.red;
    case 'no-failover-detected':
    case 'down-at-start':
    case 'void':
      return colors.yellow;
  }
};

/** Worst stream first; control streams last. */
const streamSection = (input: ReportInput, { columns }: TerminalOptions, colors: Colors): string[] => {
  const overviews = streamOverviews(input);
  const rows = overviews.map((each) => [
    each.label,
    each.phase ?? '',
    each.control ? 'control' : each.class,
    `${each.n}/${each.trials}`,
    sayStatistic(each.median_s, each.n),
    each.worst === null ? '' : sayBounds(each.worst),
    sayStatus(each),
  ]);
  const table = [...STREAM_TABLE, ...STREAM_TABLE_END];
  const told = besideFigures(input).flatMap((line) => wrap(line, columns - 2, 2));
  const lines = tableLines(table, rows, columns - 2, (cell, column, row) => {
    if (row === null) return colors.dim(cell);
    const statuses = [...(overviews[row]?.statuses.keys() ?? [])];
    const [only] = statuses;
    return column === table.length - 1 && statuses.length === 1 && only !== undefined
      ? byStatus(colors, only)(cell)
      : cell;
  });
  return told.length === 0 ? lines : [...lines, '', ...told];
};

const trialSection = ({ tables }: ReportInput, { columns }: TerminalOptions, colors: Colors): string[] => {
  const rows = tables.trials.map((row) => [
    String(row.trial ?? ''),
    row.phase ?? '',
    row.node ?? '',
    row.status,
    row.headline_stream ?? '',
    sayBounds(trialBounds(row)),
    row.sessions_total === 0 ? '' : `${row.sessions_survived}/${row.sessions_total}`,
    row.verdict,
  ]);
  const table = [...TRIAL_TABLE, ...TRIAL_TABLE_END];
  const statusColumn = TRIAL_TABLE.findIndex((column) => column.title === 'status');
  return tableLines(table, rows, columns - 2, (cell, column, row) => {
    if (row === null) return colors.dim(cell);
    const status = tables.trials[row]?.status;
    return column === statusColumn && status !== undefined ? byStatus(colors, status)(cell) : cell;
  });
};

const MATRIX_TABLE = NARROW_TITLES.map(([title, align]) => ({
  title,
  align,
  shrinks: align === 'left' && title !== 'stall',
}));

/** In sentences, then entry by entry, then by kind, age and speaker where these differ. */
const sessionSection = (input: ReportInput, { columns }: TerminalOptions, colors: Colors): string[] => {
  const sentence = sessionSentence(input);
  const entries = sessionGroups(input.tables.sessions).flatMap((group) => {
    const phase = group.phase === null || group.phase === 'failover' ? '' : ` (${group.phase})`;
    return wrap(`${group.name}${phase} ${saySessions(group)}`, columns - 2, 2);
  });
  const rows = sessionMatrix(input).map(narrowCells);
  const table = tableLines(MATRIX_TABLE, rows, columns - 2, (cell, _column, row) =>
    row === null ? colors.dim(cell) : cell,
  );
  return [
    ...(sentence === '' ? [] : wrap(sentence, columns - 2)),
    ...entries,
    ...(rows.length < 2 ? [] : ['', ...table]),
  ];
};

const checkSection = ({ findings }: ReportInput, { columns }: TerminalOptions, colors: Colors): string[] =>
  findings.flatMap(({ key, text, verdict }) => {
    const [first = '', ...rest] = wrap(`${VERDICT_MARK[verdict]} ${key}: ${text}`, columns - 2, 2);
    const mark = byVerdict(colors, verdict)(first.slice(0, 1));
    return [mark + first.slice(1), ...rest];
  });

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];

const endSection = (input: ReportInput, options: TerminalOptions, colors: Colors): string[] => {
  const { record, verdict, selfFigures } = input;
  const room = options.columns - 2;
  const host = record.self_test === null ? [] : wrap(`This host: ${sayHost(record.self_test)}`, room, 2);
  const calibrated = record.calibration === null ? [] : wrap(sayCalibration(record.calibration), room, 2);
  const self = selfFigures.length === 0 ? [] : wrap(`Instrument: ${saySelf(selfFigures)}`, room, 2);
  const unrestored =
    record.restored === false
      ? ['The pair could NOT be restored: look at both nodes before anything else.']
      : [];
  const broken = record.error === null ? [] : wrap(`Ended early: ${record.error}`, room, 2);
  return [
    '',
    ...host,
    ...self,
    ...calibrated,
    ...broken,
    ...unrestored.map((line) => colors.red(line)),
    `Verdict: ${byVerdict(colors, verdict)(verdict)}`,
    ...(options.folder === null ? [] : [`Results: ${oneLine(options.folder)}`]),
  ];
};

/**
 * The end of a run on a terminal: the result in a sentence, then streams (the worst first), trials, sessions,
 * checks, notes, and how far the instrument can be trusted. Ends with a line end.
 */
export const terminalReport = (input: ReportInput, options: TerminalOptions): string => {
  const colors = createColors(options.color);
  const { record, tables } = input;
  const title = `${record.scenario.name} · ${record.version} · ${sayTrigger(record)} · ${sayProgress(record)}`;
  const notes = input.notes.flatMap((note) => wrap(`- ${note}`, options.columns - 2, 2));
  const again =
    input.rethreshold === undefined ? [] : wrap(sayRethreshold(input.rethreshold), options.columns);
  const lines = [
    ...wrap(title, options.columns),
    ...again.map((line) => colors.yellow(line)),
    '',
    ...wrap(runHeadline(input), options.columns).map((line) => colors.bold(line)),
    ...section('Streams', tables.streams.length === 0 ? [] : streamSection(input, options, colors)),
    ...section('Trials', tables.trials.length === 0 ? [] : trialSection(input, options, colors)),
    ...section('Where the time went', phaseSection(tables, options.columns - 2, colors.dim)),
    ...section('Sessions', sessionSection(input, options, colors)),
    ...section('Checks', checkSection(input, options, colors)),
    ...section('Notes', notes),
    ...endSection(input, options, colors),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
};
