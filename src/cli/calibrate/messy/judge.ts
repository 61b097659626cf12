import { clopperPearson } from '../../../analysis/statistics/clopper-pearson.js';
import type { TrialResult } from '../../../analysis/trial.js';
import type { Verdict } from '../../../model/record.js';
import type { SessionRow, StreamRow, TrialRow } from '../../../model/tables.js';
import type { Between } from '../truth.js';
import type { MessyEngine, MessyKind, StreamEngine } from './kinds.js';
import type { Promised } from './excerpt.js';
import type { RawTrial } from './raw.js';
import type { MessyTruth } from './truth.js';

/** What one engine said of one trial, beside what was true. Seconds; null where it is not said. */
export interface MessyObservation {
  readonly kind: MessyKind;
  readonly variant: string;
  readonly engine: MessyEngine;
  readonly status: StreamRow['status'];
  readonly verdict: Verdict;
  readonly truth_lo_s: number;
  readonly truth_hi_s: number;
  readonly lo_s: number | null;
  readonly point_s: number | null;
  readonly hi_s: number | null;
  /** Is the truth inside? null: it says nothing of its length (`void`). */
  readonly covered: boolean | null;
  /** Point less truth, as a multiple of what the engine can tell; null: no point. */
  readonly error_T: number | null;
  /** `ok` and a pass, where the truth forbids either. */
  readonly wrongPass: boolean;
}

/**
 * Limits that the truth does not keep, so that a pass is wrong: half of an outage, half of its span where it is in
 * pieces. Where it is the recovery that fails, they are generous: then the status has to forbid the pass.
 */
export const promisesOf = (
  kind: MessyKind,
  truth: MessyTruth,
  after: MessyTruth | null,
  streams: readonly string[],
): readonly Promised[] => {
  const each = (metric: Promised['metric'], value: number): Promised[] =>
    streams.map((subject) => ({ subject, metric, value }));
  switch (kind) {
    case 'clean':
    case 'loss':
    case 'far':
    case 'hidden':
      return each('longest', truth.longest.lo_s / 2);
    case 'flapping':
      return [...each('longest', GENEROUS_S), ...each('span', truth.span.lo_s / 2)];
    case 'partial':
      return truth.part === null || truth.part.lasting
        ? each('longest', GENEROUS_S)
        : [...each('longest', GENEROUS_S), ...each('span', truth.part.span.lo_s / 2)];
    case 'lasting':
    case 'slow':
      return each('longest', GENEROUS_S);
    case 'second':
      return [
        ...each('longest', GENEROUS_S),
        { subject: 'aftercare', metric: 'longest', value: (after?.longest.lo_s ?? 0) / 2 },
      ];
    case 'sessions':
      return [
        ...each('longest', GENEROUS_S),
        truth.sessions === null
          ? { subject: 'held', metric: 'survived', value: 1 }
          : { subject: 'held', metric: 'stall', value: truth.sessions.lo_s / 2 },
      ];
  }
};

const GENEROUS_S = 60;

/** A row of which the truth may be inside. */
type Said = Readonly<Pick<StreamRow, 'longest_lo_s' | 'longest_s' | 'longest_hi_s' | 'status'>>;

const meets = (lo_s: number, hi_s: number | null, truth: Between): boolean =>
  lo_s <= truth.hi_s && truth.lo_s <= (hi_s ?? Infinity);

const middle = ({ lo_s, hi_s }: Between): number => (lo_s + hi_s) / 2;

type Compared = Pick<
  MessyObservation,
  'truth_lo_s' | 'truth_hi_s' | 'lo_s' | 'point_s' | 'hi_s' | 'covered' | 'error_T'
>;

const compare = (
  truth: Between,
  said: { readonly lo_s: number | null; readonly point_s: number | null; readonly hi_s: number | null },
  unit_s: number,
): Compared => ({
  truth_lo_s: truth.lo_s,
  truth_hi_s: truth.hi_s,
  ...said,
  covered: said.lo_s !== null && meets(said.lo_s, said.hi_s, truth),
  error_T: said.point_s === null ? null : (said.point_s - middle(truth)) / unit_s,
});

/** Sessions that were held up for less are no evidence of a failover (docs/method.md, "Status words"). */
const EVIDENT_S = 1;

/**
 * It says nothing of the length, and says so. Where only sessions fail, a stream by itself cannot know of it, and nobody of
 * a cut that is too short to be evidence.
 */
