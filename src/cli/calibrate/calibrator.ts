import type { Cutter } from '../../lab/cutter/cutter.js';
import { fromMs, NS_PER_S, ns, toMs, type Clock, type Nanoseconds } from '../../model/time.js';
import { Interrupted, sleep } from '../../trial/interrupt.js';
import { timeOf, type Injection } from './injection.js';
import { Recording, type RecordingResult } from './recording.js';
import { scenarioOf, type CalibratedStream } from './streams.js';
import type { InjectedOutage } from './truth.js';

export interface CalibrationProgress {
  readonly step: 'null run' | 'outages' | 'stall';
  readonly done: number;
  readonly of: number;
  /** Of the whole calibration. */
  readonly left_ns: Nanoseconds;
}

export interface CalibrateOptions {
  readonly streams: readonly CalibratedStream[];
  readonly injections: readonly Injection[];
  /** 0: no null run. */
  readonly null_ns: Nanoseconds;
  /** How long the agent is stopped; 0: not at all. */
  readonly stall_ns: Nanoseconds;
  readonly steady_ns: Nanoseconds;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly progress: (progress: CalibrationProgress) => void;
}

/** After the last outage: its late burst has come, and every stream is good again. */
const SETTLE = fromMs(1500);
const AROUND_STALL = fromMs(2000);
/** To start and to drain an agent; only for the time that is left. */
const OVERHEAD = fromMs(3000);
const TICK = fromMs(1000);

/** One calibration, in three recordings: a null run, the outages, and a stall of the agent. */
export class Calibrator {
  readonly #options: CalibrateOptions;
  readonly #cutter: Cutter;
  readonly #ends: Nanoseconds;

  constructor(cutter: Cutter, options: CalibrateOptions) {
    this.#cutter = cutter;
    this.#options = options;
    const { null_ns, injections, stall_ns, steady_ns, clock } = options;
    const parts = [
      null_ns,
      injections.length === 0 ? 0 : timeOf(injections) + SETTLE,
      stall_ns === 0 ? 0 : stall_ns + 2 * AROUND_STALL,
    ];
    const whole = parts.reduce((sum, part) => sum + (part === 0 ? 0 : part + steady_ns + OVERHEAD), 0);
    this.#ends = ns(clock.monotonic() + whole);
  }

  /** Nothing but good forwarding. @returns null if it was broken off. */
  async nullRun(): Promise<RecordingResult | null> {
    const { null_ns } = this.#options;
    return this.#record(async () => {
      for (let done = 0; done < null_ns; done += TICK) {
        this.#progress('null run', Math.floor(done / NS_PER_S), null_ns / NS_PER_S);
        await this.#sleep(ns(Math.min(TICK, null_ns - done)));
      }
    });
  }

  /** `origin_ns` is what the instants of `made` count from. */
  async outages(): Promise<{
    readonly result: RecordingResult | null;
    readonly made: readonly InjectedOutage[];
    readonly origin_ns: Nanoseconds;
  }> {
    const { injections } = this.#options;
    const made: InjectedOutage[] = [];
    let origin_ns = ns(0);
    const result = await this.#record(async (recording) => {
      origin_ns = recording.origin;
      for (const [index, injection] of injections.entries()) {
        this.#progress('outages', index, injections.length);
        await this.#sleep(injection.pause_ns);
        made.push(await this.#inject(injection, recording));
        this.#options.signal.throwIfAborted();
      }
      await this.#sleep(SETTLE);
    });
    return { result, made, origin_ns };
  }

  /** Stops the agent as a busy or suspended host would. */
  async stall(): Promise<RecordingResult | null> {
    const { stall_ns } = this.#options;
    return this.#record(async (recording) => {
      this.#progress('stall', 0, 1);
      await this.#sleep(AROUND_STALL);
      recording.signal('SIGSTOP');
      await this.#sleep(stall_ns).finally(() => recording.signal('SIGCONT'));
      await this.#sleep(AROUND_STALL);
    });
  }

  /** Always mended, also when it was broken off; its stamps are true all the same. */
  async #inject({ kind, nominal_ns, length_ns }: Injection, recording: Recording): Promise<InjectedOutage> {
    const cut = await this.#cutter.cut(kind);
    await this.#sleep(ns(Math.max(0, cut.before_ns + length_ns - this.#options.clock.monotonic()))).catch(
      () => undefined,
    );
    const mended = await this.#cutter.mend(kind);
    const since = ({ after_ns, before_ns }: typeof cut): typeof cut => ({
      after_ns: recording.since(after_ns),
      before_ns: recording.since(before_ns),
    });
    return { kind, nominal_ns, cut: since(cut), mended: since(mended) };
  }

  /** A steady time, what is to be done, and the analysis. Broken off in its steady time, it says nothing: null. */
  async #record(work: (recording: Recording) => Promise<void>): Promise<RecordingResult | null> {
    const { streams, steady_ns, clock } = this.#options;
    const recording = await Recording.start(scenarioOf(streams, steady_ns), clock);
    let triggered = false;
    try {
      await Promise.race([
        recording.failure,
        (async () => {
          await this.#sleep(ns(steady_ns + OVERHEAD / 2));
          recording.trigger();
          triggered = true;
          await work(recording);
        })(),
      ]).catch(passInterrupted);
      await recording.drain();
    } catch (error) {
      recording.kill();
      throw error;
    }
    return triggered ? recording.analyse() : null;
  }

  #progress(step: CalibrationProgress['step'], done: number, of: number): void {
    const { clock, progress } = this.#options;
    progress({ step, done, of, left_ns: ns(Math.max(0, this.#ends - clock.monotonic())) });
  }

  #sleep(time: Nanoseconds): Promise<void> {
    return sleep(toMs(time), this.#options.signal);
  }
}

const passInterrupted = (error: unknown): void => {
  if (!(error instanceof Interrupted) && !(error instanceof DOMException)) throw error;
};
