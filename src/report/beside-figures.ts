import { contrasts } from './contrasts.js';
import type { ReportInput } from './run/input.js';
import { streamLines } from '../analysis/words/stream-lines.js';

/** What the table of streams does not say, line by line: of each stream, and of kinds of traffic that differ. */
export const besideFigures = (input: ReportInput): string[] => [
  ...streamLines(input.tables.streams, input.tables.outages),
  ...contrasts(input),
];
