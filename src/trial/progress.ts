import type { MeasuredPhase, StageName } from '../model/event.js';
import type { Nanoseconds } from '../model/time.js';
import type { LiveSessions, LiveStream } from '../probe/protocol.js';

/** The state of a running trial for whoever shows it. Instants count from the trial's origin. */
export interface Progress {
  readonly trial: number;
  readonly repeat: number;
  readonly of: MeasuredPhase;
  readonly stage: StageName;
  /** For how long the stage is meant to last, if that is known. */
  readonly planned_ns: Nanoseconds | null;
  readonly stageSince_ns: Nanoseconds;
  readonly now_ns: Nanoseconds;
  readonly node: string | null;
  readonly action: string | null;
  readonly triggered_ns: Nanoseconds | null;
  /** The pair was changed in this trial, or may have been; until its restore is over. */
  readonly touched: boolean;
  readonly streams: readonly LiveStream[];
  readonly sessions: readonly LiveSessions[];
}

/** What the trial is at, in words: of a failback the stages are told apart from those of its failover. */
export const stageWords = ({ of, stage }: Pick<Progress, 'of' | 'stage'>): string =>
  of === 'failback' && stage !== 'failback' ? `failback: ${stage}` : stage;

export interface ProgressListener {
  /** Ten times a second while probing, and at each change of stage. */
  progress(progress: Progress): void;
  /** Something worth a line of its own. */
  line(text: string): void;
}
