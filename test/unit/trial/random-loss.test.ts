import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/analysis/statistics/random.js';
import { fromMs, ns } from '../../../src/model/time.js';
import type { LiveStream } from '../../../src/probe/protocol.js';
import { RandomLoss, hasHeld, type Cleanness } from '../../../src/trial/forwarding.js';

const LOOK_MS = 250;

/** Looks at a stream of a probe every 10 ms, four times a second. @param isLost by the instant in ms */
const looksAt = (isLost: (at_ms: number) => boolean, allowed: number, until_ms: number): Cleanness[] => {
  const tolerance = new RandomLoss(allowed);
  const looks: Cleanness[] = [];
  let [sent, bad, good, run, down] = [0, 0, 0, 0, null as number | null];
  for (let at = 0; at < until_ms; at += 10) {
    sent++;
    if (isLost(at)) {
      bad++;
      run = 0;
      down ??= at;
    } else {
      good = at;
      run++;
      down = null;
    }
    if (at % LOOK_MS !== 0) continue;
    const stream: LiveStream = {
      name: 'ping',
      sent,
      answered: sent - bad,
      bad,
      clean_from_ns: null,
      last_good_ns: fromMs(good),
      good_run: run,
      down_since_ns: down === null ? null : fromMs(down),
      refused_since_ns: null,
      rtt_ms: 1,
      cause: null,
    };
    looks.push(tolerance.look([stream]));
  }
  return looks;
};

const randomLoss = (share: number, seed: number): ((at_ms: number) => boolean) => {
  const random = seededRandom(seed);
  return () => random() < share;
};

describe('a scenario that allows random loss', () => {
  it('is steady with as much of it, and not with five times as much', () => {
    const held = (share: number): number =>
      Array.from({ length: 50 }, (_, seed) =>
        looksAt(randomLoss(share, seed + 1), 0.02, 20_000).at(-1)!,
      ).filter((look) => hasHeld(look, fromMs(15_000), ns(0))).length;
    expect(held(0.02)).toBe(50);
    expect(held(0.1)).toBe(0);
  });

  it('takes no refusal for random loss: the service is not back', () => {
    const tolerance = new RandomLoss(0.02);
    const looked = (sent: number, refused_ms: number | null): Cleanness =>
      tolerance.look([
        {
          ...{
            name: 'web',
            sent,
            answered: sent,
            bad: 0,
            clean_from_ns: ns(0),
            last_good_ns: fromMs(sent * 10),
          },
          ...{ good_run: sent, down_since_ns: null, rtt_ms: 1, cause: null },
          refused_since_ns: refused_ms === null ? null : fromMs(refused_ms),
        },
      ]);
    expect(looked(25, null).since_ns).not.toBeNull();
    expect(looked(50, 400)).toMatchObject({ since_ns: null, bad: 1 });
    expect(looked(75, 400)).toMatchObject({ since_ns: null, bad: 1 });
    expect(looked(100, null)).toMatchObject({ since_ns: fromMs(1000), bad: 1 });
  });

  it('sees an outage in it at once, and its recovery within a look', () => {
    const random = randomLoss(0.02, 7);
    const looks = looksAt((at) => (at >= 10_000 && at < 13_000) || random(at), 0.02, 20_000);
    expect(looks[10_000 / LOOK_MS]).toMatchObject({ bad: 0 });
    expect(looks[10_250 / LOOK_MS]).toMatchObject({ bad: 1, since_ns: null });
    expect(looks[12_750 / LOOK_MS]!.since_ns).toBeNull();
    const since = looks.at(-1)!.since_ns!;
    expect(since).toBeGreaterThanOrEqual(fromMs(13_000));
    expect(since).toBeLessThanOrEqual(fromMs(13_600));
    expect(hasHeld(looks[17_000 / LOOK_MS]!, fromMs(5000), ns(0))).toBe(false);
    expect(hasHeld(looks[19_000 / LOOK_MS]!, fromMs(5000), ns(0))).toBe(true);
  });

  it('is never clean without a stream', () => {
    expect(new RandomLoss(0.01).look([])).toMatchObject({ since_ns: null, run: 0 });
  });
});
