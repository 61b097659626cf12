import { describe, expect, it } from 'vitest';
import { roleMove } from '../../../src/analysis/timeline/timeline-changes.js';
import { phaseWindows } from '../../../src/analysis/flow/windows.js';
import type { TrialEvent } from '../../../src/model/event.js';
import { failover, issued, phase, role } from './fixture.js';

/** fw-a is active, the trigger comes at 450 ms and the wait for recovery ends at 5 s. */
const before = [role(0, 'fw-a', 'active', 'before'), role(0, 'fw-b', 'standby', 'before')];
const moveOf = (...readings: readonly TrialEvent[]): string => {
  const events = [...before, issued(450), ...readings, phase(5000, 'restore')];
  return roleMove(events, phaseWindows(events, 0)[0]!, Infinity);
};
const same = role(4000, 'fw-a', 'active', 'after');

describe('roleMove', () => {
  it('moved: another node said active and gave the role back before the last reading', () => {
    expect(moveOf(role(900, 'fw-b', 'active', 'after'), same)).toBe('moved');
    expect(moveOf(role(900, 'fw-b', 'active', 'observed'), same)).toBe('moved');
    const events = [...before, role(900, 'fw-b', 'active', 'observed'), same, phase(1900, 'drain')];
    expect(failover('.....xxxx..........', 450, events).trials[0]).toMatchObject({
      status: 'ok',
      outage_s: 0.4,
    });
  });

  it('moved: seen by an observer only', () => {
    expect(moveOf(role(900, 'fw-b', 'active', 'observed'))).toBe('moved');
  });

  it('moved: another node is active after the restore, when it was asked on purpose', () => {
    expect(moveOf(role(6000, 'fw-b', 'active', 'after'))).toBe('moved');
  });

  it('unchanged: what an observer saw before the trigger or after the wait is not the failover', () => {
    expect(moveOf(role(200, 'fw-b', 'active', 'observed'), same)).toBe('unchanged');
    expect(moveOf(role(6000, 'fw-b', 'active', 'observed'), same)).toBe('unchanged');
  });

  it('unknown: an observer cannot say that nothing moved', () => {
    expect(moveOf(role(900, 'fw-a', 'active', 'observed'))).toBe('unknown');
  });

  it('the former active node is the one that was asked on purpose', () => {
    expect(moveOf(role(200, 'fw-b', 'active', 'observed'), role(900, 'fw-b', 'active', 'after'))).toBe(
      'moved',
    );
  });
});

describe('roleMove where both nodes were active', () => {
  const both = [role(0, 'fw-a', 'active', 'before'), role(0, 'fw-b', 'active', 'before')];
  const moveOfAll = (...readings: readonly TrialEvent[]): string => {
    const events = [...both, issued(450), ...readings, phase(5000, 'restore')];
    return roleMove(events, phaseWindows(events, 0)[0]!, Infinity);
  };

  it('moved: the node that was acted on was not active, if only for a while', () => {
    expect(moveOfAll(role(900, 'fw-a', 'faulted', 'observed'), same)).toBe('moved');
    expect(moveOfAll(role(4000, 'fw-a', 'faulted', 'after'))).toBe('moved');
  });

  it('unknown: the other one is active as ever, and the acted node may be in service again', () => {
    expect(moveOfAll(role(900, 'fw-b', 'active', 'after'), same)).toBe('unknown');
    expect(moveOfAll(role(900, 'fw-b', 'faulted', 'observed'), same)).toBe('unknown');
    expect(moveOfAll(role(200, 'fw-a', 'faulted', 'observed'), same)).toBe('unknown');
  });
});
