import { join } from 'node:path';
import { hasSurvived } from '../analysis/limits.js';
import { analyseRun } from '../evaluate/analyse.js';
import { usage } from '../model/error.js';
import type { RunFigures, SessionFigures } from '../model/figures.js';
import { groupBy } from '../model/group-by.js';
import type { SessionVerdict } from '../model/record.js';
import { SESSIONS, STREAMS, TRIALS, type ResultTables, type SessionRow } from '../model/tables.js';
import type { RunRecord } from '../model/run.js';
import { readText } from '../store/replace-file.js';
import { readRun, type StoredRun } from '../store/stored-run.js';
import { parseTable, editedTable, untruth } from '../store/table-file.js';
import { summaryOf, verdictOf } from './run-summary.js';

/** The tables that comparisons read. */
export const READ_TABLES = ['trials.csv', 'streams.csv', 'sessions.csv'] as const;

type TableTexts = Readonly<Record<(typeof READ_TABLES)[number], string>>;
type Rows = Pick<ResultTables, 'trials' | 'streams' | 'sessions'>;

/** null: one of them is missing. */
const tableTexts = (folder: string): TableTexts | null => {
  const [trials, streams, sessions] = READ_TABLES.map((name) => readText(join(folder, name)));
  if (typeof trials !== 'string' || typeof streams !== 'string' || typeof sessions !== 'string') return null;
  return { 'trials.csv': trials, 'streams.csv': streams, 'sessions.csv': sessions };
};

/** What is malformed is named by its line; what is only changed, by its file. */
const parseTables = (folder: string, texts: TableTexts): Rows => {
  const path = (name: keyof TableTexts): string => join(folder, name);
  const rows = {
    trials: parseTable(path('trials.csv'), folder, texts['trials.csv'], TRIALS),
    streams: parseTable(path('streams.csv'), folder, texts['streams.csv'], STREAMS),
    sessions: parseTable(path('sessions.csv'), folder, texts['sessions.csv'], SESSIONS),
  };
  const edited = editedTable(folder, texts);
  if (edited !== null)
    throw usage(`${join(folder, edited)} was edited after the run`, `seqgap report ${folder} makes it again`);
  return rows;
};

const figuresFrom = (path: string, record: RunRecord, rows: Rows): RunFigures => {
  const { streams } = record.scenario;
  const controls = new Set(streams.filter(({ control }) => control).map(({ name }) => name));
  const wrong = untruth(
    rows,
    streams.map(({ name }) => name).filter((name) => !controls.has(name)),
  );
  if (wrong !== null)
    throw usage(`${path}: its tables cannot be right: ${wrong}`, `seqgap report ${path} makes them again`);
  return {
    summary: summaryOf(path, record, verdictOf(record, rows.trials)),
    trials: rows.trials,
    streams: rows.streams.filter(({ stream }) => !controls.has(stream)),
    sessions: sessionFigures(rows.sessions),
  };
};

/**
 * The figures of a run that was opened: from its tables, or where one is missing (the run was killed before they were
 * written) from its raw history, with a note that says so. Throws KnownError for damaged or edited files.
 */
export const figuresOf = async (stored: StoredRun): Promise<RunFigures> => {
  const { path, record } = stored;
  const texts = tableTexts(path);
  if (texts !== null) return figuresFrom(path, record, parseTables(path, texts));
  const { tables } = await analyseRun(stored);
  const note = `${path} has no tables: its figures are from the raw history (seqgap report ${path} writes them)`;
  return { ...figuresFrom(path, record, tables), notes: [note] };
};

/**
 * What comparisons read of the run in this very folder. Control streams are left out, sessions are counted. Throws
 * KnownError with file, line and column for a damaged table, and for one that was edited after the run.
 */
export const readFigures = async (path: string): Promise<RunFigures> => figuresOf(await readRun(path));

/** `echo` of `echo#12`. */
const entryOf = ({ session }: SessionRow): string => {
  const at = session.lastIndexOf('#');
  return at === -1 ? session : session.slice(0, at);
};

const longest = (rows: readonly SessionRow[]): number | null =>
  rows.reduce<number | null>(
    (so_far, { stall_s }) => (stall_s === null ? so_far : Math.max(so_far ?? 0, stall_s)),
    null,
  );

/** One for each trial, phase and scenario entry, in the order of the rows. Rows without a trial tell of none. */
export const sessionFigures = (rows: readonly SessionRow[]): SessionFigures[] => {
  const groups = groupBy(
    rows.filter(({ trial, phase }) => trial !== null && phase !== null),
    (row) => [row.trial, row.phase, row.trigger, entryOf(row), row.kind].join('\n'),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined || first.trial === null || first.phase === null) return [];
    const verdicts: Partial<Record<SessionVerdict, number>> = {};
    for (const { verdict } of group) verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    const { trial, phase, trigger, kind } = first;
    const stall_s = longest(group.filter(hasSurvived));
    return [{ trial, phase, trigger, name: entryOf(first), kind, verdicts, stall_s }];
  });
};
