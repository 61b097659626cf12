import type { OpeningRow } from '../../model/tables.js';
import { saySeconds, sayMs } from '../../analysis/words/format.js';
import type { ReportInput } from './input.js';
import { markdownTable, markdownText } from '../text/table.js';
import { sessionGroups, MATRIX_TITLES, matrixCells, sessionMatrix, sessionSentence } from './sessions.js';
import { saySessions } from './words.js';

const seconds = (value: number | null): string => (value === null ? '' : saySeconds(value));

const entries = ({ tables }: ReportInput): string[] => {
  const groups = sessionGroups(tables.sessions);
  if (groups.length === 0) return [];
  return markdownTable(
    [
      ['session', 'left'],
      ['phase', 'left'],
      ['kind', 'left'],
      ['connections', 'left'],
      ['trials all survived', 'right'],
      ['longest stall', 'right'],
      ['predicted', 'right'],
      ['excess', 'right'],
      ['errors', 'left'],
    ],
    groups.map((group) => [
      group.name,
      group.phase ?? '',
      group.kind,
      saySessions({ ...group, longestStall: null }),
      `${group.trialsSurvived}/${group.trials}`,
      seconds(group.longestStall?.stall_s ?? null),
      seconds(group.longestStall?.stall_predicted_s ?? null),
      seconds(group.longestStall?.excess_s ?? null),
      group.errors.join('; '),
    ]),
  );
};

const matrix = (input: ReportInput): string[] => {
  const rows = sessionMatrix(input);
  return rows.length === 0 ? [] : [...markdownTable(MATRIX_TITLES, rows.map(matrixCells)), '', STALLS];
};

const STALLS =
  'Stalls as least / median / most of the sessions that survived; predicted is what the kernel alone makes of the outage.';

const openingCells = (row: OpeningRow): string[] => [
  String(row.trial ?? ''),
  row.phase ?? '',
  row.session,
  row.kind,
  `${row.failed}/${row.attempts}`,
  String(row.no_data),
  row.usual_ms === null ? '' : sayMs(row.usual_ms),
  seconds(row.first_hit_s),
  seconds(row.works_again_s),
  row.error ?? '',
];

const openings = ({ tables }: ReportInput): string[] =>
  tables.openings === undefined || tables.openings.length === 0
    ? []
    : markdownTable(
        [
          ['trial', 'right'],
          ['phase', 'left'],
          ['new sessions', 'left'],
          ['kind', 'left'],
          ['failed', 'right'],
          ['no data', 'right'],
          ['usual', 'right'],
          ['trigger to first hit', 'right'],
          ['trigger to working again', 'right'],
          ['errors', 'left'],
        ],
        tables.openings.map(openingCells),
      );

/** The section on sessions: in sentences, by kind, age and speaker, entry by entry, and the new ones. */
export const sessionsMarkdown = (input: ReportInput): string[] => {
  const sentence = sessionSentence(input);
  const parts = [
    sentence === '' ? [] : [markdownText(sentence)],
    matrix(input),
    entries(input),
    openings(input),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
};
