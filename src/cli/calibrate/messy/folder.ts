import { basename } from 'node:path';
import { KnownError } from '../../../model/error.js';
import type { MessyKind, MessyEngine } from './kinds.js';
import type { Made } from './plan.js';
import { readRecording, recordingsIn, type RawHeader, type RawRecording, type RawTrial } from './raw.js';
import { messyResult, type MessyCalibration, type PlacedObservation } from './result.js';
import { analyseExcerpt, openRecording, spacingOf, type OpenedRecording } from './excerpt.js';
import { judgeLater, judgeTrial, promisesOf, type Judged, type MessyObservation } from './judge.js';
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

const numberOf = (path: string): number => Number(/-(\d+)\.json\.gz$/.exec(path)?.[1] ?? 0);

/** What the folder has of each kind. @throws KnownError for what is no recording. */
export const madeIn = async (folder: string): Promise<ReadonlyMap<MessyKind, Made>> => {
  const made = new Map<MessyKind, Made>();
  for (const path of await recordingsIn(folder)) {
    const { kind, trials } = await readRecording(path);
    const { trials: before, next } = made.get(kind) ?? { trials: 0, next: 0 };
    made.set(kind, { trials: before + trials.length, next: Math.max(next, numberOf(path) + 1) });
  }
  return made;
};

/**
 * Analyses all recordings of a folder, one after the other, as this version does it.
 * @param kinds which of them; all others are passed over
 * @throws KnownError for what is no recording, or where there is none
 */
export const analyseFolder = async (
  folder: string,
  kinds: readonly MessyKind[],
  context: Pick<MessyCalibration, 'tool' | 'complete'>,
): Promise<MessyCalibration> => {
  const headers: RawHeader[] = [];
  const observations: PlacedObservation[] = [];
  for (const path of await recordingsIn(folder)) {
    const { probes, heartbeats, ...header } = await readRecording(path);
    if (!kinds.includes(header.kind)) continue;
    headers.push({ ...header, events: [] });
    const recording = basename(path);
    for (const { index, ...own } of observeRecording({ ...header, probes, heartbeats }))
      observations.push({ recording, trial: index + 1, ...own });
  }
  const [first, ...rest] = headers;
  if (first === undefined)
    throw new KnownError(`no recording in ${folder}`, { remedy: 'seqgap calibrate --messy --keep FOLDER' });
  return messyResult([first, ...rest], observations, context);
};
