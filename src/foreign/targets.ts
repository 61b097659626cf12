import { LogAnalyzer, sharedLookahead, type LogResult } from '../analysis/log.js';
import { ProbeLog, unseenBudget } from './probe-log.js';
import { usage } from '../model/error.js';
import type { ProbeRow } from '../model/probe.js';
import { brief } from '../model/outside.js';
import { disputedResult } from './disputed.js';
import { NS_PER_S } from '../model/time.js';
import type { LogTimeReader } from './log-time.js';

/** How a log's targets are put together and analysed. Nanoseconds. */
export interface TargetSettings {
  readonly source: string;
  readonly modulus: number | null;
  readonly stamped: boolean;
  /** Are the times what a reader took them to be, and not a clock's? */
  readonly modelled: boolean;
  /** What sends are taken to be apart where no time says it. */
  readonly assumed_ns: number;
  /** What the analysis takes for the interval; null: the spacing it finds. */
  readonly interval_ns: number | null;
  readonly longestPause_ns: number;
  readonly threshold_ns: number | null;
  readonly mergeGap_ns: number;
  /** What round trips are rounded to. */
  readonly rttResolution_ns: number;
  readonly pausePerLost_ns: number;
  /** How long the tool may wait for an answer before it sends the next; null: it sends by a schedule. */
  readonly waits_ns: number | null;
  /** null: the whole log is read, then judged. */
  readonly live: LiveRows | null;
}

/** Who gets the probes of a log that is still written, each once it is decided. */
export interface LiveRows {
  /** A probe that is unanswered for so long is lost; an answer after that is a `stray`. Nanoseconds. */
  readonly hold_ns: number;
  readonly row: (target: string, row: ProbeRow) => void;
}

/** One target of a log, analysed. */
export interface TargetResult extends LogResult {
  readonly target: string;
  readonly interpolated: number;
  /** What its figures rest on; a sentence each. */
  readonly assumed: readonly string[];
  /** Why there is no figure at all, where not a line tells of a probe; null: there is one. */
  readonly silent: string | null;
}

/** More is no log of probes, and each takes some kilobytes. */
const MOST_TARGETS = 4096;
/** More notes of that kind nobody reads. */
const MOST_SAID = 16;
/** More of a kind are counted. */
const MOST_STEPS = 3;

/** What a line was taken for, by its shape rather than its words. */
export type TakenFor = 'no answer' | 'unreachable' | 'not sent';
/** More of them are counted together. */
const MOST_TAKEN = 8;

interface Taken {
  readonly what: TakenFor;
  readonly sample: string;
  lines: number;
}

interface Target {
  readonly log: ProbeLog;
  readonly analyzer: LogAnalyzer;
}

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

export const familyOf = (target: string): 4 | 6 | null => {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(target)) return 4;
  return /^[0-9a-f:]*:[0-9a-f:]*(?:%\S+)?$/i.test(target) ? 6 : null;
};

/** The targets that the lines of one log are about, in the order of appearance. */
export class Targets {
  /** What readers found worth saying about the log. */
  readonly said: string[] = [];
  /** What a lost probe may have taken beyond the interval; a reader may find it out while it reads. */
  waitPerLost_ns: number;
  /** What readers found worth saying about a target. */
  readonly remarks = new Map<string, Map<string, number>>();
  /** By what the line was taken for and its text without numbers. */
  readonly #taken = new Map<string, Taken>();
  readonly #settings: TargetSettings;
  readonly #stamps: LogTimeReader;
  readonly #all = new Map<string, Target>();
  readonly #unseen = unseenBudget();
  readonly #lookahead = sharedLookahead();

  constructor(settings: TargetSettings, stamps: LogTimeReader) {
    this.#settings = settings;
    this.#stamps = stamps;
    this.waitPerLost_ns = settings.pausePerLost_ns;
  }

  get stamped(): boolean {
    return this.#settings.stamped;
  }

