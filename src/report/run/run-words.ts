import { addCauses, decodeCauses, encodeCauses } from '../../analysis/causes.js';
import { groupBy } from '../../model/group-by.js';
import type { StreamRow, OutageRow } from '../../model/tables.js';
import type { CalibrationQuote, HostFigures, RunRecord } from '../../model/run.js';
import { NS_PER_S, type Nanoseconds } from '../../model/time.js';
import { longestBounds, sayDown } from '../../analysis/words/four-figures.js';
import { sayDegraded, sayRandomLoss } from '../../analysis/words/impairment.js';
import { sayRefused } from '../../analysis/words/stream-lines.js';
import { sayCount, sayMs, sayNumberOf, saySeconds, spellBounds } from '../../analysis/words/format.js';
import type { SelfFigures } from './analysed-run.js';
import type { StreamOverview } from './overview.js';
import type { SessionGroup } from './sessions.js';

/** Sentences and phrases of a run. */

/** `4 of 4 trials`, `2 of 4 trials, interrupted` */
export const sayProgress = ({ kind, trials_done, trials_planned, status }: RunRecord): string => {
  if (kind === 'watch') return `watch ${status}`;
  const trials = `${trials_done} of ${sayNumberOf(trials_planned, 'trial')}`;
  return status === 'complete' ? trials : `${trials}, ${status}`;
};

/** `crash of the active node` */
export const sayTrigger = ({ kind, scenario }: RunRecord): string => {
  if (kind === 'watch') return 'no trigger';
  const { action, node } = scenario.trigger;
  return `${action} of ${node === 'active' ? 'the active node' : node}`;
};

/** What tells two reports that are open side by side apart. */
export const runTitle = ({ kind, scenario, version }: RunRecord): string =>
  `${scenario.name}, ${kind === 'watch' ? '' : 'version '}${version}`;

/** A run in a line, above all else. */
export const sayRun = (record: RunRecord): string =>
  `${runTitle(record)}: ${sayTrigger(record)}, ${sayProgress(record)}`;

/** Distinct status words with their counts, `3 ok, 1 void`; a word alone when there is no other. */
const sayCounts = (counts: ReadonlyMap<string, number>): string =>
  counts.size === 1
    ? [...counts.keys()].join('')
    : [...counts].map(([word, count]) => `${count} ${word}`).join(', ');

/**
 * `ok`, `3 ok, 1 void`; of several flows also how many were hit, over all trials: `ok, 31/64 flows hit`; with random loss
 * `ok, 4.0 % random loss, both ways`.
 */
export const sayStatus = ({
  statuses,
  flows,
  random,
}: Pick<StreamOverview, 'statuses' | 'flows' | 'random'>): string =>
  [sayCounts(statuses), flows === null ? null : `${flows.hit}/${flows.all} flows hit`, random]
    .filter((part) => part !== null)
    .join(', ');

/** `20/20 survived, stall 6.10 s (predicted 6.20 s)`, `15/20 survived, 3 reset, 2 blackholed` */
export const saySessions = (group: SessionGroup): string => {
  const others = [...group.verdicts].filter(([verdict]) => verdict !== 'survived');
  const parts = [
    group.total === 0 ? null : `${group.survived}/${group.total} survived`,
    ...others.map(([verdict, count]) =>
      verdict === 'survived-late' ? `${count} of them late` : `${count} ${verdict}`,
    ),
    sayStall(group),
  ];
  return parts.filter((part) => part !== null).join(', ');
};

/** `stall 6.10 s (predicted 6.20 s)`; null if no survivor stalled. */
const sayStall = ({ longestStall }: SessionGroup): string | null => {
  if (longestStall === null || longestStall.stall_s === null) return null;
  const predicted = longestStall.stall_predicted_s;
  const beside = predicted === null ? '' : ` (predicted ${saySeconds(predicted)})`;
  return `stall ${saySeconds(longestStall.stall_s)}${beside}`;
};

/**
 * A minimum, median or maximum over n trials. Never a bare 0, and never empty where a trial that did not recover
 * ranks in this place.
 */
