import type { ComparedSide } from '../../model/comparison.js';
import type { LeftOut, RunFigures, Side } from '../../model/figures.js';
import { identityOf } from '../run-order.js';
import type { SidePoints } from './points.js';

/** A side whose runs can be compared: each once, and none that was only watched. */
export interface PreparedSide {
  readonly name: string;
  readonly runs: readonly RunFigures[];
  readonly leftOut: readonly LeftOut[];
  readonly notes: readonly string[];
}

const trialsOf = (run: RunFigures): number => new Set(run.trials.map(({ trial }) => trial)).size;

const trialCount = (count: number): string => (count === 1 ? '1 finished trial' : `${count} finished trials`);

/** What has to be said of a run beside its figures. */
const runNotes = (run: RunFigures): string[] => {
  const { status, restored } = run.summary;
  const { summary } = run;
  const counted = trialCount(trialsOf(run));
  const ended = {
    complete: null,
    running: `${summary.path} is still running or was cut off: its ${counted} of ${summary.trials_planned} count`,
    interrupted: `${summary.path} was interrupted: its ${counted} of ${summary.trials_planned} count`,
    failed: `${summary.path} failed: its ${counted} of ${summary.trials_planned} count`,
  }[status];
  return [
    ended,
    restored === false ? `${summary.path}: the pair could not be restored after it` : null,
    ...(run.notes ?? []),
  ].filter((note) => note !== null);
};

export const prepareSide = ({ name, runs, leftOut }: Side): PreparedSide => {
  const seen = new Map<string, RunFigures>();
  const others: LeftOut[] = [...leftOut];
  const notes: string[] = [];
  for (const run of runs) {
    const { path, kind } = run.summary;
    const identity = identityOf(run.summary);
    const first = seen.get(identity);
    if (kind === 'watch')
      others.push({ path, why: 'a watch: nothing was triggered, there is no trial in it' });
    else if (first === undefined) {
      seen.set(identity, run);
      notes.push(...runNotes(run));
    } else if (first.summary.path !== path)
      notes.push(`${path} is the same run as ${first.summary.path}: it counts once`);
  }
  return { name, runs: [...seen.values()], leftOut: others, notes };
};

const versionsOf = (runs: readonly RunFigures[]): string[] => [
  ...new Set(runs.map(({ summary }) => summary.version)),
];

/** A side is called by its version where that is one, and no other side's. */
export const comparedSides = (
  sides: readonly PreparedSide[],
  points: readonly SidePoints[],
): ComparedSide[] => {
  const versions = sides.map(({ runs }) => versionsOf(runs));
  return sides.map(({ name, runs }, index) => {
    const own = versions[index] ?? [];
    const [only] = own;
    const isName =
      own.length === 1 && versions.every((other, at) => at === index || !other.includes(only ?? ''));
    return {
      name,
      label: isName && only !== undefined ? only : name,
      versions: own,
      runs: runs.map(({ summary }) => summary.run),
      trials: points[index]?.trials.size ?? 0,
    };
  });
};
