import type { ComparisonKey } from '../../model/comparison.js';
import type { MeasuredPhase } from '../../model/event.js';
import type { SessionFigures } from '../../model/figures.js';
import type { StreamRow } from '../../model/tables.js';

/** Of a trial whose trigger was not recorded. */
const NO_TRIGGER = 'unknown trigger';

export const streamKey = (row: StreamRow, phase: MeasuredPhase): ComparisonKey => ({
  scenario: row.scenario,
  trigger: row.trigger ?? NO_TRIGGER,
  phase,
  class: row.class,
  direction: row.direction,
  family: row.family,
  session: null,
  kind: null,
});

export const sessionKey = (
  scenario: string,
  phase: MeasuredPhase,
  figures: SessionFigures,
): ComparisonKey => ({
  scenario,
  trigger: figures.trigger ?? NO_TRIGGER,
  phase,
  class: null,
  direction: null,
  family: null,
  session: figures.name,
  kind: figures.kind,
});

/**
 * `lab-vrrp / crash / failover / stateless / round-trip / ipv4`, `lab-vrrp / crash / failover / echo (tcp)`: what is
 * compared with what (docs/compare.md, "What is compared with what").
 */
export const keyText = (key: ComparisonKey): string =>
  [
    key.scenario,
    key.trigger,
    key.phase,
    ...(key.session === null
      ? [key.class ?? '', key.direction ?? '', key.family ?? 'unknown family']
      : [`${key.session} (${key.kind ?? ''})`]),
  ].join(' / ');
