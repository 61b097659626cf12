import { getSystemErrorMap } from 'node:util';
import type { Stamps } from '../../model/event.js';
import type { Reflected } from '../../model/probe.js';
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
    port: number,
    ssid: number,
    ptp: number,
    localPort: number,
  ): { stream: number; raw: number; stampsReceived: number; stampsSent: number; localPort: number } | number;
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
const ERROR = 4;
const CELLS = 10;
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
  /** @param ttl its own. @param reflected by STAMP: what the reflector says */
  reply(
    seq: number,
    reply: {
      readonly received: Nanoseconds;
      readonly ttl: number | null;
      readonly reflected: (Reflected & { readonly ttl: number | null }) | null;
    },
  ): void;
  /** @param seq null: the error does not quote so much of the probe */
  error(
    seq: number | null,
    error: {
      readonly received: Nanoseconds;
      readonly type: number;
      readonly code: number;
      readonly from: string;
    },
  ): void;
  /** So many octets came to a STAMP stream from its target, and are no answer to a probe. */
  stranger(octets: number): void;
}

/** What a STAMP sender says of itself in its packets, and to which port it sends. */
export interface NativeStamp {
  readonly port: number;
  readonly ssid: number;
  readonly ptp: boolean;
  /** It is sent from there; null: from any that is free. */
  readonly localPort: number | null;
}

/** A stream of the engine. `stop`: nothing is sent after it; `close` lets go of it when all that is known was told. */
export interface NativeStream {
  readonly inbox: Inbox;
  /** Of STAMP; else null. */
  readonly localPort: number | null;
  /** `ping`: one of an ordinary user (net.ipv4.ping_group_range), where raw sockets are not permitted; `udp`: of STAMP. */
  readonly socket: 'raw' | 'ping' | 'udp';
  readonly stamps: Stamps;
  pace(every_ns: Nanoseconds): void;
  /** One more now, whatever the schedule, with this hop limit. */
  once(hopLimit: number): void;
  stop(): void;
  close(): void;
}

const hopLimit = (told: number): number | null => (told < 0 ? null : told);

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
  readonly #listeners = new Map<number, { readonly listener: NativeListener; readonly isStamp: boolean }>();
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
   * @param stamp null: ICMP echo
   * @throws Error where this user may open no such socket, or the address is none
   */
  add(
    { address, family }: Destination,
    schedule: { readonly every_ns: number; readonly first_ns: number; readonly size: number },
    stamp: NativeStamp | null,
    listener: NativeListener,
  ): NativeStream {
    const { every_ns, first_ns, size } = schedule;
    const { port, ssid, ptp, localPort: wanted } = stamp ?? { port: 0, ssid: 0, ptp: false, localPort: null };
    const [module, handle] = [this.#module, this.#handle];
    const opened = module.add(
      handle,
      address,
      family,
      every_ns,
      first_ns,
      size,
      port,
      ssid,
      Number(ptp),
      wanted ?? 0,
    );
    if (typeof opened === 'number') throw new Error(errnoText(opened));
    const { stream, raw, stampsReceived, stampsSent, localPort } = opened;
    this.#listeners.set(stream, { listener, isStamp: stamp !== null });
    const own: Inbox = { drops: () => this.#drops(stream) };
    return {
      inbox: raw === 1 ? this.#sharedInbox(family, own) : own,
      localPort: localPort === 0 ? null : localPort,
      socket: stamp !== null ? 'udp' : raw === 1 ? 'raw' : 'ping',
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
    const rows = this.#rows;
    const cell = (i: number): number => rows[at + i] as number;
    const known = this.#listeners.get(cell(1));
    if (known === undefined) return;
    const { listener, isStamp } = known;
    const [seq, first] = [cell(2), ns(cell(3))];
    switch (cell(0)) {
      case MISSED:
        listener.missed(first, cell(4), ns(cell(5)));
        return;
      case SENT:
        listener.sent(seq, {
          due: first,
          before: ns(cell(4)),
          after: ns(cell(5)),
          failed: cell(6) === 0 ? null : cell(6),
          stamped: cell(7) === 0 ? null : ns(cell(7)),
        });
        return;
      case REPLY: {
        const told = { seq: cell(6), received_ns: ns(cell(7)), sent_ns: ns(cell(8)), ttl: hopLimit(cell(9)) };
        listener.reply(seq, { received: first, ttl: hopLimit(cell(4)), reflected: isStamp ? told : null });
        return;
      }
      case ERROR: {
        const octets = new Uint8Array(rows.buffer, (at + OCTETS_AT) * 8, 16);
        const [what, from] = [cell(4), addressOf(octets, cell(5))];
        listener.error(seq < 0 ? null : seq, {
          received: first,
          type: what >> 8,
          code: what & 0xff,
          from,
        });
        return;
      }
      default:
        listener.stranger(cell(4));
    }
  }
}
