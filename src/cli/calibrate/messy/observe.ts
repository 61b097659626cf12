import type { MessyEngine } from './kinds.js';
import { analyseExcerpt, openRecording, spacingOf, type OpenedRecording } from './excerpt.js';
import { judgeLater, judgeTrial, promisesOf, type Judged, type MessyObservation } from './judge.js';
import type { RawRecording, RawTrial } from './raw.js';
import { truthAfter, truthOfTrial } from './truth.js';
import { NS_PER_S } from '../../../model/time.js';
import type { CalibratedStream } from '../streams.js';

/** What is the same for every engine of a trial. */
const common = (
  opened: OpenedRecording,
  trial: RawTrial,
): Omit<Judged, 'result' | 'engine'> & { readonly spacings: ReadonlyMap<string, number> } => {
  const spacings = new Map(opened.streams.map((each) => [each.plan.name, spacingOf(opened, each)]));
  const least_s = Math.min(...spacings.values());
  return {
    kind: opened.raw.kind,
    trial,
    truth: truthOfTrial(trial),
    spacings,
    spacing_s: (stream) => spacings.get(stream) ?? least_s,
    distance_s: opened.raw.distance_ns / NS_PER_S,
  };
};

const observeTrial = (opened: OpenedRecording, trial: RawTrial): MessyObservation[] => {
  const { kind } = opened.raw;
  const shared = common(opened, trial);
  const after = truthAfter(trial);
  const analyse = (streams: readonly CalibratedStream[], whole: boolean): Judged['result'] => {
    const names = streams.map(({ plan }) => plan.name);
    const promises = promisesOf(kind, shared.truth, after, names).filter(
      // A stream by itself has no sessions.
      ({ metric }) => whole || (metric !== 'survived' && metric !== 'stall'),
    );
    return analyseExcerpt(opened, trial, streams, promises, whole);
  };
  const result = analyse(opened.streams, true);
  const judge = (engine: MessyEngine, own: Judged['result']): MessyObservation =>
    judgeTrial({ ...shared, result: own, engine });
  const alone = opened.streams.flatMap((stream) => {
    const own = analyse([stream], false);
    const forward = kind === 'far' && stream.type === 'stamp' ? [judge('stamp-forward', own)] : [];
    const later =
      after === null
        ? []
        : [judgeLater({ ...shared, result, after, engine: stream.type, stream: stream.plan.name })];
    return [judge(stream.type, own), ...forward, ...later];
  });
  const sessions = kind === 'sessions' ? [judge('sessions', result)] : [];
  return [judge('headline', result), ...alone, ...sessions];
};

/** What a whole recording has in common is a variant, too. */
const named = ({ loss }: RawRecording, trial: RawTrial): RawTrial =>
  loss === 0 ? trial : { ...trial, variant: `${Number((100 * loss).toPrecision(2))} % each way` };

/** What every engine said of every trial of a recording; `index` is the trial's. */
export const observeRecording = (raw: RawRecording): (MessyObservation & { readonly index: number })[] => {
  const opened = openRecording(raw);
  return raw.trials.flatMap((trial, index) =>
    observeTrial(opened, named(raw, trial)).map((own) => ({ ...own, index })),
  );
};
