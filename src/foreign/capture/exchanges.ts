import { LogAnalyzer, sharedLookahead } from '../../analysis/log.js';
import { usage } from '../../model/error.js';
import type { Outcome } from '../../model/probe.js';
import { NS_PER_S, ns } from '../../model/time.js';
import { logRow } from '../held-probes.js';
import type { ReadSettings } from '../reader.js';
import { familyOf, plural, type TargetResult } from '../targets.js';

/** A probe without an answer is held for so many later ones; an answer after that is a `stray`. */
const HELD = 4096;
const MOST_FLOWS = 1024;
/** The same packet at a second interface is seen no later. */
const COPY_NS = 5e6;
/** One that was sent later than this before the end of the capture, and had no answer, is undecided. */
const WAIT_NS = NS_PER_S;
/** Pauses between the probes of scripts are no hole. */
const LONGEST_PAUSE_NS = 60 * NS_PER_S;

/** Of a packet that belongs to an exchange: who asked whom, and which of the questions. */
export interface Exchange {
  readonly from: string;
  /** With the port, of TCP. */
  readonly to: string;
  readonly id: string;
}

interface Sent {
  readonly seq: number;
  readonly id: string;
  readonly at_ns: number;
  /** null: none yet. */
  outcome: Outcome | null;
  received_ns: number;
  ttl: number;
  cause: string | null;
}

/** The requests from one host to another, in the order in which they passed. */
class Flow {
  readonly from: string;
  readonly to: string;
  copies = 0;
  unasked = 0;
  backwards_ns = 0;
  sent = 0;
  answered = 0;
  readonly causes = new Map<string, number>();
  readonly #analyzer: LogAnalyzer;
  readonly #held: Sent[] = [];
  /** Of `#held`: what lies before was handed on. */
  #head = 0;
  readonly #waiting = new Map<string, Sent>();
  /** Handed on as lost. */
  readonly #given = new Map<string, Sent>();
  #last_ns = -Infinity;

  constructor(from: string, to: string, analyzer: LogAnalyzer) {
    this.from = from;
    this.to = to;
    this.#analyzer = analyzer;
  }

