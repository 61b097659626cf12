import type { SeenOutage } from '../timeline/timeline.js';
import { afterLoss, type Link } from './chain.js';
import type { Happening } from './happening.js';

/** Later ones follow from the first. */
const MOST = 8;

const seconds = (value: number | null): string =>
  value === null ? '?' : `${value < 0 ? '' : '+'}${value.toFixed(Math.abs(value) < 10 ? 2 : 1)}`;

/** `fw-b is active (ha.log:12), +5.40 to +5.60 s` */
const sayWhen = ({ words, source, instant }: Happening, outage: SeenOutage): string => {
  const { lo_s, hi_s } = afterLoss(instant, outage);
  return `${words} (${source}), ${seconds(lo_s)} to ${seconds(hi_s)} s`;
};

/** Two that tell of one milestone, and cannot both be right. */
const disputed = (links: readonly Link[], outage: SeenOutage): string[] =>
  links.flatMap(({ end, until }) =>
    end?.disputed === true
      ? [
          `${until}: ${end.told.map((each) => sayWhen(each, outage)).join(', but ')} after the first loss; taken as the run saw it`,
        ]
      : [],
  );

/** What the pair does so that traffic comes back. */
const isCause = ({ kind, value, change }: Happening): boolean => {
  if (kind === 'role' || change?.isRole === true) return value === 'active';
  return kind === 'peer-lost' || kind === 'operation-done' || kind === 'address-moved';
};

/** What should have come before traffic was back, and certainly came later. */
const tooLate = (outage: SeenOutage, happenings: readonly Happening[]): string[] =>
  happenings
    .filter(
      (each) =>
        isCause(each) &&
        each.instant.lo_ns > outage.edges.end.hi_ns &&
        each.subject !== outage.window.node &&
        !isAgain(each, happenings),
    )
    .slice(0, MOST)
    .map(
      (each) =>
        `${sayWhen(each, outage)} after the first loss: certainly after traffic was back, which did not wait for it`,
    );

/** The same came before: of a role that is told twice the first one counts. */
const isAgain = ({ words, instant }: Happening, happenings: readonly Happening[]): boolean =>
  happenings.some((other) => other.words === words && other.instant.hi_ns < instant.lo_ns);

/** What of one outage cannot all be true, or is no cause of what came before it. */
export const contradictionsOf = (
  outage: SeenOutage,
  happenings: readonly Happening[],
  links: readonly Link[],
): readonly string[] => [...disputed(links, outage), ...tooLate(outage, happenings)];
