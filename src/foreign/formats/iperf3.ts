import type { LogLane } from '../../analysis/chart/log-chart.js';
import { LogAnalyzer, sharedLookahead } from '../../analysis/log.js';
import { usage } from '../../model/error.js';
import { medianOf } from '../../analysis/statistics/quantile.js';
import type { OutageRow } from '../../model/tables.js';
import { NS_PER_S, ns } from '../../model/time.js';
import { logRow } from '../held-probes.js';
import type { FinishedLog, LineReader, ReadContext, TextFormat } from '../reader.js';
import { type TargetResult } from '../targets.js';

/** `[  5]   4.00-5.00   sec  27.0 KBytes   221 Kbits/sec  0.007 ms  1609/1885 (85%)`, also of iperf 2 */
const ROW =
  /^\[ *(\d+|SUM)\](?:\[\w+-\w+\])?\s+(\d+\.\d+)- *(\d+\.\d+)\s+sec\s.{0,200}?\d ms {1,16}(\d+)\/ *(\d+)(?: \([^)]*\))?\s*(sender|receiver)?\s*$/;
const ANY_ROW = /^\[ *(?:\d+|SUM|ID)\]/;
const CONNECTED = /^\[ *(\d+)\] local (\S+) port \d+ connected (?:to|with) (\S+) port \d+/;
const OTHER =
  /^(?:-[- ]+$|Server listening|Connecting to host|Client connecting|Accepted connection|Reverse mode|iperf Done|iperf3?:|UDP buffer size|Sending \d+ byte|Receiving \d+ byte|Setting UDP|Binding|Time: |Cookie: |Starting Test|Test Complete|CPU Utilization|Control connection|WARNING)/i;

/** So much JSON is a day of intervals. */
const MOST_JSON = 64 << 20;
/** Of all tests of a log. */
const MOST_INTERVALS = 1_000_000;
const MOST_TESTS = 1024;

/** What the receiver counted in an interval. */
interface Interval {
  readonly from_s: number;
  readonly to_s: number;
  readonly lost: number;
  readonly total: number;
}

/** A test of one stream of datagrams. */
interface Test {
  readonly name: string;
  readonly intervals: Interval[];
  /** Of the whole, by the receiver. */
  whole: Interval | null;
}

/** Fewer clean intervals say too little. */
const ENOUGH = 3;

/** Datagrams to a second: what arrived in intervals without loss, else the mean of the whole. */
const rateOf = ({ intervals, whole }: Test): number => {
  const clean = intervals
    .filter(({ lost, total }) => lost === 0 && total > 0)
    .map(({ from_s, to_s, total }) => total / (to_s - from_s));
  if (clean.length >= ENOUGH) return medianOf(clean) ?? 0;
  const all = whole ?? {
    from_s: intervals[0]?.from_s ?? 0,
    to_s: intervals.at(-1)?.to_s ?? 0,
    total: intervals.reduce((sum, { total }) => sum + total, 0),
  };
  return all.to_s > all.from_s ? all.total / (all.to_s - all.from_s) : 0;
};

/**
 * What an interval says of the outage that ended in it. The receiver counts as lost what a later number proves, so all losses of an
 * outage, even those of intervals before, stand in the one in which it ended: together they bound it from above. `missing` are
 * datagrams that intervals before should have had and had not: these were lost in one piece with what came first in this one.
 */
const outageOf = (
  name: string,
  { lost, total, from_s }: Interval,
  first: number,
  rate: number,
  missing: number,
): Omit<OutageRow, 'period'> => {
  const received = total - lost;
  // In any order one piece is as long as if they were spread evenly between what came.
  const least = Math.max(Math.ceil(lost / (received + 1)), Math.min(lost, Math.floor(missing) - 1), 1);
  return {
    run: '',
    scenario: '',
    version: '',
    trial: null,
    phase: null,
    stream: name,
    kind: 'loss',
    first_seq: first,
    last_seq: first + total - 1,
    lost,
    late: 0,
    start_utc: null,
    start_s: from_s - Math.max(0, missing) / rate,
    lo_s: (least - 1) / rate,
    outage_s: lost / rate,
    hi_s: (lost + 1) / rate,
    silence_s: null,
    censored: false,
    direction: 'round-trip',
    flow: 0,
  };
};

/** A schedule is kept no better. */
const SLACK = 0.1;

