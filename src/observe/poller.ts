import { KnownError, messageOf } from '../model/error.js';
import type { TrialEventBody } from '../model/event.js';
import { NONE, type ObservePlan } from '../model/observe-plan.js';
import { redact } from '../model/secret.js';
import { toMs, type Nanoseconds } from '../model/time.js';
import { formatDuration } from '../model/duration.js';
import type { Asker, Seen } from './source.js';

export interface PollerOptions {
  /** The trial's monotonic time. */
  readonly now: () => Nanoseconds;
  readonly tell: (body: TrialEventBody, at_ns: Nanoseconds) => void;
}

/** Characters of a value that are kept, and compared: an answer that floods must not fill the history. */
const MOST_CHARACTERS = 200;

/** Redacted before it is cut: part of a secret would not be known for one. */
const short = (text: string): string => {
  const clean = redact(text);
  return clean.length <= MOST_CHARACTERS ? clean : `${clean.slice(0, MOST_CHARACTERS - 1)}…`;
};

const reasonOf = (error: unknown): string => {
  const remedy = error instanceof KnownError ? error.remedy : null;
  return short(remedy === null ? messageOf(error) : `${messageOf(error)} (${remedy})`);
};

type Result = { readonly seen: readonly Seen[] } | { readonly failed: string };

/** The last value of a subject, and when the last poll that showed it was sent. */
interface Last {
  readonly value: string;
  readonly sent_ns: Nanoseconds;
}

/**
 * Asks at its own rate and tells what changes. A slow answer makes it skip polls, so that there is never more than
 * one question on its way; nothing that happens to one is thrown, or delays anything but the next.
 *
 * A change is between two instants: when the last poll that still showed the old value was sent (it may have been
 * answered before it), and when the first new answer had come.
 */
class Poller {
  readonly #plan: Pick<ObservePlan, 'name' | 'every_ns' | 'timeout_ns'>;
  readonly #asker: Asker;
  readonly #options: PollerOptions;
  readonly #last = new Map<string, Last>();
  readonly #start: Nanoseconds;
  /** When the last poll without an answer was sent; null: the last one was answered. */
  #failing: Nanoseconds | null = null;
  #timer: NodeJS.Timeout | null = null;
  #asking: AbortController | null = null;
  #stopped = false;

  constructor(plan: ObservePlan, asker: Asker, options: PollerOptions) {
    this.#plan = plan;
    this.#asker = asker;
    this.#options = options;
    this.#start = options.now();
    void this.#poll();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#asking?.abort();
  }

  async #poll(): Promise<void> {
    const sent = this.#options.now();
    const asking = new AbortController();
    this.#asking = asking;
    const answer = this.#ask(asking.signal);
    const result = await Promise.race([answer, this.#patience()]);
    if (!this.#stopped) this.#take(result, sent);
    if ('failed' in result) {
      asking.abort();
      await answer;
    }
    this.#again();
  }

  async #ask(signal: AbortSignal): Promise<Result> {
    try {
      return { seen: await this.#asker.ask(signal) };
    } catch (error) {
      return { failed: reasonOf(error) };
    } finally {
      if (this.#timer !== null) clearTimeout(this.#timer);
    }
  }

  #patience(): Promise<Result> {
    const { timeout_ns } = this.#plan;
    return new Promise((resolve) => {
      const over = { failed: `no answer in ${formatDuration(timeout_ns)}` };
      this.#timer = setTimeout(() => resolve(over), toMs(timeout_ns));
    });
  }

  /** The next slot that is not over yet. */
  #again(): void {
    if (this.#stopped) return;
    const { every_ns } = this.#plan;
    const since = this.#options.now() - this.#start;
    const next = (Math.floor(since / every_ns) + 1) * every_ns;
    this.#timer = setTimeout(() => void this.#poll(), (next - since) / 1e6);
  }

  #take(result: Result, sent: Nanoseconds): void {
    const at = this.#options.now();
    if ('failed' in result) {
      if (this.#failing === null) this.#tellFailure(result.failed, at);
      this.#failing = sent;
      return;
    }
    const named = new Set(result.seen.map(({ subject }) => subject));
    const gone = [...this.#last.keys()].filter((subject) => !named.has(subject));
    for (const seen of [...result.seen, ...gone.map((subject) => ({ subject, value: NONE }))])
      this.#show(seen, sent, at);
    this.#failing = null;
  }

  #tellFailure(detail: string, at: Nanoseconds): void {
    const subjects = this.#last.size === 0 ? [this.#asker.subject] : this.#last.keys();
    for (const subject of subjects) {
      const since_ns = this.#last.get(subject)?.sent_ns ?? null;
      this.#options.tell(
        { event: 'observer-failed', observer: this.#plan.name, subject: short(subject), since_ns, detail },
        at,
      );
    }
  }

  /** The same value again is news after a failure: until then nobody knew whether it was still so. */
  #show({ subject, value, detail }: Seen, sent: Nanoseconds, at: Nanoseconds): void {
    const last = this.#last.get(subject);
    const now = short(value);
    this.#last.set(subject, { value: now, sent_ns: sent });
    if (last?.value === now && this.#failing === null) return;
    const again = last?.value === now;
    const since = again ? this.#failing : last?.sent_ns;
    const beside = again ? 'answers again' : detail;
    this.#options.tell(
      {
        event: 'observed',
        observer: this.#plan.name,
        subject: short(subject),
        value: now,
        was: last?.value ?? null,
        since_ns: since ?? null,
        ...(beside === undefined ? {} : { detail: short(beside) }),
      },
      at,
    );
  }
}

/** Begins at once. Returns how to end it: at once too, and nothing is told any more. */
export const poll = (plan: ObservePlan, asker: Asker, options: PollerOptions): (() => void) => {
  const poller = new Poller(plan, asker, options);
  return () => poller.stop();
};
