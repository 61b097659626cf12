import * as z from 'zod';
import { LogAnalyzer, type LogSettings } from '../analysis/log.js';
import type { ProbeRow } from '../model/probe.js';
import { NS_PER_MS, ns } from '../model/time.js';
import { JsonElements } from './json-elements.js';
import { JsonLayout } from './json-layout.js';
import { LONGEST_RTT_NS } from './probe-log.js';
import { isoOf } from './log-time.js';
import type { TargetResult } from './targets.js';

/** What is read of `irtt client -o` (irtt 0.9, json_format 1). Durations are nanoseconds. */
const headSchema = z.object({
  config: z.object({
    remote_address: z.string(),
    params: z.object({ interval: z.number().positive() }),
  }),
  stats: z.object({ duplicates: z.number().int().nonnegative().optional() }).optional(),
});
const stampSchema = z.object({ wall: z.number().optional(), monotonic: z.number().optional() });
const roundTripSchema = z.object({
  seqno: z.number().int().nonnegative(),
  /** `false`, `true`, and with the server's counters `true_up` or `true_down`. */
  lost: z.string(),
  timestamps: z.object({ client: z.object({ receive: stampSchema, send: stampSchema }) }),
});
type RoundTrip = z.infer<typeof roundTripSchema>;
type Stamp = z.infer<typeof stampSchema>;

export const IRTT_EXAMPLE = '{ "version": { "irtt": … }, … "round_trips": [ { "seqno": 0, "lost": "false", …';

/** Of one answer. */
const MOST_COPIES = 100;

const LOST_WHERE: Readonly<Record<string, string>> = { true_up: 'upstream', true_down: 'downstream' };

/** `10.4.4.4:2112`, `[2001:db8::1]:2112` */
const hostOf = (address: string): string => address.replace(/:\d+$/, '').replaceAll(/[[\]]/g, '');

/** Round trips that are written alike: answered ones, lost ones, and a few whose members differ. */
interface Alike {
  readonly layout: JsonLayout;
  /** One of them, of which the numbers are places among those of the layout; as text, too. */
  readonly trip: RoundTrip;
  readonly text: string;
}

/** A few are all there are, and many are looked at twice, since they end a chunk. What is of yet another kind is parsed. */
const MOST_ALIKE = 8;
const MOST_TRIES = 64;

/**
 * An irtt document: sends and arrivals by the client's monotonic clock where it recorded that, else by the wall
 * clock. The wall clock of the first send is the anchor for UTC.
 */
export class IrttReader {
  roundTrips = 0;
  readonly #settings: Omit<LogSettings, 'stream' | 'family' | 'utc'>;
  readonly #elements: JsonElements;
  readonly #alike: Alike[] = [];
  #tries = 0;
  #analyzer: LogAnalyzer | null = null;
  #target = '';
  #duplicates = 0;
  #firstWall_ms: number | null = null;
  #originNs: number | null = null;
  #clock: keyof Stamp | null = null;
  #lastSeq = -1;
  #lastSent = -Infinity;
  /** Round trips whose number or times cannot be. */
  #disordered = 0;

