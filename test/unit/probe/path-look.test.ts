import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { lookAtHops, readRoute, type LookAnswer, type Looker } from '../../../src/probe/path-look.js';
import { fromMs, ns } from '../../../src/model/time.js';

/** A path whose routers answer at once; null: one that never does. The last one is the target, unless it is null. */
const pathOf = (
  routers: readonly (string | null)[],
): Looker & { readonly sent: number[]; closed: boolean } => {
  const answers: LookAnswer[] = [];
  const looker = {
    sent: [] as number[],
    closed: false,
    answers,
    send: (limit: number) => {
      looker.sent.push(limit);
      const at = systemClock.monotonic();
      const index = Math.min(limit, routers.length) - 1;
      const from = routers[index] ?? null;
      const received = ns(at + fromMs(2));
      if (from !== null) answers.push({ limit, from, received, arrived: index === routers.length - 1 });
      return at;
    },
    close: () => {
      looker.closed = true;
    },
  };
  return looker;
};

describe('hops', () => {
  test('one packet each, up to the target, with the round trip to each', async () => {
    const looker = pathOf(['10.0.0.1', '10.0.1.1', '10.4.4.4']);
    expect(await lookAtHops(looker)).toEqual({
      hops: ['10.0.0.1', '10.0.1.1', '10.4.4.4'].map((address) => ({ address, rtt_ms: 2 })),
      reached: true,
    });
    expect(looker.sent).toEqual([1, 2, 3]);
    expect(looker.closed).toBe(true);
  });

  test('a hop that keeps silent has no address, and the others stand', async () => {
    const { hops, reached } = await lookAtHops(pathOf(['10.0.0.1', null, '10.4.4.4']));
    expect(hops.map(({ address }) => address)).toEqual(['10.0.0.1', null, '10.4.4.4']);
    expect(reached).toBe(true);
  });

  test('where the target does not answer it ends with the last hop that did, after a bounded number', async () => {
    const looker = pathOf(['10.0.0.1', '10.0.1.1', null]);
    const { hops, reached } = await lookAtHops(looker);
    expect(hops.map(({ address }) => address)).toEqual(['10.0.0.1', '10.0.1.1']);
    expect(reached).toBe(false);
    expect(looker.sent).toHaveLength(12);
  });

  test('a send that fails ends the look, and lets go', async () => {
    const looker = pathOf(['10.4.4.4']);
    looker.send = () => {
      throw new Error('ENETDOWN');
    };
    await expect(lookAtHops(looker)).rejects.toThrow('ENETDOWN');
    expect(looker.closed).toBe(true);
  });
});

test.each([
  // As iproute2 6.1 prints it.
  [
    '[{"dst":"10.4.4.4","gateway":"10.4.3.1","dev":"trust","prefsrc":"10.4.3.4","flags":[],"uid":0,"cache":[]}]',
    { gateway: '10.4.3.1', device: 'trust', source: '10.4.3.4' },
  ],
  [
    '[{"dst":"10.4.3.9","dev":"trust","prefsrc":"10.4.3.4","flags":[],"uid":0,"cache":[]}]',
    { gateway: null, device: 'trust', source: '10.4.3.4' },
  ],
  [
    '[{"dst":"10.4.4.4","via":{"family":"inet6","host":"fe80::1"},"dev":"eth0","prefsrc":"10.4.3.4"}]',
    { gateway: 'fe80::1', device: 'eth0', source: '10.4.3.4' },
  ],
  ['RTNETLINK answers: Network is unreachable', null],
  ['[]', null],
  ['', null],
])('reads a route: %s', (text, route) => expect(readRoute(text)).toEqual(route));