/** The outages of a test: one for each interval in which datagrams were found to be lost, and one at the end if nothing came any more. */
const outagesOf = ({ name, intervals }: Test, rate: number): Omit<OutageRow, 'period'>[] => {
  const found: Omit<OutageRow, 'period'>[] = [];
  let missing = 0;
  let first = 0;
  let mute: Interval | null = null;
  const usual_s = intervals[0] === undefined ? 0 : intervals[0].to_s - intervals[0].from_s;
  for (const interval of intervals) {
    const { from_s, to_s, lost, total } = interval;
    if (lost > 0) found.push(outageOf(name, interval, first, rate, missing));
    first += total;
    const due = rate * (to_s - from_s);
    const short = due - total;
    missing = short > SLACK * due ? (lost === 0 ? missing : 0) + short : 0;
    // What is printed behind the last whole one is a rest.
    if (to_s - from_s > usual_s / 2) mute = total === 0 ? (mute ?? interval) : null;
  }
  if (mute === null || rate === 0) return found;
  const { from_s } = mute;
  const open = {
    ...outageOf(name, { from_s, to_s: from_s, lost: 0, total: 1 }, first, rate, 0),
    last_seq: first,
  };
  return [...found, { ...open, lo_s: 0, outage_s: null, hi_s: null, censored: true }];
};

/** Without a line for the delay, which no interval tells. */
const laneOf = ({ name, intervals }: Test): LogLane | null => {
  const [first, last] = [intervals[0], intervals.at(-1)];
  if (first === undefined || last === undefined) return null;
  return {
    lane: {
      stream: name,
      flows: [0, 0],
      every_s: first.to_s - first.from_s,
      control: false,
      firsts: [],
      rtt: [],
    },
    from_s: first.from_s,
    to_s: last.to_s,
    origin_utc: null,
  };
};

const resultOf = (source: string, test: Test): TargetResult => {
  const rate = rateOf(test);
  const outages = outagesOf(test, rate).map((row, index) => ({ ...row, run: source, period: index + 1 }));
  const [lost, total] = test.intervals.reduce(
    ([lostSum, sum], each) => [lostSum + each.lost, sum + each.total] as const,
    [0, 0] as readonly [number, number],
  );
  const analyzer = new LogAnalyzer({
    source,
    stream: test.name,
    family: test.name.includes(':') ? 6 : 4,
    interval_ns: NS_PER_S / rate,
    longestPause_ns: 0,
    threshold_ns: null,
    mergeGap_ns: 0,
    resolution_ns: 0,
    pausePerLost_ns: 0,
    lookahead: sharedLookahead(),
    utc: () => null,
  });
  analyzer.push(logRow(test.name, 0, 'answered', ns(0), 0, -1, null));
  const { stream, threshold_ns } = analyzer.finish();
  const longest = outages.toSorted((a, b) => (b.outage_s ?? Infinity) - (a.outage_s ?? Infinity))[0];
  const open = outages.at(-1)?.censored === true;
  return {
    target: test.name,
    interpolated: 0,
    assumed: [],
    silent: null,
    notes: open ? [`${test.name}: nothing came at the end: it was lost, or no longer sent`] : [],
    threshold_ns,
    outages,
    lane: laneOf(test),
    stream: {
      ...stream,
      status:
        total === lost
          ? 'down-at-start'
          : open
            ? 'not-recovered'
            : outages.length === 0
              ? 'unaffected'
              : 'ok',
      sent: total,
      received: total - lost,
      lost,
      periods: outages.length,
      rtt_before_ms: null,
      longest_lo_s: longest?.lo_s ?? null,
      longest_s: longest?.outage_s ?? null,
      longest_hi_s: longest?.hi_s ?? null,
      total_s: outages.length === 0 || open ? null : lost / rate,
      span_s: null,
      silence_s: null,
      late_s: null,
    },
  };
};

/** Do the intervals add up to what the receiver says of the whole? */
const contradiction = ({ intervals, whole }: Test): string | null => {
  if (whole === null || intervals.length === 0) return null;
  const lost = intervals.reduce((sum, each) => sum + each.lost, 0);
  const total = intervals.reduce((sum, each) => sum + each.total, 0);
  return lost === whole.lost && total === whole.total
    ? null
    : `its own summary says ${whole.lost} of ${whole.total} lost, its intervals ${lost} of ${total}`;
};

