import type { RowPhase } from '../model/event.js';
import type { SessionPlan } from '../model/plan.js';
import type { SessionRow, SessionVerdict } from '../model/record.js';
import { saySeconds } from './format.js';
import type { ReportInput } from './input.js';

/** Least, middle and most of some figures, in seconds. */
interface Spread {
  readonly min_s: number;
  readonly median_s: number;
  readonly max_s: number;
}

/** All tested connections of one kind, age and speaker in one phase, over all trials. */
export interface MatrixRow {
  readonly phase: RowPhase | null;
  readonly kind: string;
  /** As in the scenario; null: opened before the steady time. */
  readonly stratum: string | null;
  readonly speaker: 'client' | 'server';
  readonly idle: boolean;
  readonly tested: number;
  readonly verdicts: Readonly<Record<Exclude<SessionVerdict, 'not-tested'>, number>>;
  /** Of those that survived; null: none did. */
  readonly stall: Spread | null;
  /** What TCP explains of the same sessions' stalls; null where nothing could be predicted. */
  readonly predicted: Spread | null;
}

const spreadOf = (values: readonly (number | null)[]): Spread | null => {
  const sorted = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  const [min_s] = sorted;
  const max_s = sorted.at(-1);
  if (min_s === undefined || max_s === undefined) return null;
  const upper = sorted[Math.floor(sorted.length / 2)] ?? min_s;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? min_s;
  return { min_s, median_s: (lower + upper) / 2, max_s };
};

const entryOf = ({ session }: SessionRow): string => session.replace(/#\d+$/, '');

type Manner = Pick<SessionPlan, 'speaksFirst' | 'idle'>;

const rowOf = (rows: readonly SessionRow[], first: SessionRow, { speaksFirst, idle }: Manner): MatrixRow => {
  const count = (wanted: SessionVerdict): number => rows.filter(({ verdict }) => verdict === wanted).length;
  return {
    phase: first.phase,
    kind: first.kind,
    stratum: first.stratum,
    speaker: speaksFirst,
    idle,
    tested: rows.length,
    verdicts: {
      survived: count('survived'),
      'survived-late': count('survived-late'),
      reset: count('reset'),
      blackholed: count('blackholed'),
      'app-closed': count('app-closed'),
    },
    stall: spreadOf(rows.map(({ stall_s }) => stall_s)),
    predicted: spreadOf(rows.map(({ stall_predicted_s }) => stall_predicted_s)),
  };
};

/** Kind by age by who speaks first, phase by phase, in the order of the rows. Connections that were not tested are left out. */
export const sessionMatrix = ({ record, tables }: ReportInput): readonly MatrixRow[] => {
  const plans = new Map(record.scenario.sessions.map((plan) => [plan.name, plan]));
  const groups = new Map<string, { readonly manner: Manner; readonly rows: SessionRow[] }>();
  for (const row of tables.sessions) {
    if (row.verdict === 'not-tested') continue;
    const plan = plans.get(entryOf(row));
    const manner = { speaksFirst: plan?.speaksFirst ?? 'client', idle: plan?.idle ?? false } as const;
    const key = [row.phase, row.kind, row.stratum, manner.speaksFirst, manner.idle].join('/');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { manner, rows: [row] });
    else group.rows.push(row);
  }
  return [...groups.values()].flatMap(({ manner, rows }) =>
    rows[0] === undefined ? [] : [rowOf(rows, rows[0], manner)],
  );
};

const saySpread = (spread: Spread | null): string => {
  if (spread === null) return '';
  const { min_s, median_s, max_s } = spread;
  return max_s === 0
    ? 'none'
    : [min_s, median_s, max_s]
        .map((value) => (value === 0 ? '0' : saySeconds(value).replace(' s', '')))
        .join(' / ') + ' s';
};

export const MATRIX_TITLES = [
  ['phase', 'left'],
  ['kind', 'left'],
  ['age', 'left'],
  ['speaks first', 'left'],
  ['survived', 'right'],
  ['late', 'right'],
  ['reset', 'right'],
  ['blackholed', 'right'],
  ['closed', 'right'],
  ['stall', 'left'],
  ['predicted', 'left'],
] as const satisfies readonly (readonly [string, 'left' | 'right'])[];

/** The cells of a row, by `MATRIX_TITLES`: stalls as least / median / most. A count of 0 is a count. */
export const matrixCells = ({ verdicts, ...row }: MatrixRow): string[] => [
  row.phase ?? '',
  row.kind,
  row.stratum ?? 'before',
  row.idle ? `${row.speaker}, idle` : row.speaker,
  `${verdicts.survived + verdicts['survived-late']}/${row.tested}`,
  String(verdicts['survived-late']),
  String(verdicts.reset),
  String(verdicts.blackholed),
  String(verdicts['app-closed']),
  saySpread(row.stall),
  saySpread(row.predicted),
];

/** Fewer and narrower, for a terminal; the prediction by its median. */
export const NARROW_TITLES = [
  ['kind', 'left'],
  ['age', 'left'],
  ['speaks', 'left'],
  ['survived', 'right'],
  ['reset', 'right'],
  ['blackholed', 'right'],
  ['stall', 'left'],
  ['predicted', 'right'],
] as const satisfies readonly (readonly [string, 'left' | 'right'])[];

export const narrowCells = (row: MatrixRow): string[] => {
  const [
    phase = '',
    kind = '',
    age = '',
    speaks = '',
    survived = '',
    late,
    reset = '',
    blackholed = '',
    ,
    stall = '',
  ] = matrixCells(row);
  return [
    phase === 'failover' ? kind : `${kind} ${phase}`,
    age,
    speaks,
    late === '0' ? survived : `${survived}, ${late} late`,
    reset,
    blackholed,
    stall,
    row.predicted === null ? '' : saySpreadMiddle(row.predicted),
  ];
};

const saySpreadMiddle = ({ median_s, max_s }: Spread): string => {
  if (max_s === 0) return 'none';
  return median_s === 0 ? '0' : saySeconds(median_s);
};
