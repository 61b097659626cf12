import { KnownError, messageOf } from '../../model/error.js';
import type { StreamPlan } from '../../model/plan.js';
import { type Hops, lookAtHops, type Looker } from '../path-look.js';
import type { Destination } from '../send/stream.js';
import { IcmpSocket } from './icmp-socket.js';
import { NativeEngine } from './native-engine.js';
import { nativeLooker } from './native-flow.js';

/** Of an engine that a scenario insists on. */
const INSISTED = {
  native: {
    problem: 'the native engine cannot be used',
    remedy: 'see what seqgap doctor says of it, or leave `engine:` out to use what there is',
  },
  'net-ping': {
    problem: 'no raw socket',
    remedy: 'run as root or with CAP_NET_RAW, or leave `engine:` out to use what there is',
  },
} as const;

/** A stream is to be sent by an engine that cannot be used. */
export const insistedOn = (
  engine: keyof typeof INSISTED,
  { name }: StreamPlan,
  cause: unknown,
): KnownError => {
  const { problem, remedy } = INSISTED[engine];
  return new KnownError(`stream ${name}: ${problem}: ${messageOf(cause)}`, { remedy, cause });
};

/** What a process sends ICMP and STAMP by, each opened when it is needed first. */
export class Engines {
  readonly #sockets = new Map<4 | 6, IcmpSocket>();
  #native: NativeEngine | null = null;
  #closed = false;

  /** @throws Error as `NativeEngine.open`. */
  native(): NativeEngine {
    if (this.#native !== null) return this.#native;
    const engine = NativeEngine.open();
    if (this.#closed) engine.close();
    else this.#native = engine;
    return engine;
  }

  /** net-ping's. @throws Error as `IcmpSocket.open`. */
  async socket(family: 4 | 6): Promise<IcmpSocket> {
    const socket = this.#sockets.get(family) ?? (await IcmpSocket.open(family));
    if (this.#closed) socket.close();
    else this.#sockets.set(family, socket);
    return socket;
  }

  /** The hops to an address; null: it is not permitted, or the system is not Linux. */
  async look(destination: Destination): Promise<Hops | null> {
    if (process.platform !== 'linux') return null;
    const closing: { close(): void }[] = [];
    try {
      return await lookAtHops(await this.#looker(destination, closing));
    } catch {
      // Nothing may be sent, or the interface is down.
      return null;
    } finally {
      for (const each of closing) each.close();
    }
  }

  /** What a reader should know of the stamps; null: nothing. */
  doubt(): string | null {
    const unstamped = this.#native?.state.unstamped ?? 0;
    return unstamped === 0
      ? null
      : `${unstamped} packets count as come when they were read: the kernel had not stamped them, or the wall clock was set meanwhile`;
  }

  close(): void {
    this.#closed = true;
    this.#native?.close();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  /** By what is open, or is opened for it and then given to `closing`. */
  async #looker(destination: Destination, closing: { close(): void }[]): Promise<Looker> {
    try {
      const engine = this.#native ?? NativeEngine.open();
      if (engine !== this.#native) closing.push(engine);
      return nativeLooker(engine, destination);
    } catch {
      const { address, family } = destination;
      const open = this.#sockets.get(family);
      const socket = open ?? (await IcmpSocket.open(family));
      if (open === undefined) closing.push(socket);
      return socket.look(address);
    }
  }
}