/** iperf3 and iperf 2 with `-u`, as text or JSON (`-J`): counts by the receiver for each interval. */
class IperfReader implements LineReader {
  readonly #context: ReadContext;
  readonly #tests = new Map<string, Test>();
  /** Of the stream with this number, in the test at hand. */
  #open = new Map<string, Test>();
  #intervals = 0;
  #json: string[] | null = null;
  #jsonLength = 0;
  #rows = 0;
  #understood = 0;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  line(bytes: Buffer, from: number, to: number): boolean {
    const { stamps, text, source } = this.#context;
    const raw = text(bytes, from, to);
    if (this.#json === null && this.#rows === 0 && this.#understood === 0 && raw.startsWith('{'))
      this.#json = [];
    if (this.#json !== null) {
      this.#jsonLength += raw.length;
      if (this.#jsonLength > MOST_JSON)
        throw usage(
          `${source}: more than 64 MiB of JSON`,
          'give a shorter test, or the text that iperf3 prints',
        );
      this.#json.push(raw);
      return true;
    }
    const line = stamps.strip(raw).trimEnd();
    const understood = this.#text(line);
    if (understood) this.#understood += 1;
    return understood || line === '';
  }

  suspects(line: string): boolean {
    return ANY_ROW.test(line);
  }

  finish(): FinishedLog {
    const { source } = this.#context;
    if (this.#json !== null) this.#document(this.#json.join('\n'));
    const faults: string[] = [];
    const targets: TargetResult[] = [];
    for (const test of this.#tests.values()) {
      const fault = contradiction(test);
      if (fault !== null) faults.push(`${test.name}: no figure: ${fault}`);
      if (fault !== null || (test.intervals.length === 0 && test.whole === null)) continue;
      // Without intervals the whole is one.
      if (test.intervals.length === 0) test.intervals.push(test.whole as Interval);
      if (rateOf(test) > 0) targets.push(resultOf(source, test));
    }
    if (targets.length === 0)
      throw usage(
        faults.length > 0
          ? `${source}: ${faults.join('; ')}`
          : `${source}: no count of lost datagrams in it: a test of TCP, or the sender's side alone`,
        'give the log of the receiver of iperf3 -u: the server, or the client with -R',
      );
    return {
      targets,
      assumptions: [
        'counts by interval, not by datagram: a figure is what was lost in an interval, at the mean rate of the test, if in one piece; in several each was shorter',
      ],
      notes: faults,
      time: () => null,
    };
  }

  #text(line: string): boolean {
    const connected = CONNECTED.exec(line);
    if (connected !== null) {
      this.#begin(connected[1] as string, connected[3] as string);
      return true;
    }
    const row = ROW.exec(line);
    // One with a jitter has counts too, unless it is cut off.
    if (row === null) return (ANY_ROW.test(line) && !/\d ms\b/.test(line)) || OTHER.test(line);
    const [, id = '', from, to, lost, total, side] = row;
    this.#rows += 1;
    if (id !== 'SUM' && side !== 'sender')
      this.#add(this.#open.get(id) ?? this.#begin(id, `stream ${id}`), {
        from_s: Number(from),
        to_s: Number(to),
        lost: Number(lost),
        total: Number(total),
      });
    return true;
  }

  #add(test: Test, interval: Interval): void {
    const last = test.intervals.at(-1);
    if (interval.lost > interval.total || interval.to_s <= interval.from_s)
      throw usage(
        `${this.#context.source}: an interval that cannot be: ${JSON.stringify(interval)}`,
        'give what iperf3 printed',
      );
    // One that begins anew is of the whole.
    if (
      last !== undefined &&
      interval.from_s < last.to_s - 1e-9 &&
      interval.from_s <= (test.intervals[0]?.from_s ?? 0) + 1e-9
    ) {
      test.whole = interval;
      return;
    }
    this.#intervals += 1;
    if (this.#intervals > MOST_INTERVALS)
      throw usage(`${this.#context.source}: more than ${MOST_INTERVALS} intervals`, 'give a shorter test');
    test.intervals.push(interval);
  }

  #begin(id: string, host: string): Test {
    let run = 1;
    const name = (): string => (run === 1 ? host : `${host} (${run})`);
    while (this.#tests.has(name())) run += 1;
    if (run > MOST_TESTS)
      throw usage(`${this.#context.source}: more than ${MOST_TESTS} tests`, 'give the log of fewer');
    const test: Test = { name: name(), intervals: [], whole: null };
    this.#tests.set(test.name, test);
    this.#open.set(id, test);
    return test;
  }

  #document(text: string): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw usage(
        `${this.#context.source}: damaged or cut off: it is no whole JSON document`,
        'give the whole output of iperf3 -J',
      );
    }
    const { start, intervals, end } = objectOf(value);
    const { remote_host: host } = objectOf(listOf(objectOf(start)['connected'])[0]);
    const test = this.#begin('', typeof host === 'string' ? host : 'target');
    for (const each of listOf(intervals)) {
      const interval = countsOf(objectOf(each)['sum']);
      if (interval !== null) this.#add(test, interval);
    }
    const sums = objectOf(end);
    test.whole = countsOf(sums['sum_received']) ?? countsOf(sums['sum']);
  }
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** null: the sender's side, which knows of no loss. */
const countsOf = (value: unknown): Interval | null => {
  const { start, end, lost_packets: lost, packets: total, omitted } = objectOf(value);
  if (typeof lost !== 'number' || typeof total !== 'number' || omitted === true) return null;
  if (typeof start !== 'number' || typeof end !== 'number' || total === 0) return null;
  return { from_s: start, to_s: end, lost, total };
};

export const iperfFormat: TextFormat = {
  name: 'iperf3',
  example: '[  5]   4.00-5.00   sec  27.0 KBytes   221 Kbits/sec  0.007 ms  12/1885 (1%)',
  knows: (line) =>
    ROW.test(line) ||
    CONNECTED.test(line) ||
    ANY_ROW.test(line) ||
    /^\s*"(?:iperf3?|cookie|connecting_to|intervals|sum|streams)":/.test(line),
  open: (context) => new IperfReader(context),
};
