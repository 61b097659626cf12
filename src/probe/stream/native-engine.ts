import { getSystemErrorMap } from 'node:util';
import type { Stamps } from '../../model/event.js';
import { ns, type Nanoseconds } from '../../model/time.js';
import type { Destination } from '../send/stream.js';
import type { Inbox } from '../send/socket-drops.js';
import { loadNativeModule } from './native-module.js';

/** What native/module.c gives; a number in place of a handle or a stream is the errno for which there is none. */
interface NativeModule {
  open(id: number, token: number): Handle | number;
  add(
    handle: Handle,
    address: string,
    family: 4 | 6,
    every_ns: number,
    first_ns: number,
    size: number,
  ): { stream: number; raw: number; stampsReceived: number; stampsSent: number } | number;
  pace(handle: Handle, stream: number, every_ns: number): void;
  stop(handle: Handle, stream: number): void;
  once(handle: Handle, stream: number, hopLimit: number): void;
  forget(handle: Handle, stream: number): void;
  horizon(handle: Handle): number;
  drain(handle: Handle, rows: Float64Array): number;
  drops(handle: Handle, stream: number): number;
  state(handle: Handle): NativeState;
  close(handle: Handle): void;
}
type Handle = object;

interface NativeState {
  /** 0: the thread has real-time priority. */
  readonly priorityErrno: number;
  /** By how much a stamp of the kernel may be off on our clock. */
  readonly clock_ns: number;
  /** Packets that the kernel had not stamped, or whose stamp a step of the wall clock made doubtful. */
  readonly unstamped: number;
}

/** Kinds of rows and what is in their cells: `row_kind` in native/engine.h. */
const MISSED = 1;
const SENT = 2;
const REPLY = 3;
const CELLS = 8;
const OCTETS_AT = 6;
/** Rows that are taken at once. */
const ROOM = 4096;
/** First identifiers: above those of net-ping's socket, with room for every stream behind. */
const FIRST_ID = 33_280;
const IDS = 31_000;

/** What the thread tells of a stream, each probe's send before what came for it. */
export interface NativeListener {
  missed(first: Nanoseconds, count: number, every: Nanoseconds): void;
  /** @param stamped by the kernel, within the call; null: not known. @param failed errno */
  sent(
    seq: number,
    call: {
      readonly due: Nanoseconds;
      readonly before: Nanoseconds;
      readonly after: Nanoseconds;
      readonly failed: number | null;
      readonly stamped: Nanoseconds | null;
    },
  ): void;
  reply(seq: number, reply: { readonly received: Nanoseconds; readonly ttl: number | null }): void;
  error(
    seq: number,
    error: {
      readonly received: Nanoseconds;
      readonly type: number;
      readonly code: number;
      readonly from: string;
    },
  ): void;
}

/** A stream of the engine. `stop`: nothing is sent after it; `close` lets go of it when all that is known was told. */
export interface NativeStream {
  readonly inbox: Inbox;
  /** `ping`: one of an ordinary user (net.ipv4.ping_group_range), where raw sockets are not permitted. */
  readonly socket: 'raw' | 'ping';
  readonly stamps: Stamps;
  pace(every_ns: Nanoseconds): void;
  /** One more now, whatever the schedule, with this hop limit. */
  once(hopLimit: number): void;
  stop(): void;
  close(): void;
}

/** As the C library says it; `localFailure` makes an outcome of it. */
export const errnoText = (errno: number): string => {
  const [name, message] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, `errno ${errno}`];
  return name === 'EHOSTUNREACH' ? name : message;
};

/** Octets of an address as node:os writes it. */
const addressOf = (octets: Uint8Array, family: number): string => {
  if (family === 4) return octets.subarray(0, 4).join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((octets[2 * i] as number) << 8) | (octets[2 * i + 1] as number)).toString(16),
  );
  // The shortest form of it (RFC 5952), as URLs have it.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
};

/**
 * The engine in C (native/): a thread that sends on the schedule and reads what comes back with the kernel's stamps. Here
 * its finished rows are read and handed to whoever listens, when it is asked for: nothing is done in between.
 */
