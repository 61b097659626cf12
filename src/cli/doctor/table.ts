import { createColors } from '../../report/paint.js';
import { textWidth, wrap } from '../../report/text/table.js';
import type { Examination } from './examine.js';
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
