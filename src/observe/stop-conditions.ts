import { access } from 'node:fs/promises';
import { KnownError, messageOf, fileErrorWords, hasCode } from '../model/error.js';
import { NONE } from '../model/observe-plan.js';
import { redact } from '../model/secret.js';
import type { StopPlan, StopSource } from '../model/plan.js';
import { toMs, type Clock } from '../model/time.js';
import { formatDuration } from '../model/duration.js';
import { failureOf } from '../trigger/ask/bound.js';
import { LocalTransport } from '../trigger/transport/local.js';
import { traced } from '../trigger/transport/traced.js';
import { getOf } from './http.js';
import { readAnswer } from './read.js';

/** What a stop condition says: it holds, and why; null: it does not. Rejects with KnownError where it cannot be asked. */
type Ask = (signal: AbortSignal) => Promise<string | null>;

const NOTHING: ReadonlySet<string> = new Set([NONE, 'false', '0', 'null']);

const holdsBy = (value: string, is: string | null): boolean => {
  if (is === null) return !NOTHING.has(value);
  const pattern = /^\/(.*)\/$/.exec(is)?.[1];
  return pattern === undefined ? value === is : new RegExp(pattern).test(value);
};

const fileThere = async (path: string): Promise<string | null> => {
  try {
    await access(path);
    return `${path} is there`;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw new KnownError(`${path}: ${fileErrorWords(error) ?? messageOf(error)}`, { cause: error });
  }
};

const askOf = (
  { source, timeout_ns }: { readonly source: StopSource } & Pick<StopPlan, 'timeout_ns'>,
  clock: Clock,
): Ask => {
  switch (source.kind) {
    case 'file':
      return () => fileThere(source.path);
    case 'command': {
      const transport = traced(new LocalTransport(clock), 'stop condition', clock);
      return async (signal) => {
        const result = await transport.exec(source.command, { timeout_ns, signal });
        // As of test(1) and grep(1): 1 is a no, and what is above it an error.
        if (result.ended === 'exited' && result.code === 1) return null;
        const failure = failureOf(result);
        if (failure !== null) throw new KnownError(failure);
        return result.stdout.trim().split('\n', 1).join().slice(0, 160) || 'the command ended with 0';
      };
    }
    case 'status': {
      const get = getOf(source, timeout_ns, clock, 'any status');
      return async (signal) => {
        const { status } = await get(signal);
        return status === source.status ? `answered with ${status}` : null;
      };
    }
    case 'read': {
      const get = getOf(source, timeout_ns, clock);
      return async (signal) => {
        const { stdout } = await get(signal);
        const seen = readAnswer(source.read, stdout, source.url);
        const found = seen.find(({ value }) => holdsBy(value, source.is));
        return found === undefined
          ? null
          : `${found.subject === source.url ? 'the value' : found.subject} is ${found.value}`;
      };
    }
  }
};

/** What breaks a trial off, and the words for it. */
export interface StopReason {
  readonly name: string;
  readonly detail: string;
}

export interface StopWatch {
  /** Asks every condition once; the first that holds, or that cannot be asked and counts as if it did. */
  ask(signal: AbortSignal): Promise<StopReason | null>;
  /** Asks each at its own pace until `heard` was called once, or it is ended by what this returns. */
  watch(heard: (reason: StopReason) => void): () => void;
}

/** `note`: a condition that could not be asked, and does not count. */
export const stopWatch = (
  plans: readonly StopPlan[],
  { clock, note }: { readonly clock: Clock; readonly note: (text: string) => void },
): StopWatch => {
  const conditions = plans.map((plan) => {
    const ask = askOf(plan, clock);
    let told = false;
    const look = async (over: AbortSignal): Promise<StopReason | null> => {
      const { name, timeout_ns, onError } = plan;
      const late = AbortSignal.timeout(Math.ceil(toMs(timeout_ns)));
      const signal = AbortSignal.any([over, late]);
      const patience = new Promise<never>((_, reject) => {
        signal.addEventListener(
          'abort',
          () => reject(new KnownError(`no answer in ${formatDuration(timeout_ns)}`)),
          { once: true },
        );
      });
      try {
        const detail = await Promise.race([ask(signal), patience]);
        told = false;
        return detail === null ? null : { name, detail: redact(detail) };
      } catch (error) {
        if (!(error instanceof KnownError)) throw error;
        if (over.aborted) return null;
        const detail = redact(`it cannot be asked: ${messageOf(error)}`);
        if (onError === 'stop') return { name, detail };
        if (!told) note(`stop condition ${name}: ${detail}; it does not count (on-error: ignore)`);
        told = true;
        return null;
      }
    };
    return { plan, look };
  });
  return {
    ask: async (signal) => {
      const found = await Promise.all(conditions.map(({ look }) => look(signal)));
      return found.find((reason) => reason !== null) ?? null;
    },
    watch: (heard) => {
      const over = new AbortController();
      const timers = new Set<NodeJS.Timeout>();
      const end = (): void => {
        over.abort();
        for (const timer of timers) clearTimeout(timer);
      };
      for (const { plan, look } of conditions) {
        const again = (): void => {
          const timer = setTimeout(() => {
            timers.delete(timer);
            void once();
          }, toMs(plan.every_ns));
          timers.add(timer);
        };
        const once = async (): Promise<void> => {
          const reason = await look(over.signal);
          if (over.signal.aborted) return;
          if (reason === null) return again();
          end();
          heard(reason);
        };
        again();
      }
      return end;
    },
  };
};
