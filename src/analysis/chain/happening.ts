import type { Evidence, EvidenceKind } from '../../model/evidence.js';
import type { Offset } from './clock-offset.js';
import type { Change } from '../timeline/timeline-changes.js';
import { exactly, type Instant } from '../timeline/timeline-milestone.js';
import type { SeenOutage } from '../timeline/timeline.js';
import type { Place } from './clocks.js';
import { onTrial } from './sight.js';

/** Something that happened in a trial, on the trial's clock: what the run saw, or what a record tells and could be placed. */
export interface Happening {
  readonly kind: EvidenceKind | 'seen' | 'trigger' | 'traffic';
  readonly subject: string | null;
  readonly value: string | null;
  readonly part: string | null;
  readonly words: string;
  readonly instant: Instant;
  /** Who says so: an observer, or a file with the line. */
  readonly source: string;
  /** Whose clock stamped it; null: the run's own. */
  readonly clock: string | null;
  /** The line as it is; null: it is of the run itself. */
  readonly raw: string | null;
  /** What the run saw; null: a record tells it. */
  readonly change: Change | null;
}

const WORDS: Readonly<Record<EvidenceKind, (subject: string, value: string | null) => string>> = {
  'hello-lost': (subject, peer) => `${subject} misses ${peer === null ? "its peer's" : `${peer}'s`} hello`,
  'peer-lost': (subject, peer) => `${subject} declares ${peer ?? 'its peer'} dead`,
  'peer-found': (subject, peer) => `${subject} finds ${peer ?? 'its peer'} alive`,
  role: (subject, value) => `${subject} is ${value ?? 'of no role'}`,
  'operation-accepted': (subject, value) => `${value ?? 'operation'} accepted for ${subject}`,
  'operation-done': (subject, value) => `${value ?? 'operation'} done for ${subject}`,
  'operation-failed': (subject, value) => `${value ?? 'operation'} failed for ${subject}`,
  'address-moved': (subject, value) =>
    value === null || value === 'none' ? `${subject} belongs to nobody` : `${subject} belongs to ${value}`,
  announced: (subject, value) => `${subject} announced${value === null ? '' : ` at ${value}`}`,
  resolved: (subject, value) =>
    value === 'none'
      ? `nobody answers for ${subject}`
      : `${subject} is reached at ${value ?? 'another address'}`,
  hello: (subject, value) => `${value ?? ''} hello of ${subject}`.trimStart(),
  health: (subject, value) => `${subject} ${value ?? 'checked'}`,
  link: (subject, value) => `${subject} ${value ?? 'changes'}`,
  boot: (subject, value) => (value === 'stopped' ? `${subject} goes down` : `${subject} starts`),
  'clock-set': (subject, value) => `${subject}'s clock is set${value === null ? '' : ` by ${value} s`}`,
  session: (subject, value) => `${subject} ${value ?? 'ends'}`,
  lease: (subject, value) => `${subject} lease ${value ?? ''}`.trimEnd(),
  redirect: (subject, value) => `${subject} redirected to ${value ?? 'another gateway'}`,
};

export const sayEvidence = ({ kind, subject, value, part }: Evidence): string =>
  `${WORDS[kind](subject, value)}${part === undefined ? '' : ` (${part})`}`;

export const toldBy = (evidence: Evidence, instant: Instant): Happening => ({
  kind: evidence.kind,
  subject: evidence.subject,
  value: evidence.value,
  part: evidence.part ?? null,
  words: sayEvidence(evidence),
  instant,
  source: `${evidence.file}:${evidence.line}`,
  clock: evidence.clock,
  raw: evidence.raw,
  change: null,
});

const sayChange = ({ observer, subject, value, isRole }: Change): string =>
  isRole ? `${subject} is ${value}` : `${observer ?? ''} of ${subject} is ${value}`;

const seenBy = (change: Change): Happening => ({
  kind: 'seen',
  subject: change.subject,
  value: change.value,
  part: null,
  words: sayChange(change),
  instant: change.instant,
  source: `observer ${change.observer ?? 'of the trial'}`,
  clock: null,
  raw: null,
  change,
});

const own = (kind: 'trigger' | 'traffic', words: string, source: string, instant: Instant): Happening => ({
  kind,
  subject: null,
  value: null,
  part: null,
  words,
  instant,
  source,
  clock: null,
  raw: null,
  change: null,
});

/** When traffic stopped and was back, and what was done to the pair. */
const ownOf = ({ trial, window, edges }: SeenOutage): Happening[] => {
  const stream = `stream ${trial.headline_stream ?? ''}`;
  return [
    own(
      'trigger',
      `${trial.action ?? 'trigger'} of ${trial.node ?? 'the pair'}`,
      'the run',
      exactly(window.trigger_ns),
    ),
    own('traffic', 'the first packet is lost', stream, edges.begin),
    ...(Number.isFinite(edges.end.at_ns) ? [own('traffic', 'traffic is back', stream, edges.end)] : []),
  ];
};

/** What a record tells, and where that lies on the run's wall clock. */
export interface PlacedEvidence {
  readonly evidence: Evidence;
  readonly wall: Offset;
}

/** What could be placed of all records. */
export const placedOf = (evidence: readonly Evidence[], place: Place): readonly PlacedEvidence[] =>
  evidence.flatMap((each) => {
    const wall = place(each);
    return wall === null ? [] : [{ evidence: each, wall }];
  });

/** Records go on after the recovery, and so does what explains it. */
const AFTER_NS = 5e9;

/** All that is known of one outage, from its trigger until shortly after the recovery, in the order of time. */
export const happeningsOf = (
  outage: SeenOutage,
  origin: Offset | null,
  placed: readonly PlacedEvidence[],
): readonly Happening[] => {
  const { window, changes, edges } = outage;
  const until_ns = Math.min(window.cut_ns, edges.end.hi_ns + AFTER_NS);
  const isWithin = ({ lo_ns, hi_ns }: Instant): boolean =>
    hi_ns >= window.trigger_ns && (lo_ns === -Infinity ? hi_ns : lo_ns) < until_ns;
  const told = placed.flatMap(({ evidence, wall }) => {
    const instant = origin === null ? null : onTrial(wall, origin);
    return instant === null || !isWithin(instant) ? [] : [toldBy(evidence, instant)];
  });
  return [...ownOf(outage), ...changes.map(seenBy)]
    .filter(({ instant }) => isWithin(instant))
    .concat(told)
    .toSorted((a, b) => a.instant.at_ns - b.instant.at_ns);
};
