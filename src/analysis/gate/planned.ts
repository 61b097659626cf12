import type { RunSummary } from '../../model/figures.js';
import type { KeyedPoints } from '../comparison/points.js';

type Settings = NonNullable<RunSummary['settings']>;

const hasStream = (settings: Settings, name: string): boolean =>
  settings[`${name}.every`] !== undefined && !isControl(settings, name);

/** Control streams do not cross the pair: no figure of theirs is compared. */
export const isControl = (settings: Settings, name: string): boolean =>
  settings[`${name}.type`]?.endsWith(', control') === true;

/**
 * Does the scenario of a run still ask for these figures, as far as its settings tell? One of the streams is enough, and
 * so is a failback that is measured.
 *
 * @param settings of the run; undefined: not known, and then it is taken to
 */
export const isPlanned = ({ parts, subjects }: KeyedPoints, settings: RunSummary['settings']): boolean => {
  if (settings === undefined) return true;
  if (parts.phase === 'failback' && settings['trial.failback'] === 'none') return false;
  return [...subjects].some((name) =>
    parts.session === null ? hasStream(settings, name) : settings[`${name}.count`] !== undefined,
  );
};
