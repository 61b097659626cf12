import { describe, expect, it } from 'vitest';
import { Stalls } from '../../../src/analysis/flow/stalls.js';
import type { TrialEvent } from '../../../src/model/event.js';
import type { ProbeRow } from '../../../src/model/probe.js';
import { fromMs, toMs, ns } from '../../../src/model/time.js';
import { altered, analyse, at, issued, moved, probesOf, scenarioOf } from './fixture.js';

/** Ten letters are a second; of the probe with this number the answer was read at `ms`. */
const readAt = (pattern: string, seq: number, ms: number): ProbeRow[] =>
  altered(
    probesOf(pattern),
    (row) => row.seq === seq,
    () => ({ received_ns: fromMs(ms) }),
  );

const late = (rows: readonly ProbeRow[], trigger = 450, more: readonly TrialEvent[] = []) => {
  const events = [...more, issued(trigger), ...moved(5000)];
  const { trials, streams, outages } = analyse(scenarioOf({}), events, rows);
  return { trial: trials[0]!, row: streams[0]!, outages };
};

describe('a reply that was read when the prober went on', () => {
  //            0         1         2         3
  const HOLE = '.....xx.....------------------.......';

  it('is not late, and the time since its send is no silence', () => {
    const { trial, row, outages } = late(readAt(HOLE, 11, 2999));
    expect(row).toMatchObject({ late: 0, lost: 2, periods: 1, holes: 1, longest_hole_s: 1.9 });
    expect(outages).toHaveLength(1);
    expect(row.silence_s).toBeCloseTo(0.3, 6);
    // A longer outage than that of 0.2 s may have been in the hole.
    expect(trial).toMatchObject({
      status: 'void',
      void_reason: 'ping: prober stalled 1900 ms after the trigger',
    });
  });

  it('nor where it was read just after the first send', () => {
    expect(late(readAt(HOLE, 11, 3004)).row.late).toBe(0);
  });

  it('nor are those sent before it that were still on their way', () => {
    const rows = altered(
      probesOf(HOLE),
      (row) => row.seq >= 10 && row.seq < 12,
      () => ({ received_ns: fromMs(2999) }),
    );
    expect(late(rows).row).toMatchObject({ late: 0, periods: 1 });
  });

  it('does not void the trial where the prober stood still in the steady time, and is no baseline', () => {
    const { trial, row } = late(readAt('..........----------.....xx................', 9, 1999), 2450);
    expect(trial).toMatchObject({ status: 'ok', outage_s: 0.2, outage_lo_s: 0.1, outage_hi_s: 0.3 });
    expect(row.rtt_before_ms).toBe(0);
  });

  it('also where no slot was missed but the next send was late', () => {
    const rows = altered(
      readAt('.....xx.....', 8, 945),
      (row) => row.seq === 9,
      () => ({ sent_ns: fromMs(944), accepted_ns: fromMs(944) }),
    );
    expect(late(rows).row.late).toBe(0);
  });
});

describe('a reply that is late all the same', () => {
  it('if it was read in the middle of steady sends', () => {
    expect(late(readAt('.....xx..............', 11, 1650)).row.late).toBe(1);
  });

  it('if it was read before a send was missed', () => {
    expect(late(readAt('.....xx..........-----...', 11, 1650)).row.late).toBe(1);
  });

  it('if it was read long after the prober had gone on', () => {
    expect(late(readAt('.....xx.....---..........', 11, 1850)).row.late).toBe(1);
  });

  it('if the hole is too short to explain it', () => {
    const { row, outages } = late(readAt('.....xx.....----.......', 8, 1599));
    expect(row.late).toBe(1);
    expect(outages[1]).toMatchObject({ kind: 'slow', first_seq: 8 });
  });
});

describe('a reply that the kernel stamped', () => {
  const resolved: TrialEvent = {
    ...at(0),
    event: 'resolved',
    stream: 'ping',
    address: '192.0.2.1',
    family: 4,
    engine: 'native',
    stamps: { sent: 'kernel', received: 'kernel' },
  };
  const HOLE = '.....xx.....------------------.......';

  it('is late if that was while only the prober stood still', () => {
    expect(late(readAt(HOLE, 11, 1650)).row.late).toBe(0);
    expect(late(readAt(HOLE, 11, 1650), 450, [resolved]).row.late).toBe(1);
    expect(late(readAt(HOLE, 11, 2990), 450, [resolved]).row.late).toBe(1);
  });

  it('is not known to be where the whole machine may have stood still', () => {
    expect(late(readAt(HOLE, 11, 2999), 450, [resolved]).row.late).toBe(0);
    expect(late(readAt(HOLE, 11, 3004), 450, [resolved]).row.late).toBe(0);
  });
});

describe('the rows', () => {
  it('come out in their order, each once, and as soon as they can be judged', () => {
    const out: [number, number][] = [];
    const stalls = new Stalls(fromMs(100), ({ seq }, stalled_ns) =>
      out.push([seq, Math.round(toMs(ns(stalled_ns)))]),
    );
    const rows = readAt('....--...', 3, 599);
    for (const row of rows.slice(0, 6)) stalls.push(row);
    expect(out.map(([seq]) => seq)).toEqual([0, 1, 2]);
    stalls.push(rows[6]!);
    expect(out).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 299],
      [4, 0],
      [5, 0],
      [6, 0],
    ]);
    for (const row of rows.slice(7)) stalls.push(row);
    stalls.finish();
    expect(out.map(([seq]) => seq)).toEqual(rows.map(({ seq }) => seq));
  });
});
