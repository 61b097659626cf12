import { expect, test } from 'vitest';
import { fromMs } from '../../../src/model/time.js';
import { nextFlowPort } from '../../../src/probe/stream/tcp.js';
import { figuresOf, liveOf } from '../../../src/probe/send/flows.js';
import { LatenessHistogram } from '../../../src/probe/send/lateness.js';
import { Ledger } from '../../../src/probe/send/ledger.js';

const ORIGIN = fromMs(1000);
const lateness = new LatenessHistogram();
const ledgerOf = (flow: number, rows: string[] = []): Ledger =>
  new Ledger('udp', fromMs(1000), ORIGIN, (line) => rows.push(line), { flow, lateness });

/** Probes every 10 ms from the origin on; the answers come 1 ms later, none where the pattern has an `x`. */
const probes = (ledger: Ledger, pattern: string, last = 0): void => {
  Array.from(pattern, (letter, index) => {
    const at = fromMs(1000 + index * 10 + last);
    const seq = ledger.sending(at, at);
    if (letter === '.')
      ledger.answer(seq, { outcome: 'answered', received: fromMs(1001 + index * 10 + last) });
    if (letter === 'u') ledger.answer(seq, { outcome: 'unreachable', received: at });
  });
};

test('a stream is as clean as the worst of its flows', () => {
  const [good, bad] = [ledgerOf(0), ledgerOf(1)];
  probes(good, '.....');
  probes(bad, '...uu');
  const live = liveOf([good, bad], fromMs(1100));
  expect(live).toMatchObject({ name: 'udp', sent: 10, answered: 8, bad: 2, good_run: 0 });
  expect(live).toMatchObject({ clean_from_ns: null, last_good_ns: fromMs(20), down_since_ns: fromMs(30) });
});

test('and it is clean since the last of them is', () => {
  const [early, late] = [ledgerOf(0), ledgerOf(1)];
  probes(early, '.....');
  probes(late, 'u....');
  expect(liveOf([early, late], fromMs(1100))).toMatchObject({
    clean_from_ns: fromMs(10),
    good_run: 4,
    down_since_ns: null,
    refused_since_ns: null,
  });
});

test('a flow that has sent nothing yet is not clean', () => {
  const [begun, waiting] = [ledgerOf(0), ledgerOf(1)];
  probes(begun, '.....');
  expect(liveOf([begun, waiting], fromMs(1100))).toMatchObject({ clean_from_ns: null, last_good_ns: null });
});

test('figures are sums, rows carry the flow', () => {
  const rows: string[] = [];
  const [one, two] = [ledgerOf(0, rows), ledgerOf(7, rows)];
  probes(one, '..');
  probes(two, '.');
  two.missed(fromMs(1010));
  for (const ledger of [one, two]) ledger.close();
  expect(figuresOf([one, two])).toMatchObject({ sent: 3, unsent: 1, local_blocked: 0 });
  expect(rows.map((row) => row.split(',').slice(0, 3).join())).toEqual([
    'udp,0,0',
    'udp,0,1',
    'udp,7,0',
    'udp,7,1',
  ]);
});

test('a remark is the cause only of what stays without an answer', () => {
  const rows: string[] = [];
  const ledger = ledgerOf(0, rows);
  probes(ledger, 'xx');
  expect([ledger.newestWaiting(), ledger.newestWaiting(1)]).toEqual([1, 0]);
  ledger.remark(0, 'not-stamp');
  ledger.remark(1, 'not-stamp');
  ledger.answer(1, { outcome: 'answered', received: fromMs(1020) });
  expect(ledger.newestWaiting(0)).toBeNull();
  ledger.close();
  expect(
    rows.map((row) => row.split(',')).map(([, , , outcome, , , , , , cause]) => [outcome, cause]),
  ).toEqual([
    ['lost', 'not-stamp'],
    ['answered', ''],
  ]);
});

test('flow ports are above those that Linux hands out, each another', () => {
  const ports = Array.from({ length: 64 }, nextFlowPort);
  expect(new Set(ports).size).toBe(64);
  for (const port of ports) expect(port >= 61_000 && port <= 65_535).toBe(true);
});
