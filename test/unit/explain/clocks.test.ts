import { describe, expect, test } from 'vitest';
import { changeWords, placeClocks, type RunSight } from '../../../src/analysis/chain/clocks.js';
import type { DatedChange } from '../../../src/analysis/chain/same-change.js';
import type { Evidence, EvidenceRecord } from '../../../src/model/evidence.js';

const T = Date.UTC(2026, 10, 30, 3);
const NOTHING: RunSight = { changes: [], measured: [], said: [] };

/** Seen between two polls, by the run's clock. */
const seen = (node: string, role: string, from: number, to: number): DatedChange => ({
  what: changeWords('role', node, role),
  lo_ms: T + from,
  hi_ms: T + to,
  words: `${node} ${role}`,
});

const line = (number: number, at: number, more: Partial<Evidence> = {}): Evidence => ({
  kind: 'role',
  subject: 'fw-b',
  value: 'active',
  lo_ms: T + at,
  hi_ms: T + at + 1,
  clock: 'fw-b',
  file: 'ha.log',
  line: number,
  raw: '',
  ...more,
});

const record = (evidence: readonly Evidence[], zoned = true): EvidenceRecord => ({
  form: 'log',
  evidence,
  span: null,
  zoned,
  assumptions: [],
  notes: [],
});

const MINUTE = 60_000;

