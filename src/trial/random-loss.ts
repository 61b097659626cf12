import { isExplained } from '../analysis/statistics/share-interval.js';
import { ns, type Nanoseconds } from '../model/time.js';
import type { LiveStream } from '../probe/protocol.js';
import type { Cleanness } from './forwarding.js';

/** Four looks a second at each stream for minutes: none of them is to mistake chance for an outage. */
const RARE = 1e-5;

/** A stream since it was last down. */
interface Stretch {
  since_ns: Nanoseconds | null;
  sent: number;
  bad: number;
  /** At the look before. */
  lastSent: number;
  lastBad: number;
}

/**
 * As `cleanness`, where the scenario allows a share of the probes to be lost at random: a stream is clean since it last lost
 * more than that explains, at one look or since it was clean.
 */
export class RandomLoss {
  readonly #allowed: number;
  readonly #stretches = new Map<string, Stretch>();
  #events = 0;

  /** @param allowed share of the probes, 0..1 */
  constructor(allowed: number) {
    this.#allowed = allowed;
  }

  /** @returns `bad`: how often a stream lost more than is allowed, not how many probes. */
  look(streams: readonly LiveStream[]): Cleanness {
    const looked = streams.map((stream) => ({ stream, stretch: this.#at(stream) }));
    const isDown = looked.some(({ stretch }) => stretch.since_ns === null);
    const since = Math.max(0, ...looked.map(({ stretch }) => stretch.since_ns ?? 0));
    const newest = Math.min(...looked.map(({ stream }) => stream.last_good_ns ?? -Infinity));
    const none = streams.length === 0 || isDown;
    const down = looked.flatMap(({ stream, stretch }) =>
      stretch.since_ns === null && stream.down_since_ns !== null ? [stream.down_since_ns] : [],
    );
    return {
      since_ns: none ? null : ns(since),
      for_ns: none ? ns(0) : ns(Math.max(0, newest - since)),
      run: none ? 0 : Math.min(...looked.map(({ stream, stretch }) => stream.sent - stretch.sent)),
      bad: this.#events,
      downSince_ns: down.length === 0 ? null : ns(Math.min(...down)),
    };
  }

  #at(stream: LiveStream): Stretch {
    const { name, sent, bad, last_good_ns, down_since_ns, refused_since_ns } = stream;
    const known = this.#stretches.get(name);
    if (known === undefined) {
      const began = { since_ns: last_good_ns, sent, bad, lastSent: sent, lastBad: bad };
      this.#stretches.set(name, began);
      return began;
    }
    const isChance = (losses: number, probes: number): boolean =>
      isExplained(losses, probes, this.#allowed, RARE);
    const chance =
      refused_since_ns === null &&
      isChance(bad - known.lastBad, sent - known.lastSent) &&
      isChance(bad - known.bad, sent - known.sent);
    known.lastSent = sent;
    known.lastBad = bad;
    if (!chance) {
      if (known.since_ns !== null) this.#events++;
      known.since_ns = null;
      known.sent = sent;
      known.bad = bad;
    } else if (known.since_ns === null && down_since_ns === null) known.since_ns = last_good_ns;
    return known;
  }
}
