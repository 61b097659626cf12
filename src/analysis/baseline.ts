import { fromMs, type Nanoseconds, ns } from '../model/time.js';
import { DurationHistogram } from './quantile.js';

/** What the good probes of one stretch of time say about the path: round-trip times and TTLs. */
export class PathSample {
  readonly rtt = new DurationHistogram();
  private readonly ttls = new Uint32Array(256);
  private stampError_ns: number;
  private ttlSeen = false;

  /** @param stampError_ns by how much two send stamps of the engine may be off against each other. */
  constructor(stampError_ns = 0) {
    this.stampError_ns = stampError_ns;
  }

  add(rtt_ns: number, ttl: number | null): void {
    this.rtt.add(rtt_ns);
    if (ttl === null || ttl < 0 || ttl > 255) return;
    this.ttls[ttl] = (this.ttls[ttl] ?? 0) + 1;
    this.ttlSeen = true;
  }

  /** Send stamps turned out to be off against each other by this much more. */
  widen(error_ns: number): void {
    this.stampError_ns += error_ns;
  }

  /** d of the bounds: max - min of the delay, and the engine's own error. */
  jitter_ns(): number {
    return this.stampError_ns + (this.rtt.count === 0 ? 0 : this.rtt.max_ns - this.rtt.min_ns);
  }

  /** The most frequent TTL, the lowest of several; null if none was seen. */
  ttl(): number | null {
    if (!this.ttlSeen) return null;
    return this.ttls.indexOf(this.ttls.reduce((most, count) => Math.max(most, count), 0));
  }

  clear(): void {
    this.rtt.clear();
    if (this.ttlSeen) this.ttls.fill(0);
    this.ttlSeen = false;
  }
}

const LEAST_THRESHOLD_NS = fromMs(100);

/**
 * The Forwarding Delay Threshold (RFC 6412 §3.6.3) where the scenario sets none: max(100 ms, twice the slowest
 * round trip of the baseline).
 */
export const derivedThreshold = (baseline: PathSample): Nanoseconds =>
  ns(baseline.rtt.count === 0 ? LEAST_THRESHOLD_NS : Math.max(LEAST_THRESHOLD_NS, 2 * baseline.rtt.max_ns));