const saysNothing = ({ kind, engine, truth }: Judged, status: StreamRow['status']): boolean => {
  if (status === 'void') return true;
  if (kind !== 'sessions' || status !== 'no-failover-detected') return false;
  const alone = engine !== 'headline' && engine !== 'sessions';
  return alone || (truth.sessions !== null && truth.sessions.hi_s < EVIDENT_S);
};

const silent = (truth: Between): Compared => ({
  truth_lo_s: truth.lo_s,
  truth_hi_s: truth.hi_s,
  lo_s: null,
  point_s: null,
  hi_s: null,
  covered: null,
  error_T: null,
});

const RARE = 0.0125;

/**
 * A time of random loss is seen from its first lost probe to its last one: where each is lost with probability p, more
 * than k in a row come through by chance once in 80 times with (1 - p)^k = 1.25 %. So that long it may have lasted more.
 */
export const partInterval = (span_s: number, lost: number, spacing_s: number): Between => {
  const through = Math.ceil(Math.log(RARE) / Math.log(1 - lost));
  return { lo_s: Math.max(0, span_s - 2 * spacing_s), hi_s: span_s + 2 * (through + 1) * spacing_s };
};

/** The share that a disruption states is one that its own probes bear out. */
const isShareTrue = (said: number, lost: number, span_s: number, spacing_s: number): boolean => {
  const probes = Math.max(1, Math.round(span_s / spacing_s));
  const { lo, hi } = clopperPearson(Math.min(probes, Math.round(said * probes)), probes, 0.99);
  return lo <= lost && lost <= hi;
};

const comparePart = (
  row: StreamRow | undefined,
  part: NonNullable<MessyTruth['part']>,
  spacing_s: number,
): Compared => {
  const truth = part.span;
  const span_s = row?.disruption_s ?? null;
  const share = row?.disruption_loss ?? null;
  if (span_s === null || share === null) return { ...silent(truth), covered: false };
  const said = partInterval(span_s, part.lost, spacing_s);
  const whole = meets(said.lo_s, said.hi_s, truth) && isShareTrue(share, part.lost, span_s, spacing_s);
  const recovered = !part.lasting || row?.status === 'degraded';
  return {
    ...compare(truth, { ...said, point_s: span_s }, spacing_s),
    covered: whole && recovered,
  };
};

/** Sends that are farther apart are a hole in sends; up to there a stream may miss a piece without a word. */
const HIDING_INTERVALS = 2.5;

/** Every piece that cannot hide is a period of its own, each is known to one interval at either side, and so is the span. */
const isToldWhole = (row: StreamRow | undefined, truth: MessyTruth, spacing_s: number): boolean => {
  if (row === undefined || row.total_s === null || row.span_s === null) return false;
  const count = truth.outages.length;
  const hidden = truth.outages.filter(({ lo_s }) => lo_s < HIDING_INTERVALS * spacing_s).length;
  const within = (value: number, { lo_s, hi_s }: Between, spacings: number): boolean =>
    value >= lo_s - spacings * spacing_s && value <= hi_s + spacings * spacing_s;
  return (
    row.periods <= count &&
    row.periods >= count - hidden &&
    within(row.total_s, truth.total, count) &&
    within(row.span_s, truth.span, 2)
  );
};

/**
 * A session of a host that sends on is silent for at least the outage, and until its next retransmission, at most as
 * long again and a timeout more (RFC 6298 §5.5); its stall is that less the time up to its first heartbeat in it.
 */
const MOST_RTO_S = 0.5;
const HEARTBEAT_S = 0.1;
const NEVER: Between = { lo_s: 0, hi_s: 0 };

const compareSessions = (
  { status }: TrialRow,
  rows: readonly SessionRow[],
  truth: MessyTruth,
  unit_s: number,
): Compared => {
  const held = rows.filter(({ session }) => session.startsWith('held#'));
  if (truth.sessions === null) {
    const gone = held.length > 0 && held.every(({ verdict }) => verdict === 'blackholed');
    return { ...silent(NEVER), covered: gone && status !== 'no-failover-detected' };
  }
  const { lo_s, hi_s } = truth.sessions;
  const stalls = held.flatMap(({ stall_s, verdict }) =>
    stall_s === null || verdict === 'not-tested' ? [] : [stall_s],
  );
  const within = (stall: number): boolean =>
    stall >= lo_s - HEARTBEAT_S && stall <= 2 * hi_s + MOST_RTO_S + HEARTBEAT_S;
  const told = status !== 'no-failover-detected' && held.length > 0 && stalls.length === held.length;
  return {
    ...compare(
      { lo_s: lo_s - HEARTBEAT_S, hi_s: 2 * hi_s + MOST_RTO_S + HEARTBEAT_S },
      {
        lo_s: stalls.length === 0 ? null : Math.min(...stalls),
        point_s: null,
        hi_s: stalls.length === 0 ? null : Math.max(...stalls),
      },
      unit_s,
    ),
    covered: told && stalls.every(within),
  };
};

