import type { BackgroundLoss } from '../../analysis/flow/background.js';
import { LEAST_SHARE } from '../../analysis/flow/period-run.js';
import type { Causes } from '../../analysis/watch.js';
import type { SessionNotice } from './session-tracker.js';
import type { StreamPlan } from '../../model/plan.js';
import type { OutageRow } from '../../model/tables.js';
import { sayBounds, sayCount, sayMs, sayNumberOf, sayPercent } from '../../analysis/words/format.js';
import { sayTimeOfDay, type Zone } from '../../analysis/words/when.js';

/** What is worth a line of its own the moment it happens. */
export type NoticeBody =
  | { readonly kind: 'first-answer'; readonly refused: boolean; readonly rtt_ms: number | null }
  /** A gap has opened. `ever`: it had answered before. */
  | { readonly kind: 'opened'; readonly causes: Causes; readonly ever: boolean }
  /** `back_utc`: when the first good answer came, RFC 3339; null where nobody can tell. */
  | {
      readonly kind: 'closed';
      readonly row: OutageRow;
      readonly causes: Causes;
      readonly duplicates: number;
      readonly back_utc: string | null;
    }
  /** The watch ended in the gap. */
  | { readonly kind: 'still-open'; readonly row: OutageRow; readonly causes: Causes; readonly ever: boolean }
  /** It had seemed to be a gap, but every answer came, so many of them after the delay threshold. */
  | { readonly kind: 'slow'; readonly late: number }
  | { readonly kind: 'silence'; readonly row: OutageRow }
  /** The service refuses, after it had accepted. */
  | { readonly kind: 'refusing' }
  /** It accepts. `ever`: it had accepted before it refused; else the row has a lower bound only. */
  | { readonly kind: 'accepting'; readonly row: OutageRow; readonly ever: boolean }
  /** The watch ended, and it refuses. */
  | { readonly kind: 'still-refusing'; readonly row: OutageRow }
  /** Losses that are no gaps: how many of them so far, also those told before that was known, and which share of the probes that is. */
  | { readonly kind: 'random'; readonly background: BackgroundLoss; readonly losses: number }
  /** This host does not let the probes out. */
  | { readonly kind: 'blocked'; readonly cause: string | null };

export type Notice = NoticeBody & {
  readonly plan: StreamPlan;
  readonly family: 4 | 6 | null;
  /** When it happened, a gap: when it began. RFC 3339; null where nobody can tell. */
  readonly utc: string | null;
  /** Of a log of another tool, whose numbers are its own, too: when that was, in its own terms. Left out: by `utc`. */
  readonly logTime?: string;
};

/** As in a capture: the header of an echo has 16 bits for it. */
const sayFirst = ({ plan, logTime }: Notice, seq: number): string => {
  if (logTime !== undefined) return `from seq ${sayCount(seq)}`;
  return plan.type === 'icmp' ? `first icmp_seq ${seq % 65_536}` : `first probe ${sayCount(seq)}`;
};

const joined = (parts: readonly string[]): string => parts.filter((part) => part !== '').join(', ');

const counts = (row: OutageRow): string[] => [
  row.lost === 0 ? '' : `${sayCount(row.lost)} lost`,
  row.late === 0 ? '' : `${sayCount(row.late)} late`,
];

const bounds = ({ lo_s, outage_s, hi_s }: OutageRow): string =>
  sayBounds({ lo: lo_s, point: outage_s, hi: hi_s });

const sayClosed = (notice: Notice & { readonly kind: 'closed' }, zone: Zone): string => {
  const { row, causes, family, duplicates, back_utc } = notice;
  const facts = joined([
    back_utc === null ? '' : `back ${sayTimeOfDay(back_utc, zone)}`,
    ...counts(row),
    sayFirst(notice, row.first_seq),
    sayCauses(causes, family),
    duplicates === 0 ? '' : sayNumberOf(duplicates, 'duplicate'),
  ]);
  if (row.censored) return `✓ answers after ${bounds(row)} without  ${facts}`;
  return `✓ ${row.lost === 0 ? 'held up' : 'down'} for ${bounds(row)}  ${facts}`;
};

