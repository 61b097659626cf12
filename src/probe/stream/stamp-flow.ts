import { monotonicNow } from '../../clock.js';
import { probeSeq, wireSeq } from '../../analysis/flow/stamp-sequence.js';
import type { StreamOf } from '../../model/plan.js';
import type { Nanoseconds } from '../../model/time.js';
import { localFailure } from '../send/local-failure.js';
import { sendOnSchedule } from '../send/schedule.js';
import { decodeStampReply, encodeStampProbe, stampToken, type StampReply } from '../../wire/stamp-packet.js';
import { StampClock } from '../../wire/stamp-time.js';
import type { RunningStream, StreamContext } from '../send/stream.js';

export type StampContext = StreamContext<StreamOf<'stamp'>>;
type StampPlan = StreamOf<'stamp'>['stamp'];

/** Time stamps of so many probes are kept, as a ledger keeps their last words. */
const MEMORY = 65_536;
/** With `far-end` both senders use the same flow: the one at the far end has this bit in its session identifiers. */
const FAR = 0x8000;

/** SSID of a flow's sender (RFC 8972 §3). */
export const ssidOfFlow = ({ ssid, end }: StampPlan, flow: number): number =>
  (ssid + flow) | (end === 'far' ? FAR : 0);

/** What a datagram that is no answer gives a probe that stays without one. */
const NO_ANSWER = 'not-stamp';

/** Hears of what comes to a flow and is no answer: the newest probe that waits gets the word, and a note says so once. */
export const strangersTo = (context: StampContext): ((octets: number) => void) => {
  const { plan, ledger } = context;
  let said = false;
  return (octets) => {
    const seq = ledger.newestWaiting();
    if (seq !== null) ledger.remark(seq, NO_ANSWER);
    if (said) return;
    said = true;
    context.note(`stream ${plan.name}: ${octets} octets came back that are no STAMP answer to a probe`);
  };
};

/** One datagram to the other end, with probe `seq`; `done` says what became of the send call. */
export type SendDatagram = (
  packet: Buffer,
  seq: number,
  done: (error: NodeJS.ErrnoException | null) => void,
) => void;

export type Sending = Pick<RunningStream, 'pace' | 'stop'>;

/** The sender of one flow: numbers and stamps its probes, and finds the probe that an answer is for. */
export class StampFlow {
  /** Of the packets of this sender. */
  readonly ssid: number;
  /** Of those of the sender at the other end, with `far-end`. */
  readonly peerSsid: number;
  readonly #context: StampContext;
  readonly #plan: StampPlan;
  readonly #stamps: StampClock;
  /** Half of each probe's time stamp: an answer repeats it, garbage and answers to others do not. */
  readonly #tokens = new Uint32Array(MEMORY);

  constructor(context: StampContext) {
    this.#context = context;
    this.#plan = context.plan.stamp;
    this.#stamps = new StampClock(context.clock);
    this.ssid = ssidOfFlow(this.#plan, context.flow);
    this.peerSsid = this.ssid ^ FAR;
  }

  /** Begins to send. */
  start(send: SendDatagram): Sending {
    return sendOnSchedule(this.#context, (due) => this.#probe(due, send));
  }

  /** Takes a datagram that came back; false if it is no answer to a probe of this flow. */
  take(packet: Buffer, received: Nanoseconds): boolean {
    const { ledger } = this.#context;
    const reply = decodeStampReply(packet);
    const seq = reply === null ? null : this.#match(reply);
    if (reply === null || seq === null) return false;
    ledger.answer(seq, {
      outcome: 'answered',
      received,
      ttl: reply.ttl,
      reflected: {
        seq: reply.seq,
        received_ns: this.#stamps.monotonic(reply.received),
        sent_ns: this.#stamps.monotonic(reply.sent),
      },
    });
    return true;
  }

  /**
   * An ICMP error came for one of the probes; a UDP socket does not say for which: the newest that waits.
   *
   * @param below not for this probe or a later one
   */
  unreachable(cause: string, received: Nanoseconds, below?: number): void {
    const { ledger } = this.#context;
    const seq = ledger.newestWaiting(below);
    if (seq !== null) ledger.answer(seq, { outcome: 'unreachable', received, cause });
  }

  /** The SSID need not be ours: reflectors that know RFC 8762 only, or TWAMP-Light, put zero in its place. */
  #match({ senderWire, senderToken }: StampReply): number | null {
    const { nextSeq } = this.#context.ledger;
    const seq = probeSeq(senderWire, nextSeq);
    if (seq === null || seq < 0 || seq >= nextSeq || nextSeq - seq > MEMORY) return null;
    return this.#tokens[seq % MEMORY] === senderToken ? seq : null;
  }

  #probe(due: Nanoseconds, send: SendDatagram): void {
    const { ledger, plan } = this.#context;
    const now = monotonicNow();
    const seq = ledger.sending(due, now);
    const packet = encodeStampProbe({
      wire: wireSeq(seq),
      time: this.#stamps.at(now),
      timestamps: this.#plan.timestamps,
      ssid: this.ssid,
      size: plan.size,
    });
    this.#tokens[seq % MEMORY] = stampToken(packet);
    ledger.leaving(seq, monotonicNow());
    send(packet, seq, (error) => {
      if (error === null) ledger.accepted(seq, monotonicNow());
      else ledger.answer(seq, { ...localFailure(error.code ?? error.message), received: monotonicNow() });
    });
  }
}
