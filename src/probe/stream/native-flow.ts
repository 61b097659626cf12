import type { Stamps } from '../../model/event.js';
import type { StreamOf } from '../../model/plan.js';
import { ns } from '../../model/time.js';
import { causeOf } from '../../wire/echo-packet.js';
import type { LookAnswer, Looker } from '../path-look.js';
import { localFailure, refusedBy } from '../send/local-failure.js';
import type { Destination, Flows, RunningStream, StartedStream, StreamContext } from '../send/stream.js';
import { errnoText, type NativeEngine, type NativeListener, type NativeStamp } from './native-engine.js';
import { flowPortOf } from '../send/source-port.js';
import { ssidOfFlow, strangersTo } from './stamp-flow.js';

type NativePlan = StreamOf<'icmp'> | StreamOf<'stamp'>;
type NativeContext = StreamContext<NativePlan>;

interface NativeFlow {
  readonly running: RunningStream;
  readonly stamps: Stamps;
}

/** Payload of a packet that looks at the path. */
const LOOK_OCTETS = 24;

/** What a flow does with what the engine tells of it. */
const listenerOf = (
  { ledger, destination: { family } }: NativeContext,
  stranger: (octets: number) => void,
): NativeListener => ({
  missed: (first, count, every) => {
    for (let i = 0; i < count; i++) ledger.missed(ns(first + i * every));
  },
  sent: (seq, { due, before, after, failed, stamped }) => {
    ledger.sending(due, stamped ?? before);
    // What the kernel stamped it had taken by then, however late our call came back.
    if (failed === null) ledger.accepted(seq, stamped ?? after);
    else ledger.answer(seq, { ...localFailure(errnoText(failed)), received: after });
  },
  reply: (seq, { received, ttl, reflected }) => {
    if (reflected === null) return ledger.answer(seq, { outcome: 'answered', received, ttl });
    const { ttl: there, ...told } = reflected;
    ledger.answer(seq, { outcome: 'answered', received, ttl: there ?? ttl, reflected: told });
  },
  error: (quoted, { received, type, code, from }) => {
    const seq = quoted ?? ledger.newestWaiting();
    if (seq !== null) ledger.answer(seq, { ...refusedBy(from, causeOf(family, type, code)), received });
  },
  stranger,
});

/** One flow of a stream, sent by the native engine; `stamp`: null for ICMP echo. Throws Error as `NativeEngine.add`. */
const startNativeFlow = (
  context: NativeContext,
  engine: NativeEngine,
  stamp: NativeStamp | null,
  stranger: (octets: number) => void,
): NativeFlow => {
  const { plan, destination, start, phase } = context;
  const native = engine.add(
    destination,
    { every_ns: plan.every_ns, first_ns: Math.round(start + phase * plan.every_ns), size: plan.size },
    stamp,
    listenerOf(context, stranger),
  );
  return {
    stamps: native.stamps,
    running: {
      inbox: native.inbox,
      ...(native.localPort === null ? {} : { sourcePort: native.localPort }),
      read: () => engine.read(),
      pace: (every_ns) => native.pace(ns(Math.max(plan.every_ns, every_ns ?? 0))),
      stop: () => native.stop(),
      close: () => native.close(),
    },
  };
};

/** All flows of a stream, or none. */
const startAll = <P extends NativePlan>(
  [first, ...others]: Flows<P>,
  start: (context: StreamContext<P>) => NativeFlow,
): StartedStream => {
  const { running, stamps } = start(first);
  const started = [running];
  try {
    for (const flow of others) started.push(start(flow).running);
  } catch (error) {
    for (const flow of started) flow.close();
    throw error;
  }
  return { engine: 'native', stamps, running: started };
};

/** Throws Error as `NativeEngine.add`. */
export const startNativeIcmp = (flows: Flows<StreamOf<'icmp'>>, engine: NativeEngine): StartedStream =>
  startAll(flows, (context) => startNativeFlow(context, engine, null, () => {}));

/** A sender without a far end of ours. Throws Error as `NativeEngine.add`. */
export const startNativeStamp = (flows: Flows<StreamOf<'stamp'>>, engine: NativeEngine): StartedStream =>
  startAll(flows, (context) => {
    const { plan } = context;
    const { timestamps } = plan.stamp;
    const stamp = {
      port: plan.port,
      ssid: ssidOfFlow(plan.stamp, context.flow),
      ptp: timestamps === 'ptp',
      localPort: flowPortOf(plan, context.flow),
    };
    return startNativeFlow(context, engine, stamp, strangersTo(context));
  });

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
  const native = engine.add(destination, { every_ns: 0, first_ns: 0, size: LOOK_OCTETS }, null, {
    missed: () => {},
    sent: (_seq, { before, stamped }) => {
      left = stamped ?? before;
    },
    reply: (seq, { received }) => take(seq, { from: destination.address, received, arrived: true }),
    error: (seq, { received, from }) => take(seq ?? -1, { from, received, arrived: false }),
    stranger: () => {},
  });
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