const sayWhat = (notice: Notice, zone: Zone): string => {
  switch (notice.kind) {
    case 'first-answer': {
      const rtt = notice.rtt_ms === null ? '' : `, RTT ${sayMs(notice.rtt_ms)}`;
      return notice.refused ? `✓ refuses the connection: the path is up${rtt}` : `✓ answers${rtt}`;
    }
    case 'opened': {
      const causes = sayCauses(notice.causes, notice.family);
      return `✗ ${notice.ever ? 'down' : 'no answer so far'}${causes === '' ? '' : `: ${causes}`}`;
    }
    case 'closed':
      return sayClosed(notice, zone);
    case 'still-open': {
      const facts = joined([...counts(notice.row), sayCauses(notice.causes, notice.family)]);
      return `✗ ${notice.ever ? 'still down' : 'never answered'}, for ${bounds(notice.row)}  ${facts}`;
    }
    case 'slow':
      return `✓ was only slow: ${notice.late === 0 ? 'every answer came within the delay threshold' : `${sayCount(notice.late)} late, none lost`}`;
    case 'silence':
      return `✓ silent for ${bounds(notice.row)}  no probe lost or late`;
    case 'refusing':
      return '✗ refuses the connection: the path is up, the service is not there';
    case 'accepting':
      return `✓ accepts ${notice.ever ? 'again' : 'now'}: refused for ${bounds(notice.row)}`;
    case 'still-refusing':
      return `✗ still refuses, for ${bounds(notice.row)}`;
    case 'random': {
      const { share, lo, hi } = notice.background;
      const range = `${sayPercent(lo)} to ${sayPercent(hi)}`;
      const losses = sayNumberOf(notice.losses, 'isolated loss', 'isolated losses');
      // More is a disruption, and its losses are gaps (docs/method.md).
      const unless = hi >= LEAST_SHARE ? ` if it is below ${sayPercent(LEAST_SHARE)}` : '';
      return `~ ${sayPercent(share)} random loss so far (${range})  ${losses}, no gaps${unless}`;
    }
    case 'blocked':
      return `? this host does not let the probes out${notice.cause === null ? '' : `: ${notice.cause}`}`;
  }
};

/** `14:03:22.412  10.4.4.4  ✓ down for 3.42 s  [3.41 … 3.43]  34 lost, first icmp_seq 120`; `width` of the names. */
export const sayNotice = (notice: Notice, width: number, zone: Zone): string =>
  `${notice.logTime ?? sayTimeOfDay(notice.utc, zone)}  ${notice.plan.name.padEnd(width)}  ${sayWhat(notice, zone)}`;

/** `14:03:22.412  mark      ▶ pulled the plug of fw-a`, among the notices. */
export const sayMark = (text: string, utc: string, width: number, zone: Zone): string =>
  `${sayTimeOfDay(utc, zone)}  ${'mark'.padEnd(width)}  ▶ ${text}`;

/** `14:03:22.412  10.4.4.4:7  ✗ session reset: connection reset by peer` */
export const saySession = ({ utc, name, isGood, words }: SessionNotice, width: number, zone: Zone): string =>
  `${sayTimeOfDay(utc, zone)}  ${name.padEnd(width)}  ${isGood ? '✓' : '✗'} ${words}`;

const WORDS: Readonly<Record<string, string>> = {
  ENETUNREACH: 'no route on this host',
  EHOSTUNREACH: 'host unreachable',
  ENETDOWN: 'network down',
  EHOSTDOWN: 'host down',
};

/** `unresolved:EHOSTUNREACH` in words; null for a probe that was simply not answered. */
const sayCause = (key: string, family: 4 | 6 | null): string | null => {
  if (key === 'lost') return null;
  const [outcome = '', cause = ''] = key.split(':');
  if (outcome === 'unresolved') return family === 6 ? 'no answer to ND' : 'no ARP answer';
  if (outcome === 'lost') return null;
  return WORDS[cause] ?? cause;
};

/**
 * Why probes were not answered, the most frequent reason first: `no ARP answer`, `admin-prohibited (30 of 34)`. Empty
 * where nothing is known but that no answer came.
 */
export const sayCauses = (causes: Causes, family: 4 | 6 | null): string => {
  const counts = new Map<string, number>();
  let total = 0;
  for (const [key, count] of causes) {
    total += count;
    const words = sayCause(key, family);
    if (words !== null) counts.set(words, (counts.get(words) ?? 0) + count);
  }
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([words, count]) =>
      count === total ? words : `${words} (${sayCount(count)} of ${sayCount(total)})`,
    )
    .join(', ');
};
