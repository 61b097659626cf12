import { findStamp } from './stamp.js';

/** What a tool counted itself. */
export interface Summary {
  readonly transmitted: number;
  readonly received: number;
}

const ENGLISH = /(\d+) packets transmitted, (\d+) (?:packets )?received/;
const PERCENT = /(\d+(?:[.,]\d+)?) ?%/;
/** Up to the share there are two numbers at least; more digits are no count. */
const NUMBERS = /(?<![\d.,:])\d{1,15}(?![\d:]|[.,]\d)/g;

/** Is it the share of what was lost? Tools round as they like. */
const isShare = (transmitted: number, received: number, percent: number): boolean =>
  transmitted > 0 &&
  received <= transmitted &&
  Math.abs((1 - received / transmitted) * 100 - percent) <= (Number.isInteger(percent) ? 1 : 0.06);

/**
 * The counts of a summary in any language, of which only the order is the same: sent, received, and the share that was
 * lost, which must be that of the two. null: the line is none.
 */
export const summaryIn = (line: string): Summary | null => {
  const counts = countsIn(line);
  if (counts !== null || !line.includes('%')) return counts;
  // Of a log with two times a line it may have the one that the log is not read by.
  const stamp = findStamp(line, null);
  return stamp === null ? null : countsIn(stamp.rest);
};

const countsIn = (line: string): Summary | null => {
  const english = ENGLISH.exec(line);
  if (english !== null) return { transmitted: Number(english[1]), received: Number(english[2]) };
  const percent = PERCENT.exec(line);
  if (percent === null) return null;
  const [transmitted, received] = [...line.slice(0, percent.index).matchAll(NUMBERS)].map(Number);
  if (transmitted === undefined || received === undefined) return null;
  const share = Number((percent[1] as string).replace(',', '.'));
  return isShare(transmitted, received, share) ? { transmitted, received } : null;
};
