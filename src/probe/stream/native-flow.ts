import type { Stamps } from '../../model/event.js';
import type { StreamOf } from '../../model/plan.js';
import { ns } from '../../model/time.js';
import { causeOf } from '../../wire/echo-packet.js';
import type { LookAnswer, Looker } from '../path-look.js';
import { isLocalAddress, localFailure } from '../send/local-failure.js';
import type { Destination, RunningStream, StreamContext } from '../send/stream.js';
import { errnoText, type NativeEngine } from './native-engine.js';

/** Payload of a packet that looks at the path. */
const LOOK_OCTETS = 24;

/** One flow of an ICMP stream, sent by the native engine. Throws Error as `NativeEngine.add`. */
export const startNativeFlow = (
  context: StreamContext<StreamOf<'icmp'>>,
  engine: NativeEngine,
): { readonly running: RunningStream; readonly stamps: Stamps } => {
  const { plan, destination, ledger, start, phase } = context;
  const { family } = destination;
  const native = engine.add(
    destination,
    { every_ns: plan.every_ns, first_ns: Math.round(start + phase * plan.every_ns), size: plan.size },
    {
      missed: (first, count, every) => {
        for (let i = 0; i < count; i++) ledger.missed(ns(first + i * every));
      },
      sent: (seq, { due, before, after, failed, stamped }) => {
        ledger.sending(due, stamped ?? before);
        if (failed === null) ledger.accepted(seq, after);
        else ledger.answer(seq, { ...localFailure(errnoText(failed)), received: after });
      },
      reply: (seq, { received, ttl }) => ledger.answer(seq, { outcome: 'answered', received, ttl }),
      error: (seq, { received, type, code, from }) => {
        const outcome = isLocalAddress(from) ? 'unresolved' : 'unreachable';
        ledger.answer(seq, { outcome, received, cause: causeOf(family, type, code) });
      },
    },
  );
  return {
    stamps: native.stamps,
    running: {
      inbox: native.inbox,
      read: () => engine.read(),
      pace: (every_ns) => native.pace(ns(Math.max(plan.every_ns, every_ns ?? 0))),
      stop: () => native.stop(),
      close: () => native.close(),
    },
  };
};

/** Echo requests that are no probes, under an identifier of their own. Throws Error as `NativeEngine.add`. */
export const nativeLooker = (engine: NativeEngine, destination: Destination): Looker => {
  const answers: LookAnswer[] = [];
  /** By their sequence number. */
  const limits: number[] = [];
  let left = ns(0);
  const take = (seq: number, answer: Omit<LookAnswer, 'limit'>): void => {
    const limit = limits[seq];
    if (limit !== undefined && answers.every((known) => known.limit !== limit))
      answers.push({ limit, ...answer });
  };
  const native = engine.add(
    destination,
    { every_ns: 0, first_ns: 0, size: LOOK_OCTETS },
    {
      missed: () => {},
      sent: (_seq, { before, stamped }) => {
        left = stamped ?? before;
      },
      reply: (seq, { received }) => take(seq, { from: destination.address, received, arrived: true }),
      error: (seq, { received, from }) => take(seq, { from, received, arrived: false }),
    },
  );
  return {
    get answers() {
      engine.read();
      return answers;
    },
    send: (limit) => {
      limits.push(limit);
      native.once(limit);
      engine.read();
      return left;
    },
    close: () => native.close(),
  };
};