export const sayStatistic = (value_s: number | null, n: number): string => {
  if (value_s === null) return n === 0 ? '' : 'not recovered';
  return value_s === 0 ? 'no loss' : saySeconds(value_s);
};

const worst = (values: readonly (number | null)[]): string => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? 'unknown' : sayMs(Math.max(...known));
};

/** `60,000 probes sent, 0 unsent, 0 blocked; lateness p99 0.31 ms, max 2.10 ms (worst stream)`; drops only where there are any. */
export const saySelf = (all: readonly SelfFigures[]): string => {
  const sum = (pick: (each: SelfFigures) => number): string =>
    sayCount(all.reduce((total, each) => total + pick(each), 0));
  const few = `${sum((each) => each.figures.unsent)} unsent, ${sum((each) => each.figures.local_blocked)} blocked`;
  const p99 = worst(all.map((each) => each.figures.lateness_p99_ms));
  const max = worst(all.map((each) => each.figures.lateness_max_ms));
  const dropped = all.reduce((most, { figures }) => Math.max(most, figures.socket_drops ?? 0), 0);
  const drops = dropped === 0 ? '' : `, ${sayCount(dropped)} dropped at a socket`;
  return `${sum((each) => each.figures.sent)} probes sent, ${few}${drops}; lateness p99 ${p99}, max ${max} (worst stream)`;
};

/** More than this share of stolen CPU time is worth a word. */
const MUCH_STOLEN = 0.02;

/** `timer lateness p99 0.21 ms, clock tsc, NTP synchronised`: the host beside the instrument's own figures. */
export const sayHost = ({ lateness_p99_ms, clock_source, ntp, steal_share }: HostFigures): string => {
  const stolen = steal_share !== null && steal_share > MUCH_STOLEN ? steal_share : null;
  const parts = [
    `timer lateness p99 ${lateness_p99_ms === null ? 'unknown' : sayMs(lateness_p99_ms)}`,
    `clock ${clock_source ?? 'unknown'}`,
    `NTP ${ntp === null ? 'state unknown' : ntp.replace('-', ' ')}`,
    stolen === null ? null : `${Math.round(stolen * 100)} % of the CPU stolen`,
  ];
  return parts.filter((part) => part !== null).join(', ');
};

const CALIBRATED_NAME = {
  icmp: 'ICMP',
  icmp6: 'ICMPv6',
  ping: 'system ping',
  tcp: 'TCP',
  stamp: 'STAMP',
  'icmp-net-ping': 'ICMP by net-ping',
  'stamp-udp': 'STAMP by Node',
} as const;

/** `Calibrated on 2026-11-21: 99.0 % of 200 injected outages inside the interval (ICMP, 10 ms), 98.5 % of 200 (TCP, 10 ms)` */
export const sayCalibration = ({ date_utc, streams }: CalibrationQuote): string => {
  const [first = '', ...rest] = streams.map(({ type, interval_s, n, covered }, index) => {
    const what = index === 0 ? ' injected outages inside the interval' : '';
    const share = ((100 * covered) / n).toFixed(1);
    return `${share} % of ${n}${what} (${CALIBRATED_NAME[type]}, ${Number((interval_s * 1e3).toFixed(3))} ms)`;
  });
  return `Calibrated on ${date_utc.slice(0, 10)}: ${[first, ...rest].join(', ')}`;
};

const total = (rows: readonly StreamRow[], figure: (row: StreamRow) => number): number =>
  rows.reduce((sum, row) => sum + figure(row), 0);

/** `12 unresolved, 3 unreachable, 1 blocked: EHOSTUNREACH 12, host-unreachable 3, EPERM 1` */
const saying = (rows: readonly StreamRow[]): string | null => {
  const causes = new Map<string, number>();
  for (const row of rows) addCauses(causes, decodeCauses(row.causes));
  const counts: readonly (readonly [number, string])[] = [
    [total(rows, (row) => row.unresolved), 'unresolved'],
    [total(rows, (row) => row.unreachable), 'unreachable'],
    [total(rows, (row) => row.local_blocked), 'blocked'],
  ];
  const kinds = counts.filter(([count]) => count > 0).map(([count, word]) => `${sayCount(count)} ${word}`);
  if (kinds.length === 0) return null;
  const named = [...decodeCauses(encodeCauses(causes))].map(
    ([cause, count]) => `${cause} ${sayCount(count)}`,
  );
  return named.length === 0 ? kinds.join(', ') : `${kinds.join(', ')}: ${named.join(', ')}`;
};