describe('a foreign clock', () => {
  test('is as far off as the same change says, which both saw', () => {
    const lost = line(1, -3_000, { kind: 'peer-lost', value: null });
    const { clocks, place } = placeClocks([record([lost, line(2, -2_200)])], {
      ...NOTHING,
      changes: [seen('fw-b', 'active', 0, 200)],
    });
    // Between 2.4 and 2.2 s slow, and 0.25 s either way for what is written down later than it is answered.
    expect(clocks).toMatchObject([
      { clock: 'fw-b', state: 'placed', offset: { lo_ms: -2_650, hi_ms: -1_949 }, why: [] },
    ]);
    const placed = place(lost);
    expect(placed?.lo_ms).toBeCloseTo(T - 1_051, 0);
    expect(placed?.hi_ms).toBeCloseTo(T - 349, 0);
  });

  test('that the run asked for its time, and that its log contradicts, is not placed', () => {
    const measured = [
      { clock: 'fw-b', by: 'measured' as const, at_ms: T, lo_ms: -10, hi_ms: 10, words: "fw-b's own answer" },
    ];
    const sight = { ...NOTHING, changes: [seen('fw-b', 'active', 0, 200)], measured };
    const { clocks, place } = placeClocks([record([line(1, -2_200)])], sight);
    expect(clocks).toMatchObject([{ state: 'contradicted', offset: null }]);
    expect(clocks[0]?.why.join()).toContain(
      "contradicts itself: 0.01 s slow to 0.01 s fast by fw-b's own answer; 1.94 to 2.65 s slow by fw-b active: ha.log:1",
    );
    expect(place(line(1, -2_200))).toBeNull();
  });

  test('that tells of what was seen elsewhere only, though it goes on, is contradicted too', () => {
    const measured = [
      { clock: 'fw-b', by: 'measured' as const, at_ms: T, lo_ms: -10, hi_ms: 10, words: "fw-b's own answer" },
    ];
    const sight = { ...NOTHING, changes: [seen('fw-b', 'active', 0, 200)], measured };
    const [clock] = placeClocks([record([line(1, -40_000), line(2, 2_300)])], sight).clocks;
    expect(clock).toMatchObject({ state: 'contradicted' });
    expect(clock?.why.join()).toContain('the run saw fw-b active, of which it tells elsewhere');
  });

  test('is taken as --clock says where that contradicts what was seen, and that is said', () => {
    const said = [
      { clock: 'fw-b', by: 'said' as const, at_ms: null, lo_ms: -10, hi_ms: 10, words: '--clock' },
    ];
    const [clock] = placeClocks([record([line(1, -2_200)])], {
      ...NOTHING,
      changes: [seen('fw-b', 'active', 0, 200)],
      said,
    }).clocks;
    expect(clock).toMatchObject({ state: 'placed', offset: { lo_ms: -10, hi_ms: 10 } });
    expect(clock?.why.join()).toContain('Taken as --clock says');
  });

  test('without a zone is in the one that puts its changes where the run saw them', () => {
    const evidence = [line(1, 330 * MINUTE + 1_500), line(2, 340 * MINUTE + 1_500, { value: 'standby' })];
    const changes = [seen('fw-b', 'active', 0, 200), seen('fw-b', 'standby', 10 * MINUTE, 10 * MINUTE + 200)];
    const { clocks } = placeClocks([record(evidence, false)], { ...NOTHING, changes });
    expect(clocks).toMatchObject([{ state: 'placed', zone_min: 330 }]);
    expect(clocks[0]?.offset?.lo_ms).toBeGreaterThan(1_000);
    expect(clocks[0]?.offset?.hi_ms).toBeLessThan(2_000);
  });

  test('without a zone, and that fits in several, is not known', () => {
    const evidence = [line(1, 0), line(2, 60 * MINUTE)];
    const { clocks } = placeClocks([record(evidence, false)], {
      ...NOTHING,
      changes: [seen('fw-b', 'active', 0, 200)],
    });
    expect(clocks).toMatchObject([{ state: 'not-known', zone_min: null }]);
    expect(clocks[0]?.why.join()).toMatch(/no zone \(--zone says which\), and it fits .* in 2 ways/);
  });

  test('of which nothing was seen is not known', () => {
    const { clocks } = placeClocks([record([line(1, 0)])], NOTHING);
    expect(clocks).toMatchObject([{ state: 'not-known', offset: null }]);
    expect(clocks[0]?.why).toEqual([
      'the run saw none of its role changes, as an observer of roles would have',
    ]);
  });

  test('that is an hour off is not looked for so far away', () => {
    const { clocks } = placeClocks([record([line(1, 60 * MINUTE)])], {
      ...NOTHING,
      changes: [seen('fw-b', 'active', 0, 200)],
    });
    expect(clocks[0]?.why).toEqual([
      'none of its role changes lies within 5 minutes of the same change seen by the run',
    ]);
  });

  test('that was set is another one from then on', () => {
    const before = line(1, -5_000, { kind: 'peer-lost', value: null });
    const evidence = [before, line(2, 0, { kind: 'clock-set', value: '5' }), line(3, 100)];
    const { clocks, place } = placeClocks([record(evidence)], {
      ...NOTHING,
      changes: [seen('fw-b', 'active', 0, 200)],
    });
    expect(clocks).toMatchObject([{ state: 'placed' }]);
    expect(clocks[0]?.why.join()).toContain('not all of it is placed');
    expect(place(before)).toBeNull();
    expect(place(evidence[2]!)).not.toBeNull();
  });

  test('of parts that change one by one says nothing of the node', () => {
    const evidence = [line(1, 0, { part: 'VI_1' }), line(2, 5_000, { part: 'VI_2' })];
    const { clocks } = placeClocks([record(evidence)], {
      ...NOTHING,
      changes: [seen('fw-b', 'active', 0, 200)],
    });
    expect(clocks).toMatchObject([{ state: 'not-known' }]);
  });

  test('of parts that change together says that the node did so in that time', () => {
    const evidence = [line(1, 1_000, { part: 'VI_1' }), line(2, 1_100, { part: 'VI_2' })];
    const { clocks } = placeClocks([record(evidence)], {
      ...NOTHING,
      changes: [seen('fw-b', 'active', 0, 200)],
    });
    expect(clocks).toMatchObject([{ state: 'placed', offset: { lo_ms: 550, hi_ms: 1_351 } }]);
  });
});

test('an order to the cloud was taken while the trigger waited for it', () => {
  const order = line(1, 1_000, {
    kind: 'operation-accepted',
    subject: 'FW-A',
    value: 'Microsoft.Compute/virtualMachines/powerOff/action',
    clock: 'Azure',
  });
  const changes = [{ ...seen('', '', 0, 1_500), what: changeWords('order', 'fw-a', 'down') }];
  const { clocks } = placeClocks([record([order])], { ...NOTHING, changes });
  expect(clocks).toMatchObject([{ clock: 'Azure', state: 'placed', offset: { lo_ms: -750, hi_ms: 1_251 } }]);
});
