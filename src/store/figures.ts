import { join } from 'node:path';
import { EXIT, KnownError } from '../model/error.js';
import type { RunFigures } from '../model/figures.js';
import type { ResultTables } from '../model/record.js';
import type { RunRecord } from '../model/run.js';
import { SESSION_COLUMNS, STREAM_COLUMNS, TRIAL_COLUMNS } from '../report/columns.js';
import { analyseRun } from './analyse.js';
import { parseTable } from './parse-table.js';
import { readText } from './read-text.js';
import { sessionFigures } from './session-figures.js';
import { readRun, type StoredRun } from './stored-run.js';
import { summaryOf, verdictOf } from './summary.js';
import { SESSION_KINDS, STREAM_KINDS, TRIAL_KINDS } from './table-kinds.js';
import { editedTable } from './table-sums.js';
import { untruth } from './table-truth.js';

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
    trials: parseTable(path('trials.csv'), folder, texts['trials.csv'], {
      columns: TRIAL_COLUMNS,
      kinds: TRIAL_KINDS,
    }),
    streams: parseTable(path('streams.csv'), folder, texts['streams.csv'], {
      columns: STREAM_COLUMNS,
      kinds: STREAM_KINDS,
    }),
    sessions: parseTable(path('sessions.csv'), folder, texts['sessions.csv'], {
      columns: SESSION_COLUMNS,
      kinds: SESSION_KINDS,
    }),
  };
  const edited = editedTable(folder, texts);
  if (edited !== null)
    throw new KnownError(`${join(folder, edited)} was edited after the run`, {
      remedy: `seqgap report ${folder} makes it again`,
      exitCode: EXIT.usage,
    });
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
    throw new KnownError(`${path}: its tables cannot be right: ${wrong}`, {
      remedy: `seqgap report ${path} makes them again`,
      exitCode: EXIT.usage,
    });
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
