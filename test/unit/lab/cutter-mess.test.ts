import { expect, test } from 'vitest';
import {
  bothWays,
  DELAY_LINES,
  delayRoutes,
  detourRules,
  eachWay,
  randomRules,
  sessionRules,
} from '../../../src/lab/cutter/mess.js';
import { cutterRules, mendRules } from '../../../src/lab/cutter/topology.js';

test('every rule is made in a chain that the cutter has, empty', () => {
  const lines = [randomRules(0.02), randomRules(0), detourRules('far'), detourRules(null), sessionRules];
  const chains = lines.flatMap((line) => [...line.matchAll(/(?:rule|chain) inet cutter (\w+)/g)]);
  expect(chains.length).toBeGreaterThan(lines.length);
  for (const [, chain] of chains) expect(cutterRules).toContain(`chain ${chain} {\n    }`);
});

test('mending an outage ends that of sessions, and leaves random loss and detours', () => {
  for (const chain of ['cut_forward', 'cut_reverse']) {
    expect(sessionRules).toContain(chain);
    expect(mendRules).toContain(chain);
  }
  expect(mendRules).not.toMatch(/lottery|detour/);
});

test('random loss is of each packet, to a millionth, and replaces what was before', () => {
  expect(randomRules(0.001)).toBe(
    'flush chain inet cutter lottery; add rule inet cutter lottery numgen random mod 1000000 < 1000 drop',
  );
  expect(randomRules(0)).toBe('flush chain inet cutter lottery');
});

test('a round trip is lost where either way loses it', () => {
  expect(bothWays(0.1)).toBeCloseTo(0.19, 12);
  expect(bothWays(eachWay(0.9))).toBeCloseTo(0.9, 12);
});

test('each delay line has a device, a mark and a table of its own, for both families', () => {
  expect(new Set(DELAY_LINES.map(({ mark }) => mark)).size).toBe(DELAY_LINES.length);
  for (const line of DELAY_LINES) {
    expect(detourRules(line.name)).toContain(`mark set ${line.mark}`);
    expect(delayRoutes(line).filter((each) => each.endsWith(`table ${line.mark}`))).toHaveLength(2);
  }
});
