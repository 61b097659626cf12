import type { Change, RawRecording, RawTrial } from '../../../../src/cli/calibrate/messy/raw.js';
import type { MessyKind } from '../../../../src/cli/calibrate/messy/kinds.js';
import { encodeProbe } from '../../../../src/model/probe.js';
import { fromMs, ns, type Nanoseconds } from '../../../../src/model/time.js';

const ms = (value: number): Nanoseconds => fromMs(value);

/** Something that lasted from one instant to another, each known to 1 ms. Milliseconds; null: it did not end. */
export const change = (
  what: Change['what'],
  from: number,
  to: number | null,
  share: number | null = null,
): Change => ({
  what,
  share,
  begun: { after_ns: ms(from - 0.5), before_ns: ms(from + 0.5) },
  ended: to === null ? null : { after_ns: ms(to - 0.5), before_ns: ms(to + 0.5) },
});

/** Triggered at 2 s, waited for until 6 s; a recovery has to hold for 1 s. */
export const trial = (changes: readonly Change[], more: Partial<RawTrial> = {}): RawTrial => ({
  variant: '',
  from_ns: ns(0),
  trigger_ns: ms(2000),
  cut_ns: ms(6000),
  gave_up: false,
  aftercare_ns: null,
  recovered_ns: ms(1000),
  changes: [...changes],
  ...more,
});

/** What becomes of the probe that is sent then (milliseconds): its RTT, or null for lost or `unsent`. */
export type Path = (at: number) => number | null | 'unsent';

const GOOD_MS = 0.4;

/** Lost within each of these. */
export const lostIn =
  (...times: readonly (readonly [number, number])[]): Path =>
  (at) =>
    times.some(([from, to]) => at >= from && at < to) ? null : GOOD_MS;

/** An ICMP stream at 10 ms over that path, from 3 ms on. */
export const recorded = (
  kind: MessyKind,
  own: RawTrial,
  path: Path,
  more: Partial<RawRecording> = {},
): RawRecording => {
  const rows: string[] = [];
  const end = (own.aftercare_ns ?? own.cut_ns) / 1e6;
  for (let seq = 0; 3 + 10 * seq < end; seq++) {
    const at = 3 + 10 * seq;
    const rtt = path(at);
    const sent = rtt === 'unsent' ? null : ms(at);
    rows.push(
      encodeProbe({
        stream: 'icmp-10ms',
        flow: 0,
        seq,
        outcome: rtt === 'unsent' ? 'unsent' : rtt === null ? 'lost' : 'answered',
        intended_ns: ms(at),
        sent_ns: sent,
        accepted_ns: sent,
        received_ns: typeof rtt === 'number' ? ms(at + rtt) : null,
        ttl: typeof rtt === 'number' ? 63 : null,
        cause: null,
      }),
    );
  }
  return {
    format: 1,
    kind,
    date_utc: '2026-11-29T05:00:00.000Z',
    tool: '0.1.0',
    host: { name: 'jump', kernel: '6.18.5', cpus: 2 },
    load: [1, 2],
    parallel: 1,
    streams: ['icmp'],
    every_ns: ms(10),
    loss: 0,
    distance_ns: ns(0),
    trials: [own],
    events: [],
    probes: `${rows.join('\n')}\n`,
    heartbeats: '',
    ...more,
  };
};