  request(id: string, at_ns: number): void {
    const same = this.#waiting.get(id);
    if (same !== undefined) {
      if (at_ns - same.at_ns < COPY_NS) {
        this.copies += 1;
        return;
      }
      // A SYN that is sent again, or a tool that numbers nothing: what comes now answers the newest.
      this.#settle(same, 'lost', NaN, -1, null);
    }
    if (at_ns < this.#last_ns) this.backwards_ns = Math.max(this.backwards_ns, this.#last_ns - at_ns);
    const at = Math.max(at_ns, this.#last_ns);
    this.#last_ns = at;
    const made: Sent = {
      seq: this.sent,
      id,
      at_ns: at,
      outcome: null,
      received_ns: NaN,
      ttl: -1,
      cause: null,
    };
    this.sent += 1;
    this.#waiting.set(id, made);
    this.#held.push(made);
    if (this.#held.length - this.#head > HELD) this.#handOn();
  }

  answer(id: string, at_ns: number, outcome: Outcome, ttl: number, cause: string | null): void {
    const sent = this.#waiting.get(id);
    if (sent === undefined) {
      this.#late(id, at_ns, ttl, outcome);
      return;
    }
    this.#settle(sent, outcome, at_ns, ttl, cause);
    if (outcome === 'answered' || outcome === 'refused') this.answered += 1;
    if (cause !== null) this.causes.set(cause, (this.causes.get(cause) ?? 0) + 1);
  }

  #settle(sent: Sent, outcome: Outcome, at_ns: number, ttl: number, cause: string | null): void {
    this.#waiting.delete(sent.id);
    sent.outcome = outcome;
    sent.received_ns = at_ns;
    sent.ttl = ttl;
    sent.cause = cause;
    while ((this.#held[this.#head]?.outcome ?? null) !== null) this.#handOn();
  }

  /** null: nothing that was asked is decided. */
  finish(until_ns: number): ReturnType<LogAnalyzer['finish']> | null {
    const decided = this.#held.findLastIndex(
      ({ outcome, at_ns }) => outcome !== null || until_ns - at_ns >= WAIT_NS,
    );
    while (this.#head <= decided && this.#head < this.#held.length) this.#handOn();
    return this.#last_ns === -Infinity ? null : this.#analyzer.finish();
  }

  #late(id: string, at_ns: number, ttl: number, outcome: Outcome): void {
    const given = this.#given.get(id);
    if (given === undefined) {
      this.unasked += 1;
      return;
    }
    this.#given.delete(id);
    if (outcome === 'answered')
      this.#analyzer.push(logRow(this.to, given.seq, 'stray', ns(given.at_ns), at_ns, ttl, null));
  }

  #handOn(): void {
    const sent = this.#held[this.#head] as Sent;
    this.#head += 1;
    if (sent.outcome === null) {
      this.#waiting.delete(sent.id);
      this.#given.set(sent.id, sent);
      if (this.#given.size > HELD) this.#given.delete(this.#given.keys().next().value as string);
    }
    this.#analyzer.push(
      logRow(
        this.to,
        sent.seq,
        sent.outcome ?? 'lost',
        ns(sent.at_ns),
        sent.received_ns,
        sent.ttl,
        sent.cause,
      ),
    );
    if (this.#head < HELD) return;
    this.#held.splice(0, this.#head);
    this.#head = 0;
  }
}

export interface ExchangeSettings {
  readonly source: string;
  readonly settings: ReadSettings;
  readonly utc: (at_ns: number) => string | null;
}

/**
 * Questions and answers of a capture: ICMP echo, TCP's SYN. When they left and came is known to the packet, which no log of a
 * tool tells so well; what a tool made of them is not asked. Instants are nanoseconds since any origin.
 */
export class Exchanges {
  /** Errors that do not say what they are about. */
  readonly #remarks = new Map<string, number>();
  readonly #context: ExchangeSettings;
  readonly #flows = new Map<string, Flow>();
  readonly #lookahead = sharedLookahead();
  #until_ns = -Infinity;

  constructor(context: ExchangeSettings) {
    this.#context = context;
  }

  /** Anything passed: the capture went on until then. */
  see(at_ns: number): void {
    if (at_ns > this.#until_ns) this.#until_ns = at_ns;
  }

  request({ from, to, id }: Exchange, at_ns: number): void {
    this.see(at_ns);
    this.#of(from, to).request(id, at_ns);
  }

  answer(exchange: Exchange, at_ns: number, ttl = -1): void {
    this.#answered(exchange, at_ns, 'answered', ttl, null);
  }

  refusal(exchange: Exchange, at_ns: number, ttl = -1): void {
    this.#answered(exchange, at_ns, 'refused', ttl, null);
  }

  unreachable(exchange: Exchange, at_ns: number, cause: string): void {
    this.#answered(exchange, at_ns, 'unreachable', -1, cause);
  }

  remark(text: string): void {
    this.#remarks.set(text, (this.#remarks.get(text) ?? 0) + 1);
  }

  /** `3 x "Destination host unreachable" from 10.4.4.1`, for the notes. */
  get remarks(): string[] {
    return [...this.#remarks].map(([text, count]) => `${count} x ${text}`);
  }

  /** @throws KnownError where nothing that was captured tells of a loss. */
  finish(): TargetResult[] {
    const flows = [...this.#flows.values()];
    const asked = flows.filter(({ sent }) => sent > 0);
    if (asked.length === 0 && flows.length > 0)
      throw usage(
        `${this.#context.source}: answers without their questions: what was lost is not in it`,
        'capture where both ways pass',
      );
    const oneSided = asked.filter(({ answered }) => answered === 0);
    if (asked.length > 0 && oneSided.length === asked.length && flows.every(({ answered }) => answered === 0))
      throw usage(
        `${this.#context.source}: ${plural(
          asked.reduce((sum, { sent }) => sum + sent, 0),
          'question',
        )} and no answer: all were lost, or the way back was not captured`,
        'capture where both ways pass',
      );
    return asked.flatMap((flow) => this.#resultOf(flow, asked));
  }

  #resultOf(flow: Flow, all: readonly Flow[]): TargetResult[] {
    const result = flow.finish(this.#until_ns);
    if (result === null || result.stream.sent === 0) return [];
    const others = all.filter(({ to }) => to === flow.to).length;
    const target = others > 1 ? `${flow.to} from ${flow.from}` : flow.to;
    const stream = { ...result.stream, stream: target };
    const outages = result.outages.map((row) => ({ ...row, stream: target }));
    const notes = [
      ...result.notes,
      ...[...flow.causes].map(([cause, count]) => `${target}: ${plural(count, 'probe')} ${cause}`),
      ...(flow.copies === 0
        ? []
        : [`${target}: ${plural(flow.copies, 'question')} seen again: counted once`]),
      ...(flow.unasked === 0
        ? []
        : [`${target}: ${plural(flow.unasked, 'answer')} without a question: left out`]),
      ...(flow.backwards_ns === 0
        ? []
        : [`${target}: times go back by up to ${(flow.backwards_ns / NS_PER_S).toPrecision(2)} s`]),
    ];
    return [{ ...result, stream, outages, notes, target, interpolated: 0, assumed: [], silent: null }];
  }

  #answered(
    { from, to, id }: Exchange,
    at_ns: number,
    outcome: Outcome,
    ttl: number,
    cause: string | null,
  ): void {
    this.see(at_ns);
    this.#of(from, to).answer(id, at_ns, outcome, ttl, cause);
  }

  #of(from: string, to: string): Flow {
    const key = `${from} ${to}`;
    const known = this.#flows.get(key);
    if (known !== undefined) return known;
    const { source, settings, utc } = this.#context;
    if (this.#flows.size >= MOST_FLOWS)
      throw usage(
        `${source}: more than ${MOST_FLOWS} pairs of hosts`,
        'take out what is not of the probes: tcpdump -r FILE -w NEW host 10.4.4.4',
      );
    const made = new Flow(
      from,
      to,
      new LogAnalyzer({
        source,
        stream: to,
        family: familyOf(to),
        interval_ns: settings.interval_ns,
        longestPause_ns: LONGEST_PAUSE_NS,
        threshold_ns: settings.threshold_ns,
        mergeGap_ns: settings.mergeGap_ns,
        resolution_ns: 0,
        pausePerLost_ns: 0,
        lookahead: this.#lookahead,
        utc,
      }),
    );
    this.#flows.set(key, made);
    return made;
  }
}
