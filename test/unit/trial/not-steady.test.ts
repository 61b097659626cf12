import { expect, test } from 'vitest';
import { fromMs, ns } from '../../../src/model/time.js';
import { Ledger } from '../../../src/probe/send/ledger.js';
import type { LiveStream } from '../../../src/probe/protocol.js';
import { sayNotSteady } from '../../../src/trial/forwarding.js';

/** A stream whose probes were all lost, by these causes. */
const lost = (name: string, causes: readonly (string | null)[]): LiveStream => {
  const ledger = new Ledger(name, fromMs(100), ns(0), () => {});
  for (const [index, cause] of causes.entries()) {
    const seq = ledger.sending(fromMs(index), fromMs(index));
    if (cause !== null) ledger.remark(seq, cause);
  }
  ledger.advance(fromMs(1000));
  return ledger.live(fromMs(1000));
};

test('the most frequent cause, in words where there are any', () => {
  const causes = ['not-stamp', 'port-unreachable', null, null, 'port-unreachable'];
  expect(sayNotSteady([lost('udp', causes)], 'never answered')).toBe(
    'stream udp never answered: nobody listens there (port-unreachable)',
  );
  expect(sayNotSteady([lost('udp', ['not-stamp'])], 'not clean for 2 s')).toBe(
    'stream udp not clean for 2 s: what answers is no STAMP (not-stamp)',
  );
});

test('several streams: each cause once; none that is known: none', () => {
  const streams = [lost('a', ['host-unreachable']), lost('b', ['host-unreachable']), lost('c', [null])];
  expect(sayNotSteady(streams, 'never answered')).toBe('stream a, b, c never answered: host-unreachable');
  expect(sayNotSteady([lost('c', [null])], 'never answered')).toBe('stream c never answered');
  expect(sayNotSteady([], 'never answered')).toBe('stream (none) never answered');
});
