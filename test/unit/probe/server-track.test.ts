import { expect, test } from 'vitest';
import { decodeHeartbeat, type HeartbeatRow } from '../../../src/model/probe.js';
import { fromMs, ns } from '../../../src/model/time.js';
import { ServerTrack } from '../../../src/probe/session/server-track.js';
import { rowWriter } from '../../../src/probe/session/session-track.js';
import { decodeOrder, encodeOrder, serverFrame, type Order } from '../../../src/wire/echo-protocol.js';

const newTrack = (idle = false) => {
  const rows: HeartbeatRow[] = [];
  const row = rowWriter('echo', 3, ns(0), (line) => rows.push(decodeHeartbeat(line)));
  const of = { session: 'echo', connection: 3, octets: 64, token: 't', heartbeat_ns: fromMs(100), idle };
  return { track: new ServerTrack(of, row), rows };
};

/** Heartbeat `seq`, sent at so many ms of the server's clock. */
const frame = (seq: number, ms: number): Buffer => serverFrame('echo#3', seq, ms * 1000, 64);

test('rows tell of the delay beyond the fastest, whatever the server’s clock says', () => {
  const { track, rows } = newTrack();
  track.receive(Buffer.concat([frame(0, 7000)]), fromMs(50));
  const second = frame(1, 7100);
  track.receive(second.subarray(0, 20), fromMs(170));
  track.receive(second.subarray(20), fromMs(190));
  expect(rows.map(({ seq, sent_ns, echoed_ns }) => [seq, sent_ns, echoed_ns])).toEqual([
    [0, fromMs(50), fromMs(50)],
    [1, fromMs(150), fromMs(190)],
  ]);
  expect(track).toMatchObject({ answered: 2, bytes: 128, fault: null, waitingSince: fromMs(300) });
});

test('heartbeats that were due and never came are rows without an echo', () => {
  const { track, rows } = newTrack();
  track.receive(frame(0, 7000), fromMs(50));
  track.close(fromMs(360));
  expect(rows.map(({ seq, sent_ns, echoed_ns }) => [seq, sent_ns, echoed_ns])).toEqual([
    [0, fromMs(50), fromMs(50)],
    [1, fromMs(150), null],
    [2, fromMs(250), null],
    [3, fromMs(350), null],
  ]);
});

test('an idle one is not waited for until it is to speak', () => {
  const { track, rows } = newTrack(true);
  track.receive(frame(0, 7000), fromMs(50));
  expect(track.waitingSince).toBeNull();
  track.speak(fromMs(900));
  track.close(fromMs(950));
  expect(rows.map(({ seq, sent_ns, echoed_ns }) => [seq, sent_ns, echoed_ns])).toEqual([
    [0, fromMs(50), fromMs(50)],
    [1, fromMs(900), null],
  ]);
});

test('a heartbeat that is missing, repeated or of another session is garbled', () => {
  for (const wrong of [frame(2, 7200), frame(0, 7000), serverFrame('echo#4', 1, 1, 64), Buffer.from('?\n')]) {
    const { track } = newTrack();
    track.receive(frame(0, 7000), fromMs(50));
    track.receive(wrong, fromMs(160));
    expect(track.fault).toMatchObject({ ending: 'garbled' });
  }
});

test.each<Order>([
  { order: 'server-first', token: 'a1', session: 'echo#12', heartbeat_ms: 250, octets: 64, idle: true },
  { order: 'wake', token: 'a1' },
  { order: 'quiet', token: 'a1' },
])('an order is read as it was written: $order', (order) => {
  expect(decodeOrder(encodeOrder(order).trimEnd())).toEqual(order);
});

test('a heartbeat is no order', () => {
  expect(decodeOrder('seqgap echo#1 0 ....')).toBeNull();
  expect(decodeOrder('seqgap-wake two words')).toBeNull();
});
