import { expect, test } from 'vitest';
import type { HostFigures } from '../../../src/model/run.js';
import { sayHost } from '../../../src/report/run/run-words.js';

const HOST: HostFigures = {
  lateness_p50_ms: 0.08,
  lateness_p99_ms: 0.21,
  lateness_max_ms: 1.9,
  clock_source: 'tsc',
  ntp: 'synchronised',
  kernel: '6.18.5',
  cpus: 2,
  steal_share: 0.01,
};

test.each([
  [{}, 'timer lateness p99 0.21 ms, clock tsc, NTP synchronised'],
  [
    { ntp: 'not-synchronised', steal_share: 0.123 },
    'timer lateness p99 0.21 ms, clock tsc, NTP not synchronised, 12 % of the CPU stolen',
  ],
  // What is not known is said to be so, and never a 0.
  [
    { lateness_p99_ms: null, clock_source: null, ntp: null, steal_share: null },
    'timer lateness p99 unknown, clock unknown, NTP state unknown',
  ],
] as const)('a host with %j', (changes, text) => {
  expect(sayHost({ ...HOST, ...changes })).toBe(text);
});
