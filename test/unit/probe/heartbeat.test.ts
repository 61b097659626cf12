import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeartbeatTrack, heartbeatFrame } from '../../../src/probe/session/heartbeat.js';
import { rowWriter } from '../../../src/probe/session/session-track.js';
import { decodeHeartbeat, type HeartbeatRow } from '../../../src/model/probe.js';
import { ns } from '../../../src/model/time.js';

const ORIGIN = 1000;

const newTrack = (): { track: HeartbeatTrack; rows: HeartbeatRow[] } => {
  const rows: HeartbeatRow[] = [];
  const row = rowWriter('echo', 3, ns(ORIGIN), (line) => rows.push(decodeHeartbeat(line)));
  const track = new HeartbeatTrack({ session: 'echo', connection: 3, octets: 64 }, row);
  return { track, rows };
};

describe('HeartbeatTrack', () => {
  test('writes a row when the whole echo is there, instants from the origin', () => {
    const { track, rows } = newTrack();
    const frame = track.beat(ns(5000));
    track.receive(frame.subarray(0, 10), ns(6000));
    expect(rows).toEqual([]);
    track.receive(frame.subarray(10), ns(7000));
    expect(rows).toEqual([{ session: 'echo', connection: 3, seq: 0, sent_ns: 4000, echoed_ns: 6000 }]);
    expect(track.fault).toBeNull();
    expect(track.waitingSince).toBeNull();
  });

  test('however the octets are cut, every heartbeat is echoed once and in order', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (more, cuts) => {
        const { track, rows } = newTrack();
        const octets = Buffer.concat(Array.from({ length: more + 1 }, (_, i) => track.beat(ns(2000 + i))));
        for (let at = 0, cut = 0; at < octets.length; cut++) {
          const piece = cuts[cut % cuts.length] as number;
          track.receive(octets.subarray(at, at + piece), ns(9000));
          at += piece;
        }
        expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: more + 1 }, (_, i) => i));
        expect(track.fault).toBeNull();
        expect(track.bytes).toBe(octets.length);
      }),
    );
  });

  test.each<[string, (first: Buffer, second: Buffer) => Buffer]>([
    ['a corrupted octet', (first, second) => Buffer.concat([Buffer.from(first).fill('x', 5, 6), second])],
    ['echoes in the wrong order', (first, second) => Buffer.concat([second, first])],
    ['an echo that comes twice', (first, second) => Buffer.concat([first, first, second])],
    ['a lost octet', (first, second) => Buffer.concat([first.subarray(1), second])],
    ['an octet too many', (first, second) => Buffer.concat([first, second, Buffer.from('.')])],
  ])('%s is not in order', (_name, distort) => {
    const { track } = newTrack();
    const first = track.beat(ns(2000));
    const second = track.beat(ns(3000));
    track.receive(distort(first, second), ns(4000));
    expect(track.fault).toMatchObject({ ending: expect.stringMatching(/^(garbled|other-protocol)$/) });
  });

  test('a greeting, where nothing was asked, is another protocol', () => {
    const { track } = newTrack();
    track.receive(Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'), ns(2000));
    expect(track.fault).toEqual({
      ending: 'other-protocol',
      detail: 'no echo but another protocol: it says "SSH-2.0-OpenSSH_9.2p1"',
    });
    expect(track.bytes).toBe(23);
  });

  test('what never came back is written at the end, with an empty cell', () => {
    const { track, rows } = newTrack();
    track.beat(ns(2000));
    track.beat(ns(3000));
    expect(track.waitingSince).toBe(2000);
    track.close();
    expect(rows.map(({ seq, echoed_ns }) => [seq, echoed_ns])).toEqual([
      [0, null],
      [1, null],
    ]);
    expect(track.fault).toBeNull();
  });

  test('frames differ by session, connection and number, and have one length', () => {
    const frames = [
      heartbeatFrame('a', 1, 1, 64),
      heartbeatFrame('b', 1, 1, 64),
      heartbeatFrame('a', 2, 1, 64),
      heartbeatFrame('a', 1, 2, 64),
    ];
    expect(new Set(frames.map(String)).size).toBe(4);
    expect(new Set(frames.map(({ length }) => length)).size).toBe(1);
  });
});
