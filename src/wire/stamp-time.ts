import { readAnchor } from '../clock.js';
import { fromMs, NS_PER_S, ns, type Clock, type ClockAnchor, type Nanoseconds } from '../model/time.js';

/** Time of day: whole seconds since 1970 (UTC) and nanoseconds. One double would be 256 ns coarse. */
export interface TimeOfDay {
  readonly s: number;
  readonly ns: number;
}

export type TimeFormat = 'ntp' | 'ptp';

/** From 1900 to 1970. */
const NTP_EPOCH_S = 2_208_988_800;
const SPAN = 2 ** 32;

/** Writes 8 octets: NTP 64-bit (RFC 5905 §6) or truncated PTPv2 (RFC 8186 §2.1). */
export const writeTime = (buffer: Buffer, offset: number, time: TimeOfDay, format: TimeFormat): void => {
  const seconds = format === 'ntp' ? time.s + NTP_EPOCH_S : time.s;
  buffer.writeUInt32BE(seconds % SPAN, offset);
  const low = format === 'ntp' ? Math.min(Math.round((time.ns * SPAN) / NS_PER_S), SPAN - 1) : time.ns;
  buffer.writeUInt32BE(low, offset + 4);
};

/** The inverse; seconds are taken to lie between 1968 and 2104 (RFC 4330 §3, for the wrap of 2036). */
export const readTime = (buffer: Buffer, offset: number, format: TimeFormat): TimeOfDay => {
  const high = buffer.readUInt32BE(offset);
  const low = buffer.readUInt32BE(offset + 4);
  if (format === 'ptp') return { s: high, ns: low };
  return {
    s: (high < SPAN / 2 ? high + SPAN : high) - NTP_EPOCH_S,
    ns: Math.round((low * NS_PER_S) / SPAN),
  };
};

/** The wall clock may be slewed and stepped; beyond this the stamps follow it. */
const DRIFT = fromMs(20);
const LOOK_EVERY = fromMs(1000);

/** Time of day for stamps in packets, told from the monotonic clock, so that it runs evenly. */
export class StampClock {
  readonly #clock: Clock;
  #anchor: ClockAnchor;
  #lookedAt: Nanoseconds;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#anchor = readAnchor(clock);
    this.#lookedAt = this.#anchor.monotonic_ns;
  }

  at(monotonic: Nanoseconds): TimeOfDay {
    const { monotonic_ns, wall_ms } = this.#anchor;
    const rest = (wall_ms % 1000) * 1e6 + Math.round(monotonic - monotonic_ns);
    const carry = Math.floor(rest / NS_PER_S);
    return { s: Math.floor(wall_ms / 1000) + carry, ns: rest - carry * NS_PER_S };
  }

  /** A time of day on the monotonic clock, as if it had been told by this host's wall clock. */
  monotonic(time: TimeOfDay): Nanoseconds {
    const { monotonic_ns, wall_ms } = this.#anchor;
    const whole = (time.s - Math.floor(wall_ms / 1000)) * NS_PER_S;
    return ns(Math.round(monotonic_ns + whole + time.ns - (wall_ms % 1000) * 1e6));
  }

  /** For a program that runs for days: the stamps follow the wall clock where it has moved away. */
  follow(now: Nanoseconds): void {
    if (now - this.#lookedAt < LOOK_EVERY) return;
    this.#lookedAt = now;
    const fresh = readAnchor(this.#clock, 1);
    const { monotonic_ns, wall_ms } = this.#anchor;
    const drift = fresh.monotonic_ns - monotonic_ns - fromMs(fresh.wall_ms - wall_ms);
    if (Math.abs(drift) > DRIFT) this.#anchor = readAnchor(this.#clock);
  }
}