  of(name: string): ProbeLog {
    const known = this.#all.get(name);
    if (known !== undefined) return known.log;
    if (this.#all.size >= MOST_TARGETS)
      throw usage(
        `${this.#settings.source}: more than ${MOST_TARGETS} targets`,
        'give the logs of fewer targets, or check that it is one',
      );
    const made = this.#make(name);
    this.#all.set(name, made);
    return made.log;
  }

  /** By the names of the targets. */
  *logs(): Generator<readonly [target: string, log: ProbeLog]> {
    for (const [target, { log }] of this.#all) yield [target, log];
  }

  get settings(): TargetSettings {
    return this.#settings;
  }

  /** What the instants of the log may be wrong by, as far as it is read. */
  get resolution_ns(): number {
    // Below a millisecond rounding is lost in the delay variation.
    const stamp_ns = this.#stamps.kind === null ? 0 : this.#stamps.resolution_ns;
    return Math.max(stamp_ns >= 1e6 ? stamp_ns : 0, this.#settings.rttResolution_ns);
  }

  has(name: string): boolean {
    return this.#all.has(name);
  }

  /** A note about what is no target with figures. */
  say(text: string): void {
    if (this.said.length < MOST_SAID) this.said.push(text);
  }

  /** Counts a remark about a target. */
  remark(name: string, text: string): void {
    const counts = this.remarks.get(name) ?? new Map<string, number>();
    counts.set(text, (counts.get(text) ?? 0) + 1);
    this.remarks.set(name, counts);
  }

  /** A line in words that are not known was taken for something, by its shape: said once, with the first such line. */
  take(what: TakenFor, line: string): void {
    const shape = `${what} ${line.replace(/[\d.:]+/g, '#')}`;
    const key = this.#taken.has(shape) || this.#taken.size < MOST_TAKEN ? shape : what;
    const known = this.#taken.get(key);
    if (known === undefined) this.#taken.set(key, { what, sample: brief(line, 80), lines: 1 });
    else known.lines += 1;
  }

  /** What lines were taken for; a sentence each. */
  get takenFor(): string[] {
    return [...this.#taken.values()].map(
      ({ what, sample, lines }) => `taken as ${what}: «${sample}», ${plural(lines, 'line')}`,
    );
  }

  /** One result per target that was probed. Call once. */
  finish(): TargetResult[] {
    return [...this.#all].flatMap(([target, { log, analyzer }]) => {
      log.finish();
      const found = analyzer.finish();
      const result = disputedResult(target, log, found, this.#settings.assumed_ns);
      const { sent, local_blocked } = result.stream;
      if (sent + local_blocked === 0) return [];
      const notes = [...result.notes, ...this.#notesOf(target, log)];
      return [{ ...result, notes, target, interpolated: log.interpolated, assumed: steps(target, log) }];
    });
  }

  /** What could not be, and was left out, over all targets. */
  get leftOut(): string[] {
    return [...this.#all].flatMap(([target, { log }]) => leftOut(target, log));
  }

  #make(name: string): Target {
    const settings = this.#settings;
    const stamps = this.#stamps;
    const waitPerLost_ns = (): number => this.waitPerLost_ns;
    const resolution = (): number => this.resolution_ns;
    const analyzer = new LogAnalyzer({
      source: settings.source,
      stream: name,
      family: familyOf(name),
      interval_ns: settings.stamped ? settings.interval_ns : settings.assumed_ns,
      longestPause_ns: settings.longestPause_ns,
      threshold_ns: settings.threshold_ns,
      mergeGap_ns: settings.mergeGap_ns,
      get resolution_ns() {
        return resolution();
      },
      get pausePerLost_ns() {
        return waitPerLost_ns();
      },
      lookahead: this.#lookahead,
      utc: (at_ns) => stamps.utc(at_ns),
    });
    const log = new ProbeLog(
      {
        stream: name,
        modulus: settings.modulus,
        stamped: settings.stamped,
        modelled: settings.modelled,
        interval_ns: settings.assumed_ns,
        waits_ns: settings.waits_ns,
        get resolution_ns() {
          return stamps.resolution_ns;
        },
        unseen: this.#unseen,
        hold_ns: settings.live?.hold_ns ?? null,
      },
      (row) => (settings.live === null ? analyzer.push(row) : settings.live.row(name, row)),
    );
    return { log, analyzer };
  }

  #notesOf(target: string, log: ProbeLog): string[] {
    const causes = [...log.causes].map(([cause, count]) => `${target}: ${plural(count, 'probe')} ${cause}`);
    const remarks = [...(this.remarks.get(target) ?? [])].map(
      ([text, count]) => `${target}: ${count} x ${text}`,
    );
    const restarts =
      log.restarts === 0
        ? []
        : [
            `${target}: ping was started ${plural(log.restarts + 1, 'time')}; the time between is not measured`,
          ];
    const clock =
      log.setBack_ns === 0
        ? []
        : [
            `${target}: the clock was set back by ${(log.setBack_ns / 1e9).toFixed(1)} s; later starts are that much late`,
          ];
    const before =
      log.before === null
        ? []
        : [
            `${target}: the log begins later than ping did: by its summary ${log.before.received} of ${log.before.transmitted} came back in all`,
          ];
    return [...before, ...causes, ...remarks, ...restarts, ...clock, ...leftOut(target, log)];
  }
}

const leftOut = (target: string, log: ProbeLog): string[] =>
  [...log.impossible].map(([what, count]) => `${target}: left out: ${count} x ${what}`);

const inSeconds = (value_ns: number): string => `${Number((value_ns / NS_PER_S).toPrecision(3))} s`;

/** The clock was set in the middle of a gap, and the numbers tell how long that was. */
const steps = (target: string, log: ProbeLog): string[] => {
  const said = log.steps.slice(0, MOST_STEPS).map(({ by_ns, lost, spacing_ns }) => {
    const went = `${(Math.abs(by_ns) / NS_PER_S).toFixed(1)} s ${by_ns > 0 ? 'further than' : 'behind'}`;
    return (
      `${target}: in a gap of ${plural(lost, 'lost probe')} the clock went ${went} the numbers: taken for a clock ` +
      `that was set${by_ns > 0 ? ' (a tool that stood still shows the same)' : ''}, the gap for ${lost} x ${inSeconds(spacing_ns)}`
    );
  });
  const more = log.steps.length - said.length;
  return more > 0 ? [...said, `${target}: so ${plural(more, 'more time')}`] : said;
};
