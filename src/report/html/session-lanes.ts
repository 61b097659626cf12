import type { SessionPicture } from '../../analysis/chart/picture-events.js';
import type { TrialPicture } from '../../analysis/chart/picture.js';
import type { SessionRow, SessionVerdict } from '../../model/record.js';
import { sayCount, saySeconds } from '../format.js';
import type { Bar, BarLane } from './chart.js';
import { groupBy } from '../../model/group-by.js';

/** More connections than this are drawn by example: the worst of each entry and verdict. */
const MOST_SESSIONS = 24;

/** The worst first. */
const RANK: readonly SessionVerdict[] = [
  'blackholed',
  'reset',
  'app-closed',
  'survived-late',
  'survived',
  'not-tested',
];

const ENDED = new Set<SessionVerdict>(['blackholed', 'reset', 'app-closed']);

interface Told {
  readonly session: string;
  readonly rows: readonly SessionRow[];
  readonly worst: SessionRow | null;
  readonly picture: SessionPicture | null;
  /** Others like it that are not drawn. */
  readonly others: number;
}

const worseRow = (a: SessionRow, b: SessionRow): SessionRow => {
  const rank = RANK.indexOf(a.verdict) - RANK.indexOf(b.verdict);
  return rank < 0 || (rank === 0 && (a.stall_s ?? 0) >= (b.stall_s ?? 0)) ? a : b;
};

const told = (picture: TrialPicture, rows: readonly SessionRow[]): Told[] => {
  const pictures = new Map(picture.sessions.map((each) => [each.session, each]));
  const bySession = groupBy(rows, ({ session }) => session);
  return [...new Set([...bySession.keys(), ...pictures.keys()])].map((session) => {
    const own = bySession.get(session) ?? [];
    const [first, ...rest] = own;
    const worst = first === undefined ? null : rest.reduce(worseRow, first);
    return { session, rows: own, worst, picture: pictures.get(session) ?? null, others: 0 };
  });
};

const entryOf = ({ session, worst }: Told): string =>
  `${session.replace(/#\d+$/, '')} ${worst?.verdict ?? ''} ${worst?.stratum ?? ''}`;

const byExample = (all: readonly Told[]): Told[] => {
  if (all.length <= MOST_SESSIONS) return [...all];
  return [...groupBy(all, entryOf).values()].flatMap((group) => {
    const worst = group.reduce((a, b) => ((b.worst?.stall_s ?? 0) > (a.worst?.stall_s ?? 0) ? b : a));
    return [{ ...worst, others: group.length - 1 }];
  });
};

const subOf = ({ rows, others }: Told): string => {
  const verdicts = [...new Set(rows.map(({ verdict }) => verdict))].join(', ');
  const stall = rows.reduce((most, { stall_s }) => Math.max(most, stall_s ?? 0), 0);
  const parts = [
    verdicts,
    stall > 0 ? `stall ${saySeconds(stall)}` : '',
    others > 0 ? `and ${sayCount(others)} more like it` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
};

const barsOf = ({ picture, worst }: Told, zero_s: number): Bar[] => {
  if (picture === null) return [];
  const ended = worst !== null && ENDED.has(worst.verdict);
  const heard = picture.heard_s ?? picture.from_s;
  const alive: Bar = {
    from: picture.from_s - zero_s,
    to: heard - zero_s,
    style: 'alive',
    text: 'exchanging heartbeats',
  };
  const waits = picture.waits.map(([from, to]): Bar => ({
    from: from - zero_s,
    to: to === null ? null : to - zero_s,
    style: 'wait',
    text: to === null ? 'no echo any more' : `waited ${saySeconds(to - from)} for an echo`,
  }));
  const end: Bar[] = ended
    ? [{ from: heard - zero_s, to: heard - zero_s, style: 'dead', text: worst.error ?? worst.verdict }]
    : [];
  return [alive, ...waits, ...end];
};

/** One lane for each connection of a trial; of very many, examples that say for how many others they stand. */
export const sessionLanes = (picture: TrialPicture, rows: readonly SessionRow[], zero_s: number): BarLane[] =>
  byExample(told(picture, rows)).map((each) => ({
    kind: 'bars',
    label: each.session,
    sub: subOf(each),
    bars: barsOf(each, zero_s),
  }));