/** Why probes were not answered, where something said so: per stream and phase, over all trials. */
export const lossCauses = (rows: readonly StreamRow[]): string[] => {
  const groups = groupBy(
    // A way of a STAMP stream has lost no other probes than its round trip.
    rows.filter(({ direction }) => direction === 'round-trip'),
    ({ phase, stream }) => (phase === 'failback' ? `${stream} (failback)` : stream),
  );
  return [...groups].flatMap(([name, group]) => {
    const text = saying(group);
    return text === null ? [] : [`${name}: ${text}`];
  });
};

const inSeconds = (value: Nanoseconds): string => `${value / NS_PER_S} s`;

const interval = (value: Nanoseconds): string => (value < NS_PER_S ? `${value / 1e6} ms` : inSeconds(value));

/** How the figures came about, in a few sentences: for whoever reads the report without the manual. */
export const howMeasured = ({ kind, scenario }: Pick<RunRecord, 'kind' | 'scenario'>): string => {
  const streams = scenario.streams
    .map((stream) => `${stream.name} every ${interval(stream.every_ns)}`)
    .join(', ');
  const threshold =
    scenario.analysis.delayThreshold_ns === null
      ? 'a delay threshold derived from the baseline'
      : interval(scenario.analysis.delayThreshold_ns);
  return (
    `Probes left on an absolute schedule (${streams}), and an outage lasted at least from the first to the last ` +
    'impaired probe and at most from the last good probe before to the first good one after, by the real send ' +
    'instants and widened by the variation of the delay. ' +
    `A probe is impaired if it was lost or answered later than ${threshold}; what the local host did not send is ` +
    'never counted as loss. ' +
    (kind === 'watch'
      ? 'Nothing was triggered: every gap counts, by the delay before it.'
      : `Before each trigger forwarding had to be clean for ${inSeconds(scenario.trial.steady_ns)}, and recovery ` +
        `had to hold for ${inSeconds(scenario.trial.recovered_ns)} (at least 5 probes).`)
  );
};

const END: Readonly<Partial<Record<StreamRow['status'], string>>> = {
  'not-recovered': ', and still down at the end',
  degraded: ', and degraded at the end',
};

const endOf = (row: StreamRow): string => {
  const residual = sayDegraded(row);
  const end = END[row.status] ?? '';
  return residual === null ? end : `${end}: ${residual}`;
};

/** What one stream went through without a trigger. */
export const streamSentence = (row: StreamRow, outages: readonly OutageRow[]): string => {
  const random = sayRandomLoss(row);
  const refused = sayRefused(outages.filter(({ stream }) => stream === row.stream));
  const beside = random === null ? '' : `, beside ${random}`;
  return `${gapsOf(row)}${beside}${refused === null ? '' : `; ${refused}`}`;
};

const gapsOf = (row: StreamRow): string => {
  const bounds = longestBounds(row);
  if (row.sent === 0) return 'nothing was sent';
  if (row.received === 0) return 'never answered';
  if (row.periods === 0)
    return `${row.longest_hi_s === null ? 'no gap' : `no gap: any outage lasted ${spellBounds(bounds)}`}${endOf(row)}`;
  return sayDown(row) + endOf(row);
};

/** The result of a watch in a sentence: what each stream went through, one after the other. */
export const watchSentence = (streams: readonly StreamRow[], outages: readonly OutageRow[]): string => {
  const [only] = streams;
  if (only === undefined) return 'Nothing was watched.';
  if (streams.length === 1) return streamSentence(only, outages);
  return `${streams.map((row) => `${row.stream}: ${streamSentence(row, outages)}`).join('; ')}.`;
};
