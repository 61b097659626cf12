import type { Cutter } from '../../lab/cutter/cutter.js';
import { NS_PER_S } from '../../model/time.js';
import { Calibrator, type CalibrateOptions } from './calibrator.js';
import { matchOutages } from './match.js';
import type { RecordingResult } from './recording.js';
import type { Calibration, CalibratedStreamResult, QuietResult } from './result.js';
import { agreementOf, cellAgreements } from './statistics.js';
import { THRESHOLD, type CalibratedStream } from './streams.js';
import { truthOf, type Truth } from './truth.js';

/** What was measured; who measured it with what is added by the caller. */
export type Measured = Pick<Calibration, 'complete' | 'streams' | 'null_run' | 'stall' | 'observations'>;

const quietOf = (
  result: RecordingResult | null,
  duration_s: number,
  streams: readonly CalibratedStream[],
): QuietResult =>
  result === null
    ? null
    : {
        duration_s,
        streams: streams.map(({ plan: { name } }) => {
          const row = result.streams.find(({ stream }) => stream === name);
          return {
            stream: name,
            outages: result.outages.filter(
              ({ stream, direction }) => stream === name && direction === 'round-trip',
            ).length,
            sent: row?.sent ?? 0,
            lost: row?.lost ?? 0,
            unsent: row?.unsent ?? 0,
            slowest_ms: result.slowest_ms.get(name) ?? null,
          };
        }),
      };

const streamResult = (
  { type, plan }: CalibratedStream,
  result: RecordingResult,
  truths: readonly Truth[],
  unseenBelow_s: number,
): { stream: CalibratedStreamResult; observations: Calibration['observations'] } => {
  const rows = result.outages.filter(
    ({ stream, direction }) => stream === plan.name && direction === 'round-trip',
  );
  const { observations, spurious } = matchOutages(truths, rows, unseenBelow_s);
  const figures = result.figures.get(plan.name);
  return {
    stream: {
      stream: plan.name,
      type,
      interval_s: plan.every_ns / NS_PER_S,
      spacing_s: result.spacing_s.get(plan.name) ?? null,
      total: agreementOf(observations),
      cells: cellAgreements(observations),
      spurious: spurious.length,
      unsent: figures?.unsent ?? 0,
      lateness_p99_ms: figures?.lateness_p99_ms ?? null,
    },
    observations: observations.map((each) => ({ stream: plan.name, ...each })),
  };
};

/**
 * Measures what the instrument is worth on this host: how often the truth is inside the stated interval, and how far
 * the point is off, over outages of known length; that it reports none where there is none; and that a stall of the
 * agent is a hole. Ends early with what was done when the signal is given.
 * @throws KnownError when the agent or the cutter fails.
 */
export const calibrate = async (cutter: Cutter, options: CalibrateOptions): Promise<Measured> => {
  const { streams, null_ns, stall_ns, injections, signal } = options;
  const calibrator = new Calibrator(cutter, options);
  const due = (time: number): boolean => time > 0 && !signal.aborted;
  const quiet = due(null_ns) ? await calibrator.nullRun() : null;
  const { result, made } = due(injections.length) ? await calibrator.outages() : { result: null, made: [] };
  const stalled = due(stall_ns) ? await calibrator.stall() : null;
  const truths = made.map((outage) => truthOf(outage, THRESHOLD));
  const each =
    result === null
      ? []
      : streams.map((stream) => {
          // What the stream says where it saw nothing, by the null run; without one, nothing unseen is excused.
          const said = quiet?.streams.find((row) => row.stream === stream.plan.name)?.longest_hi_s;
          return streamResult(stream, result, truths, said ?? 0);
        });
  return {
    complete: !signal.aborted,
    streams: each.map(({ stream }) => stream),
    null_run: quietOf(quiet, quiet?.measured_s ?? 0, streams),
    stall: signal.aborted ? null : quietOf(stalled, stall_ns / NS_PER_S, streams),
    observations: each.flatMap(({ observations }) => observations),
  };
};
