import type { SessionEnding } from '../../model/event.js';
import { fromMs, ns, toMs, type Nanoseconds } from '../../model/time.js';
import { Schedule } from '../send/schedule.js';
import type { Channel } from './session-channel.js';
import type { SessionContext, Track } from './session-track.js';

/** A heartbeat whose echo is overdue by this much shows in the live view as a stalled session. */
const STALLED = fromMs(500);

/** Octets that wait for the kernel; a far end that takes nothing must not fill the memory. */
const MOST_BACKLOG = 1 << 20;

/** One long-lived connection with its heartbeats. */
export class Connection {
  readonly #context: SessionContext;
  readonly #number: number;
  readonly #track: Track;
  readonly #channel: Channel;
  readonly #begun: Nanoseconds;
  readonly #settled: () => void;
  #state: 'opening' | 'open' | 'ended' = 'opening';
  #stopped = false;
  #closed = false;
  /** Does our side, or where it speaks first the server's, send heartbeats now? */
  #speaking: boolean;
  /** An idle session that was told to speak and was not answered yet. */
  #called = false;
  #rto_ms: number | null = null;

  /** @param settled it is open, or never will be */
  constructor(context: SessionContext, number: number, settled: () => void) {
    this.#context = context;
    this.#number = number;
    this.#settled = settled;
    this.#begun = context.clock.monotonic();
    this.#speaking = !context.plan.idle;
    this.#track = context.newTrack(number);
    this.#channel = context.openChannel({
      open: () => this.#opened(),
      data: (data) => this.#take(data),
      ended: (ending, detail) => this.#ended(ending, this.#explained(ending, detail)),
    });
  }

  get state(): 'opening' | 'open' | 'ended' {
    return this.#state;
  }

  /** Is over, or something came back on it. */
  get proven(): boolean {
    return this.#state === 'ended' || this.#track.answered > 0;
  }

  get local(): string | null {
    return this.#state === 'open' ? this.#channel.local() : null;
  }

  set rto(ms: number) {
    this.#rto_ms = ms;
  }

  stalled(now: Nanoseconds): boolean {
    if (this.#state === 'ended') return false;
    if (this.#state === 'opening') return now - this.#begun > STALLED;
    const since = this.#track.waitingSince;
    return this.#called || (since !== null && now - since > STALLED);
  }

  waiting(now: Nanoseconds): boolean {
    const since = this.#track.waitingSince;
    return this.#state === 'open' && since !== null && since <= now;
  }

  /** An idle session is silent from now on. */
  quiet(): void {
    if (!this.#context.plan.idle) return;
    this.#speaking = false;
    this.#called = false;
    this.#track.quiet();
  }

  /** An idle session speaks again. */
  speak(): void {
    if (!this.#context.plan.idle || this.#state !== 'open' || this.#stopped) return;
    this.#called = true;
    this.#speaking = true;
    this.#track.speak(this.#context.clock.monotonic());
    this.#beat();
  }

  /** No more heartbeats. */
  stop(): void {
    this.#stopped = true;
  }

  close(): void {
    const { plan, clock } = this.#context;
    this.#stopped = true;
    this.#closed = true;
    this.#track.close(clock.monotonic());
    this.#channel.destroy();
    this.#context.news({
      kind: 'end',
      session: plan.name,
      connection: this.#number,
      at_ns: this.#at(),
      bytes: this.#track.bytes,
      in_order: this.#track.fault === null,
      rto_ms: this.#rto_ms,
    });
  }

  #opened(): void {
    const { plan, scheduler, clock, random } = this.#context;
    if (this.#state !== 'opening' || this.#stopped) return;
    this.#state = 'open';
    this.#settled();
    const source_port = this.#channel.localPort();
    this.#context.news({
      kind: 'open',
      session: plan.name,
      connection: this.#number,
      at_ns: this.#at(),
      took_ms: toMs(ns(clock.monotonic() - this.#begun)),
      ...(source_port === null ? {} : { source_port }),
    });
    const opening = this.#track.opening();
    if (opening !== null) this.#channel.write(opening);
    // One exchange proves that it works, however soon the trigger comes, and is all that an idle one says.
    this.#beat();
    const schedule = new Schedule(clock.monotonic(), plan.heartbeat_ns, random());
    scheduler.add(
      {
        fire: (now) => {
          if (this.#stopped || this.#state !== 'open') return null;
          // A missed heartbeat is simply not sent: heartbeats measure the session, not the path.
          schedule.take(
            now,
            () => this.#speaking && this.#beat(),
            () => {},
          );
          return schedule.next;
        },
      },
      schedule.next,
    );
  }

  #beat(): void {
    if (this.#channel.backlog() > MOST_BACKLOG) return;
    const data = this.#track.beat(this.#context.clock.monotonic());
    if (data !== null) this.#channel.write(data);
  }

  #take(data: Buffer): void {
    if (this.#state === 'ended') return;
    const before = this.#track.answered;
    this.#track.receive(data, this.#context.clock.monotonic());
    if (this.#track.answered > before) this.#called = false;
    const { fault } = this.#track;
    if (fault === null) return;
    this.#ended(fault.ending, fault.detail);
    this.#channel.destroy();
  }

  /** Who never answered anything has closed or reset at once: no failover can have done that. */
  #explained(ending: SessionEnding, detail: string): string {
    if (this.#state !== 'open' || this.#track.answered > 0) return detail;
    if (ending === 'app-closed') return `closed at once, before anything came back (${detail})`;
    return ending === 'reset' ? `reset at once, before anything came back (${detail})` : detail;
  }

  #ended(ending: SessionEnding, detail: string): void {
    // After `stop` too: a session that is reset while its last echoes are waited for did not survive.
    if (this.#state === 'ended' || this.#closed) return;
    const opened = this.#state === 'open';
    this.#state = 'ended';
    if (!opened) this.#settled();
    this.#context.news({
      kind: 'error',
      session: this.#context.plan.name,
      connection: this.#number,
      at_ns: this.#at(),
      ending: opened ? ending : 'refused-open',
      detail,
    });
  }

  #at(): Nanoseconds {
    return ns(Math.round(this.#context.clock.monotonic() - this.#context.origin));
  }
}
