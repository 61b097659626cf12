import { describe, expect, test } from 'vitest';
import { theOne } from '../../../src/cli/ongoing/call.js';
import type { FoundOngoing } from '../../../src/cli/ongoing/registry.js';

const going = (pid: number, run: string | null, life: FoundOngoing['life'] = 'alive'): FoundOngoing => ({
  format: 1,
  kind: 'watch',
  what: '10.4.4.4',
  run,
  since_utc: '2026-11-30T20:04:10.000Z',
  background: true,
  socket: '/tmp/seqgap-desk-x/desk',
  holder: { pid, start: '1', host: 'jump', machine: null, boot: 'b', pidns: null, init: null },
  life,
  path: '',
});

const words = { none: 'no watch is going on', remedy: 'start one' };
const one = going(11, '/results/watch/20261130T200410Z-fw');
const other = going(12, '/results/watch/20261130T200411Z-fw');

describe('which of those that go on is meant', () => {
  test('the only one; what was killed does not go on', () => {
    expect(theOne([going(10, null, 'gone'), one], undefined, words)).toBe(one);
    expect(() => theOne([going(10, null, 'gone')], undefined, words)).toThrow('no watch is going on');
  });

  test('of several the one that is named: by its folder, the name of that, or its process', () => {
    for (const word of ['/results/watch/20261130T200411Z-fw', '20261130T200411Z-fw', '12'])
      expect(theOne([one, other], word, words)).toBe(other);
    expect(() => theOne([one, other], undefined, words)).toThrow(
      'several are going on: watch of 10.4.4.4 (/results/watch/20261130T200410Z-fw), pid 11; watch of',
    );
    expect(() => theOne([one, other], '13', words)).toThrow('nothing that goes on is called "13"');
  });
});
