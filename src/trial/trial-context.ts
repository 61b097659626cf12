import type { Scenario } from '../model/plan.js';
import type { Clock } from '../model/time.js';
import type { TrialWriter } from '../store/trial-writer.js';
import type { TriggerControl } from '../trigger/pair.js';
import type { UndoJournal } from '../trigger/act/journal.js';
import type { PairLock } from '../trigger/act/lock.js';
import type { Vigilance } from '../watchdog/watchdog.js';
import type { ProgressListener } from './progress.js';

/** All that a trial works with. */
export interface TrialContext {
  readonly scenario: Scenario;
  /** 1-based. */
  readonly trial: number;
  readonly writer: TrialWriter;
  readonly trigger: TriggerControl;
  readonly journal: UndoJournal;
  readonly lock: PairLock;
  readonly watchdog: Vigilance;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly listener: ProgressListener;
}