const figures = (row: Said): Parameters<typeof compare>[1] => ({
  lo_s: row.longest_lo_s,
  point_s: row.longest_s,
  hi_s: row.longest_hi_s,
});

/** The limits are such that the truth does not keep them, or that nothing but the status can forbid a pass. */
const isWrongPass = ({ status, verdict }: Pick<TrialRow, 'status' | 'verdict'>): boolean =>
  status === 'ok' && verdict === 'pass';

export interface Judged {
  readonly kind: MessyKind;
  readonly trial: RawTrial;
  readonly truth: MessyTruth;
  readonly result: TrialResult;
  readonly engine: MessyEngine;
  /** Of the stream that is looked at; of the headline that of its stream. */
  readonly spacing_s: (stream: string) => number;
  /** What the instrument cannot know beyond its spacing: the distance of a reflector. */
  readonly distance_s: number;
}

const unitOf = (judged: Judged, stream: string | null): number => {
  const far_s = judged.engine === 'stamp-forward' ? 0 : judged.distance_s;
  return judged.spacing_s(stream ?? '') + far_s;
};

const rowOf = ({ result, engine }: Judged): StreamRow | undefined => {
  const [trial] = result.trials;
  const direction = engine === 'stamp-forward' ? 'forward' : 'round-trip';
  const rows = result.streams.filter((row) => row.phase === trial?.phase && row.direction === direction);
  return engine === 'headline' ? rows.find(({ stream }) => stream === trial?.headline_stream) : rows[0];
};

const saidBy = ({ engine }: Judged, trial: TrialRow, row: StreamRow | undefined): Said => {
  if (engine === 'headline')
    return {
      status: trial.status,
      longest_lo_s: trial.outage_lo_s,
      longest_s: trial.outage_s,
      longest_hi_s: trial.outage_hi_s,
    };
  if (row !== undefined && engine !== 'sessions') return row;
  return { status: trial.status, longest_lo_s: null, longest_s: null, longest_hi_s: null };
};

/** What one engine says of one trial. */
export const judgeTrial = (judged: Judged): MessyObservation => {
  const { kind, trial, truth, result, engine } = judged;
  const of = result.trials[0] as TrialRow;
  const row = rowOf(judged);
  const said = saidBy(judged, of, row);
  const unit_s = unitOf(judged, row?.stream ?? null);
  const compared = (): Compared => {
    if (saysNothing(judged, said.status)) return silent(truth.longest);
    if (truth.part !== null && kind === 'partial') return comparePart(row, truth.part, unit_s);
    if (engine === 'sessions') return compareSessions(of, result.sessions, truth, unit_s);
    const longest = compare(truth.longest, figures(said), unit_s);
    return kind === 'flapping'
      ? { ...longest, covered: longest.covered === true && isToldWhole(row, truth, unit_s) }
      : longest;
  };
  return {
    kind,
    variant: trial.variant,
    engine,
    status: said.status,
    verdict: of.verdict,
    ...compared(),
    wrongPass: isWrongPass(of),
  };
};

/** What a stream says of the outage in the aftercare. */
export const judgeLater = (
  judged: Pick<Judged, 'trial' | 'result' | 'spacing_s'> & {
    readonly after: MessyTruth;
    readonly engine: StreamEngine;
    readonly stream: string;
  },
): MessyObservation => {
  const { result, after, engine, stream } = judged;
  const { verdict } = result.trials[0] as TrialRow;
  const row = result.streams.find(
    (each) => each.stream === stream && each.direction === 'round-trip' && each.phase === 'aftercare',
  );
  const said: Said = row ?? { status: 'void', longest_lo_s: null, longest_s: null, longest_hi_s: null };
  const told = compare(after.longest, figures(said), judged.spacing_s(stream));
  return {
    kind: 'second',
    variant: 'the second',
    engine,
    status: said.status,
    verdict,
    // Where there is no row of it at all, that is no word of its own that it cannot tell.
    ...(row?.status === 'void' ? silent(after.longest) : told),
    wrongPass: false,
  };
};
