import { sayCount, sayMs, saySeconds } from '../../analysis/words/format.js';
import type { StreamStatus, TrialStatus } from '../../model/record.js';
import type { RowKey } from '../../model/tables.js';
import { type Cell, type Column, figure, text, cellOf, type Tone } from '../sections.js';

/** What the tables of a run have in common. */

export const seconds = (value: number | null): Cell => cellOf(value, saySeconds);
export const ms = (value: number | null): Cell => cellOf(value, sayMs);
export const count = (value: number | null): Cell => cellOf(value, sayCount);

export const TRIAL_AND_PHASE: readonly Column<Pick<RowKey, 'trial' | 'phase'>>[] = [
  figure('trial', ({ trial }) => cellOf(trial, String)),
  text('phase', ({ phase }) => phase),
];

export const STATUS_TONE: Readonly<Record<StreamStatus | TrialStatus, Tone>> = {
  ok: 'good',
  unaffected: 'good',
  degraded: 'bad',
  'not-recovered': 'bad',
  'no-failover-detected': 'doubtful',
  'down-at-start': 'doubtful',
  void: 'doubtful',
};