export class NativeEngine {
  readonly #module: NativeModule;
  readonly #handle: Handle;
  readonly #listeners = new Map<number, NativeListener>();
  readonly #rows = new Float64Array(ROOM * CELLS);
  /** Those of the raw sockets are shared. */
  readonly #inboxes = new Map<4 | 6, Inbox>();
  #horizon = ns(0);
  #closed = false;

  private constructor(module: NativeModule, handle: Handle) {
    this.#module = module;
    this.#handle = handle;
  }

  /** @throws Error where it cannot be loaded (`loadNativeModule`) or has no thread */
  static open(): NativeEngine {
    const module = loadNativeModule() as NativeModule;
    const handle = module.open(FIRST_ID + (process.pid % IDS), Math.floor(Math.random() * 2 ** 32));
    if (typeof handle === 'number') throw new Error(`no thread for the native engine: ${errnoText(handle)}`);
    return new NativeEngine(module, handle);
  }

  /**
   * @param schedule `every_ns` 0: only what `once` sends. `size`: octets of payload.
   * @throws Error where this user may open neither a raw socket nor a ping socket, or the address is none
   */
  add(
    { address, family }: Destination,
    schedule: { readonly every_ns: number; readonly first_ns: number; readonly size: number },
    listener: NativeListener,
  ): NativeStream {
    const { every_ns, first_ns, size } = schedule;
    const [module, handle] = [this.#module, this.#handle];
    const opened = module.add(handle, address, family, every_ns, first_ns, size);
    if (typeof opened === 'number') throw new Error(errnoText(opened));
    const { stream, raw, stampsReceived, stampsSent } = opened;
    this.#listeners.set(stream, listener);
    const own: Inbox = { drops: () => this.#drops(stream) };
    return {
      inbox: raw === 1 ? this.#sharedInbox(family, own) : own,
      socket: raw === 1 ? 'raw' : 'ping',
      stamps: {
        sent: stampsSent === 1 ? 'kernel' : 'process',
        received: stampsReceived === 1 ? 'kernel' : 'process',
      },
      pace: (every) => module.pace(handle, stream, every),
      once: (hopLimit) => module.once(handle, stream, hopLimit),
      stop: () => {
        if (!this.#closed) module.stop(handle, stream);
      },
      close: () => {
        if (this.#closed) return;
        // Room for what it has missed.
        this.read();
        module.forget(handle, stream);
        this.read();
        this.#listeners.delete(stream);
      },
    };
  }

  get state(): NativeState {
    return this.#module.state(this.#handle);
  }

  /** Hands out what has finished. @returns the instant up to which everything that came was handed out */
  read(): Nanoseconds {
    if (this.#closed) return this.#horizon;
    this.#horizon = ns(this.#module.horizon(this.#handle));
    for (;;) {
      const count = this.#module.drain(this.#handle, this.#rows);
      for (let at = 0; at < count * CELLS; at += CELLS) this.#tell(at);
      if (count < ROOM) return this.#horizon;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#module.close(this.#handle);
  }

  #sharedInbox(family: 4 | 6, own: Inbox): Inbox {
    const shared = this.#inboxes.get(family) ?? own;
    this.#inboxes.set(family, shared);
    return shared;
  }

  #drops(stream: number): number | null {
    const drops = this.#closed ? -1 : this.#module.drops(this.#handle, stream);
    return drops < 0 ? null : drops;
  }

  #tell(at: number): void {
    const cells = this.#rows.subarray(at, at + CELLS) as unknown as readonly [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const [kind, stream, seq, first, second, third, fourth, fifth] = cells;
    const listener = this.#listeners.get(stream);
    if (listener === undefined) return;
    if (kind === MISSED) listener.missed(ns(first), second, ns(third));
    else if (kind === SENT)
      listener.sent(seq, {
        due: ns(first),
        before: ns(second),
        after: ns(third),
        failed: fourth === 0 ? null : fourth,
        stamped: fifth === 0 ? null : ns(fifth),
      });
    else if (kind === REPLY) listener.reply(seq, { received: ns(first), ttl: second < 0 ? null : second });
    else {
      const octets = new Uint8Array(this.#rows.buffer, (at + OCTETS_AT) * 8, 16);
      const from = addressOf(octets, third);
      listener.error(seq, { received: ns(first), type: second >> 8, code: second & 0xff, from });
    }
  }
}
