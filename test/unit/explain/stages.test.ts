import { describe, expect, test } from 'vitest';
import type { Happening } from '../../../src/analysis/chain/happening.js';
import { stageEnds, type StageContext } from '../../../src/analysis/chain/stages.js';
import { UNTRIGGERED } from '../../../src/analysis/flow/windows.js';
import { exactly } from '../../../src/analysis/timeline/timeline-milestone.js';
import type { SeenOutage } from '../../../src/analysis/timeline/timeline.js';

const S = 1e9;
const CONTEXT: StageContext = { nodes: ['fw-a', 'fw-b'], observe: [], moving: new Set(['10.0.0.1']) };

/** From 10 to 20 s; fw-a was acted on at 9 s. */
const OUTAGE = {
  window: { ...UNTRIGGERED, trigger_ns: 9 * S, node: 'fw-a' },
  edges: { begin: exactly(10 * S), end: exactly(20 * S) },
  changes: [],
} as unknown as SeenOutage;

const told = (kind: Happening['kind'], at_s: number, more: Partial<Happening> = {}): Happening => ({
  kind,
  subject: 'fw-b',
  value: null,
  part: null,
  words: kind,
  instant: exactly(at_s * S),
  source: 'ha.log:1',
  clock: 'fw-b',
  raw: '',
  change: null,
  ...more,
});

const endsOf = (...happenings: Happening[]): Record<string, number> =>
  Object.fromEntries(
    [...stageEnds(OUTAGE, happenings, CONTEXT)].map(([stage, { instant }]) => [stage, instant.at_ns / S]),
  );

describe('the steps of an outage', () => {
  test('are those of the other node, not of the one that was acted on', () => {
    const own = { subject: 'fw-a', clock: 'fw-a' };
    expect(
      endsOf(
        told('peer-lost', 11, own),
        told('peer-lost', 12),
        told('role', 13, { ...own, value: 'active' }),
      ),
    ).toEqual({ detection: 12 });
  });

  test('of several addresses end with the last', () => {
    const moved = (at_s: number, subject: string, value: string): Happening =>
      told('address-moved', at_s, { subject, value });
    expect(
      endsOf(
        moved(11, '10.0.0.4', 'none'),
        moved(12, '10.0.1.4', 'none'),
        moved(13, '10.0.0.4', 'fw-b'),
        moved(14, '10.0.1.4', 'fw-b'),
      ),
    ).toEqual({ detach: 12, attach: 14 });
  });

  test('of a cloud are told by whose resource is changed; the trigger’s own order is none', () => {
    const operation = (kind: Happening['kind'], at_s: number, subject: string, value = 'write'): Happening =>
      told(kind, at_s, { subject, value, clock: 'Azure' });
    expect(
      endsOf(
        operation('operation-accepted', 9.1, 'FW-A', 'virtualMachines/powerOff/action'),
        operation('operation-accepted', 12, 'fw-a-nic'),
        operation('operation-done', 13, 'fw-a-nic'),
        operation('operation-done', 15, 'fw-b-nic'),
        operation('operation-done', 14, 'FW-A', 'virtualMachines/powerOff/action'),
      ),
    ).toEqual({ decision: 12, detach: 13, attach: 15 });
    expect(endsOf(operation('operation-done', 13, 'table'), operation('operation-done', 14, 'pip'))).toEqual({
      operations: 14,
    });
  });

  test('a neighbour has the new entry between its last packet to the old address and its first to the new', () => {
    const packet = (at_s: number, which: string, sender: string, value: string): Happening =>
      told('resolved', at_s, { subject: '10.0.0.9', value, raw: `${which} packet of ${sender} to 10.0.0.9` });
    expect(
      endsOf(
        packet(11, 'first', '02:00:00:00:00:0b', '02:00:00:00:00:99'),
        packet(15, 'last', '02:00:00:00:00:01', '02:00:00:00:00:0a'),
        packet(17, 'first', '02:00:00:00:00:01', '02:00:00:00:00:0b'),
      ),
    ).toEqual({ neighbours: 16 });
  });

  test('an address that is known to move comes before a host that announces itself', () => {
    const announced = (at_s: number, subject: string): Happening => told('announced', at_s, { subject });
    expect(endsOf(announced(11, '10.0.0.250'), announced(15, '10.0.0.1'))).toEqual({ announcement: 15 });
    expect(endsOf(announced(11, '10.0.0.250'), announced(15, '10.0.0.251'))).toEqual({ announcement: 11 });
  });

  test('what came before the trigger or after the recovery is none', () => {
    expect(endsOf(told('peer-lost', 8), told('role', 21, { value: 'active' }))).toEqual({});
  });
});