  constructor(settings: Omit<LogSettings, 'stream' | 'family' | 'utc'>) {
    this.#settings = settings;
    this.#elements = new JsonElements(
      'round_trips',
      (head) => this.#begin(headSchema.parse(JSON.parse(head))),
      (element) => {
        const trip = roundTripSchema.parse(JSON.parse(element));
        const { send, receive } = trip.timestamps.client;
        this.#take(trip.seqno, trip.lost, this.#instant(send), this.#instant(receive), send.wall ?? null);
        this.#learn(element);
      },
      (view, at) => this.#pass(view, at),
    );
  }

  /** False: there is no irtt document here. Throws where it is one but damaged. */
  push(chunk: Buffer): boolean {
    return this.#elements.push(chunk);
  }

  finish(): TargetResult[] {
    const analyzer = this.#analyzer;
    const target = this.#target;
    if (analyzer === null || this.roundTrips === 0) return [];
    // Each answer may have come twice, or a few times; what is beyond is no count.
    const duplicates = this.#duplicates > MOST_COPIES * this.roundTrips ? 0 : this.#duplicates;
    for (let count = 0; count < duplicates; count += 1)
      analyzer.push(this.#row(0, 'duplicate', 0, null, null));
    const result = analyzer.finish();
    const cut = this.#elements.complete
      ? []
      : [`${target}: the document is cut off; what was there is analysed`];
    const copies =
      duplicates === this.#duplicates
        ? []
        : [`${target}: left out: a count of ${this.#duplicates} duplicates`];
    const odd =
      this.#disordered === 0
        ? []
        : [`${target}: left out: ${this.#disordered} x a round trip whose number or times are out of order`];
    const notes = [...result.notes, ...cut, ...copies, ...odd];
    return [{ ...result, notes, target, interpolated: 0, assumed: [], silent: null }];
  }

  /** UTC of an instant; null before the first send, or if irtt recorded no wall clock. */
  utc(at_ns: number): string | null {
    return this.#firstWall_ms === null ? null : isoOf(this.#firstWall_ms + at_ns / NS_PER_MS);
  }

  #begin(head: z.infer<typeof headSchema>): void {
    this.#target = hostOf(head.config.remote_address);
    this.#duplicates = head.stats?.duplicates ?? 0;
    this.#analyzer = new LogAnalyzer({
      ...this.#settings,
      stream: this.#target,
      family: this.#target.includes(':') ? 6 : 4,
      interval_ns: this.#settings.interval_ns ?? head.config.params.interval,
      utc: (at_ns) => this.utc(at_ns),
    });
  }

  #learn(element: string): void {
    if (this.#alike.length === MOST_ALIKE || this.#tries === MOST_TRIES) return;
    this.#tries += 1;
    const found = JsonLayout.of(element);
    if (found === null || this.#alike.some(({ text }) => text === found.numbered)) return;
    const trip = roundTripSchema.parse(JSON.parse(found.numbered));
    // All later ones are told by the clock of the first, the monotonic one, which fits a double.
    const { send } = trip.timestamps.client;
    if (this.#clock !== 'monotonic' || send.monotonic === undefined) return;
    if (this.#firstWall_ms === null && send.wall !== undefined) return;
    this.#alike.push({ layout: found.layout, trip, text: found.numbered });
  }

  /** A round trip that is written like an earlier one: where it ends; -1: it is not. */
  #pass(view: DataView, at: number): number {
    for (let index = 0; index < this.#alike.length; index += 1) {
      const { layout, trip } = this.#alike[index] as Alike;
      const end = layout.read(view, at);
      if (end === -1) continue;
      const { numbers } = layout;
      const { send, receive } = trip.timestamps.client;
      const seq = numbers[trip.seqno] as number;
      const sent = numbers[send.monotonic as number] as number;
      const received = receive.monotonic === undefined ? null : (numbers[receive.monotonic] as number);
      // What is not exact, or must not be, is for the parser.
      if (!(seq >= 0) || Number.isNaN(sent) || Number.isNaN(received)) return -1;
      this.#take(seq, trip.lost, sent, received, null);
      return end;
    }
    return -1;
  }

  /** Instants by the clock of the document, and when it was sent by the wall clock, as far as they are told. */
  #take(seqno: number, lost: string, sent: number | null, arrived: number | null, wall: number | null): void {
    // Neither clock was recorded, or the element is of another version.
    if (sent === null) throw new Error(`round trip ${seqno} has no client.send time`);
    const answered = lost === 'false';
    const received = answered ? arrived : null;
    const rtt = received === null ? 0 : received - sent;
    // irtt writes them in the order of sending.
    if (seqno <= this.#lastSeq || sent < this.#lastSent || !(rtt >= 0 && rtt <= LONGEST_RTT_NS)) {
      this.#disordered += 1;
      return;
    }
    this.#lastSeq = seqno;
    this.#lastSent = sent;
    if (this.#firstWall_ms === null && wall !== null) this.#firstWall_ms = wall / NS_PER_MS;
    this.#originNs ??= sent;
    this.roundTrips += 1;
    this.#analyzer?.push(
      this.#row(
        seqno,
        answered ? 'answered' : 'lost',
        sent - this.#originNs,
        received === null ? null : received - this.#originNs,
        LOST_WHERE[lost] ?? null,
      ),
    );
  }

  /** All of a document by one clock: the two begin at different times. */
  #instant({ monotonic, wall }: Stamp): number | null {
    this.#clock ??= monotonic === undefined ? 'wall' : 'monotonic';
    return (this.#clock === 'wall' ? wall : monotonic) ?? null;
  }

  #row(
    seq: number,
    outcome: ProbeRow['outcome'],
    sent: number,
    received: number | null,
    cause: string | null,
  ): ProbeRow {
    return {
      stream: this.#target,
      flow: 0,
      seq,
      outcome,
      intended_ns: ns(sent),
      sent_ns: ns(sent),
      accepted_ns: null,
      received_ns: received === null ? null : ns(received),
      ttl: null,
      cause,
    };
  }
}
