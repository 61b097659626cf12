import { formatDuration, parseDuration } from '../../model/duration.js';
import { oneLine, plainText } from '../../model/outside.js';
import type { Bound } from '../../trigger/ask/bound.js';
import type { Examined, Reading } from '../../trigger/ask/examine.js';
import type { Sample } from '../../trigger/driver/schema.js';

/** Lines of an answer that are shown: the file has all of them. */
const MOST_LINES = 24;
/** Of a line. */
const BESIDE = ' │ ';

const orNot = (value: string | number | null): string => (value === null ? 'NOT UNDERSTOOD' : String(value));

const readWords = (expect: NonNullable<Sample['expect']>): string => {
  if ('role' in expect) {
    const { role, raw } = expect;
    if (raw === '') return 'NOT UNDERSTOOD';
    return raw === role ? role : `${role} (${oneLine(raw)})`;
  }
  if ('passes' in expect) return expect.passes ? 'yes' : 'no';
  if ('ago' in expect)
    return expect.ago === null ? 'not said' : `${formatDuration(parseDuration(expect.ago))} ago`;
  const [value = null] = Object.values(expect) as (string | number | null)[];
  return typeof value === 'string' ? oneLine(value) : orNot(value);
};

const readingText = ({ of, expect, problem }: Reading): string =>
  of === 'refused'
    ? 'taken for a refusal'
    : `${of}: ${expect === null ? oneLine(problem ?? '') : readWords(expect)}`;

const wrapped = (text: string, width: number): string[] => {
  const lines = text.match(
    new RegExp(`\\S.{0,${Math.max(8, width) - 1}}(?=\\s|$)|\\S{1,${Math.max(8, width)}}`, 'g'),
  );
  return lines ?? [''];
};

const cut = (line: string, width: number): string =>
  line.length <= width ? line : `${line.slice(0, width - 1).toWellFormed()}…`;

/** The answer on the left, what is read of it on the right. */
export const examinedText = ({ of, command, answer, error, readings }: Examined, width: number): string => {
  const asked = command === null ? of.join(', ') : plainText(command).trim();
  const [first = '', ...more] = asked.split('\n');
  const head = `\n  asked  ${cut(first, width - 9)}${more.length === 0 ? '' : ` … (${more.length} more lines)`}\n`;
  if (answer === null)
    return `${head}    ${wrapped(`${of.join(', ')}: ${oneLine(error ?? '')}`, width - 4).join('\n    ')}\n`;
  const right = [...(error === null ? [] : [oneLine(error)]), ...readings.map(readingText)].flatMap((line) =>
    wrapped(line, 34),
  );
  const left = width - 4 - BESIDE.length - Math.max(...right.map((line) => line.length), 8);
  const said = plainText(answer.slice(0, 64 * 1024))
    .replaceAll('\t', '    ')
    .trimEnd()
    .split('\n');
  const shownLines =
    said.length > MOST_LINES
      ? [...said.slice(0, MOST_LINES - 1), `… (${said.length - MOST_LINES + 1} more lines)`]
      : said;
  const rows = Array.from({ length: Math.max(shownLines.length, right.length) }, (_, index) =>
    `    ${cut(shownLines[index] ?? '', left).padEnd(left)}${BESIDE}${right[index] ?? ''}`.trimEnd(),
  );
  return `${head}${rows.join('\n')}\n`;
};

export const nodeText = ({ node, driver, transport }: Bound): string =>
  `${node}: ${driver.title}, ${transport.words}\n`;

/** What was understood, and where the samples are. */
export const summaryText = (
  all: readonly Examined[],
  written: { readonly file: string; readonly samples: number; readonly changed: readonly string[] } | null,
  isUnderstood: (one: Examined) => boolean,
): string => {
  const not = all.filter((one) => !isUnderstood(one)).flatMap(({ of }) => of);
  return [
    '',
    not.length === 0
      ? 'Every answer was understood. Whether it is what the device is, you must say.'
      : `Not answered or not understood: ${not.join(', ')}`,
    ...(written === null
      ? ['No answer, so no samples were written.']
      : [
          `${written.samples} samples are in ${written.file}, secrets masked: look through it before you send it.`,
          ...(written.changed.length === 0
            ? []
            : [`Read otherwise in the file, for what was masked: ${written.changed.join(', ')}`]),
          `Where a reading is wrong, write what is right under its expect: seqgap drivers test ${written.file} then fails.`,
        ]),
    'Nothing was changed.',
    '',
  ].join('\n');
};
