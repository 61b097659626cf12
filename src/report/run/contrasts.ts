import { longestBounds } from '../../analysis/words/four-figures.js';
import { provenLongest } from '../../analysis/flow/proven-longest.js';
import { isValid } from '../../analysis/stream-summary.js';
import { groupBy } from '../../model/group-by.js';
import type { StreamPlan } from '../../model/plan.js';
import type { StreamRow } from '../../model/tables.js';
import { spellBounds } from '../../analysis/words/format.js';
import type { AnalysedRun } from './analysed-run.js';

interface Seen {
  readonly row: StreamRow;
  readonly plan: StreamPlan;
}

/** Two of a kind, and what has to be the same for one to be held against the other. */
interface Kind {
  readonly names: readonly [string, string];
  /** null: neither of them. */
  readonly nameOf: (seen: Seen) => string | null;
  readonly alike: (seen: Seen) => string;
}

const FAMILY = { ipv4: 'IPv4', ipv6: 'IPv6' } as const;

const KINDS: readonly Kind[] = [
  {
    names: ['IPv4', 'IPv6'],
    nameOf: ({ row }) => (row.family === null ? null : FAMILY[row.family]),
    // The same target has another address in the other family.
    alike: ({ plan }) => `${plan.from} ${plan.type} ${plan.port ?? ''}`,
  },
  {
    names: ['ICMP', 'TCP'],
    nameOf: ({ plan }) => (plan.type === 'icmp' ? 'ICMP' : plan.type === 'tcp' ? 'TCP' : null),
    alike: ({ row, plan }) => `${plan.from} ${row.family ?? ''} ${plan.host}`,
  },
];

/** In one trial one of the two was down longer, beyond what both are known to. */
interface Contrast {
  readonly longer: Seen;
  readonly shorter: Seen;
  /** Seconds by which it is proven; Infinity: it did not come back. */
  readonly by_s: number;
}

const isBack = ({ row }: Seen): boolean => row.status !== 'not-recovered';

/** Of several streams of one kind, as the headline has it. */
const worstOf = (all: readonly Seen[]): Seen | undefined =>
  all[
    provenLongest(
      all.map((seen) => ({
        rank: isBack(seen) ? 0 : 1,
        lo: seen.row.longest_lo_s ?? 0,
        hi: seen.row.longest_hi_s,
        kind: '',
      })),
    )
  ];

/** Only what is longer by more than both resolutions together is: the intervals do not meet. */
const provenBy = (a: Seen, b: Seen): number => {
  if (!isBack(b)) return 0;
  return isBack(a) ? (a.row.longest_lo_s ?? 0) - (b.row.longest_hi_s ?? Infinity) : Infinity;
};

/** @param alike of one trial; undefined: there are not two to be compared */
const contrast = (alike: readonly Seen[], { names, nameOf }: Kind): Contrast | null | undefined => {
  const [a, b] = names.map((name) => worstOf(alike.filter((seen) => nameOf(seen) === name)));
  if (a === undefined || b === undefined) return undefined;
  if (provenBy(a, b) > 0) return { longer: a, shorter: b, by_s: provenBy(a, b) };
  return provenBy(b, a) > 0 ? { longer: b, shorter: a, by_s: provenBy(b, a) } : null;
};

const trialsOf = (all: readonly Seen[]): number => new Set(all.map(({ row }) => row.trial)).size;

const bounds = ({ row }: Seen): string => spellBounds(longestBounds(row));

const sentence = (found: readonly Contrast[], trials: number, { nameOf }: Kind): string => {
  const { longer, shorter } = found.reduce((most, each) => (each.by_s > most.by_s ? each : most));
  const name = (seen: Seen): string => `${nameOf(seen) ?? ''} (stream ${seen.plan.name})`;
  const such = trialsOf(found.map((each) => each.longer));
  const [among, place] =
    trials === 1 ? ['', ''] : [` in ${such} of ${trials} trials`, ` in trial ${longer.row.trial ?? '-'}`];
  const figures = `${bounds(longer)} against ${bounds(shorter)}${place}`;
  return `${name(longer)} was down longer than ${name(shorter)}${among}: ${figures}`;
};

const ofKind = (all: readonly Seen[], kind: Kind): string[] => {
  const groups = [...groupBy(all, (seen) => `${seen.row.trial ?? ''} ${kind.alike(seen)}`).values()];
  const compared = groups
    .map((alike) => ({ alike, result: contrast(alike, kind) }))
    .filter(({ result }) => result !== undefined);
  const trials = trialsOf(compared.flatMap(({ alike }) => alike));
  const found = compared.flatMap(({ result }) => result ?? []);
  return kind.names.flatMap((name) => {
    const such = found.filter(({ longer }) => kind.nameOf(longer) === name);
    return such.length === 0 ? [] : [sentence(such, trials, kind)];
  });
};

/**
 * IPv4 against IPv6, and ICMP against TCP to the same target: where their outages differ by more than their combined
 * resolution, the largest such difference in a sentence. Control streams take no part.
 */
export const contrasts = ({ record, tables }: AnalysedRun): string[] => {
  const plans = new Map(record.scenario.streams.map((plan) => [plan.name, plan]));
  const seen = tables.streams.flatMap((row): Seen[] => {
    const plan = plans.get(row.stream);
    const isMeant = row.direction === 'round-trip' && isValid(row.status) && row.longest_lo_s !== null;
    return plan === undefined || plan.control || !isMeant || row.trial === null ? [] : [{ row, plan }];
  });
  return [...groupBy(seen, ({ row }) => row.phase)].flatMap(([phase, own]) => {
    const lead = phase === null || phase === 'failover' ? '' : `${phase}: `;
    return KINDS.flatMap((kind) => ofKind(own, kind)).map((text) => lead + text);
  });
};
