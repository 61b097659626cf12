import { describe, expect, test } from 'vitest';
import { timerAdvice, timerSpan } from '../../../src/analysis/twin/timers.js';
import type { Timer } from '../../../src/analysis/twin/timer.js';
import { sayAdvice } from '../../../src/report/chain/advice-words.js';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import type { Driver } from '../../../src/trigger/driver/schema.js';
import { chainOf, type LinkSpec } from './links.js';

const S = 1e9;
const HEARTBEAT: Timer = {
  what: 'heartbeats',
  link: 'detection',
  skew: false,
  usual: { every: S, times: 3 },
  least: { every: S / 5, times: 3 },
  source: 'https://example.com/timers',
};

const adviceOf = (timer: Timer, ...all: (readonly LinkSpec[])[]) =>
  timerAdvice(
    all.map((links, index) => chainOf(index + 1, links)),
    [{ driver: 'A box', timers: [timer] }],
  );

describe('what a timer makes', () => {
  test.each([
    [{ every: S, times: 3 }, false, [2, 3]],
    [{ every: S, times: 3 }, true, [2, 4]],
    [{ every: S, hold: 15 * S }, false, [14, 15]],
    [{ every: 0, hold: 2 * S }, false, [2, 2]],
    [{ every: S, times: 1 }, false, [0, 1]],
  ] as const)('%j, skew %s', (setting, skew, [least, most]) => {
    expect(timerSpan(setting, skew)).toEqual({ least_ns: least * S, most_ns: most * S });
  });
});

describe('advice', () => {
  const long: readonly LinkSpec[] = [
    { stage: 'detection', s: 2.6 },
    { stage: 'promotion', s: 0.2 },
    { s: 0.1 },
  ];

  test('is an interval, with its source, and no order', () => {
    const [advice, ...others] = adviceOf(HEARTBEAT, long, long);
    expect(others).toEqual([]);
    expect(advice).toMatchObject({ link: 'detection', less: { least_ns: 1.4 * S, most_ns: 2.25 * S } });
    expect(sayAdvice(advice!)).toBe(
      'detection is 2.55 to 2.65 s of outages of 2.88 to 2.92 s. heartbeats (A box) is 1s x 3 by default, which makes ' +
        '2.00 to 3.00 s; the least that is documented, 200ms x 3, makes 0.400 to 0.600 s: 1.40 to 2.25 s less, if it is ' +
        'at its default here. Source: https://example.com/timers',
    );
  });

  test('of a link that holds the timer, and is called otherwise', () => {
    const [advice] = adviceOf(HEARTBEAT, [
      { stage: 'promotion', name: 'detection and election', s: 3 },
      { s: 0.2 },
    ]);
    expect(advice).toMatchObject({ link: 'detection and election' });
  });

  test.each<[string, readonly LinkSpec[]]>([
    ['another link is longest', [{ stage: 'detection', s: 1 }, { stage: 'attach', s: 4 }, { s: 0.1 }]],
    [
      'it may be another',
      [{ stage: 'detection', s: 1, known: 0.5 }, { stage: 'attach', s: 1.2, known: 0.5 }, { s: 0.1 }],
    ],
    ['a hello divides it', [{ stage: 'hello', s: 0.5 }, { stage: 'detection', s: 2 }, { s: 0.1 }]],
    ['nothing divides the outage', [{ s: 3 }]],
  ])('is not given where %s', (_why, links) => {
    expect(adviceOf(HEARTBEAT, links)).toEqual([]);
  });

  test('is not given where it is so in some trials only', () => {
    expect(
      adviceOf(HEARTBEAT, long, [{ stage: 'detection', s: 0.1 }, { stage: 'promotion', s: 3 }, { s: 0.1 }]),
    ).toEqual([]);
  });

  test('is not given of a switchover, in which nothing is missed', () => {
    const chains = [chainOf(1, long, { action: 'switchover' })];
    expect(timerAdvice(chains, [{ driver: 'A box', timers: [HEARTBEAT] }])).toEqual([]);
  });

  test('says where nothing shorter is documented, and where it is set to something else', () => {
    const [least] = adviceOf({ ...HEARTBEAT, least: HEARTBEAT.usual }, long);
    expect(sayAdvice(least!)).toContain('nothing shorter is documented');
    const [quick] = adviceOf(HEARTBEAT, [{ stage: 'detection', s: 1 }, { s: 0.1 }]);
    expect(quick).toMatchObject({ isUnusual: true, less: null });
    expect(sayAdvice(quick!)).toContain('set to something else here');
  });

  test('of a promotion begins with the peer’s death, and with no API between', () => {
    const hold: Timer = {
      ...HEARTBEAT,
      link: 'promotion',
      usual: { every: 0, hold: 2 * S },
      least: { every: 0, hold: S / 2 },
    };
    const [advice] = adviceOf(hold, [
      { stage: 'detection', s: 1 },
      { stage: 'promotion', s: 2.4 },
      { s: 0.1 },
    ]);
    expect(advice).toMatchObject({ less: { least_ns: 1.5 * S, most_ns: 1.5 * S } });
    expect(
      adviceOf(hold, [
        { stage: 'detection', s: 1 },
        { stage: 'attach', s: 1 },
        { stage: 'promotion', s: 3 },
        { s: 0.1 },
      ]),
    ).toEqual([]);
  });
});

describe('the documented timers of the drivers', () => {
  const load = async (): Promise<readonly Driver[]> => [...(await loadDrivers()).values()];

  test('have a source, and a least that is not more than the default', async () => {
    const drivers = await load();
    const timed = drivers.filter(({ timers }) => timers.length > 0);
    expect(timed.length).toBeGreaterThanOrEqual(10);
    for (const { name, timers } of timed)
      for (const { usual, least, skew, source } of timers) {
        const [byDefault, shortest] = [timerSpan(usual, skew), timerSpan(least, skew)];
        expect(shortest.most_ns, name).toBeLessThanOrEqual(byDefault.most_ns);
        expect(shortest.least_ns, name).toBeLessThanOrEqual(byDefault.least_ns);
        expect(new URL(source).protocol, name).toBe('https:');
      }
  });

  test('are figures that their makers print', async () => {
    const drivers = await load();
    const spanOf = (name: string) => {
      const { usual, skew } = drivers.find((driver) => driver.name === name)!.timers[0]!;
      const { least_ns, most_ns } = timerSpan(usual, skew);
      return [least_ns / S, most_ns / S];
    };
    expect(spanOf('srx')).toEqual([2, 3]);
    expect(spanOf('asa')).toEqual([14, 15]);
    expect(spanOf('fortios').map((each) => Number(each.toFixed(3)))).toEqual([1, 1.2]);
    expect(spanOf('keepalived')).toEqual([2, 4]);
  });
});
