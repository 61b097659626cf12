import { afterLoss, type Link } from '../../analysis/chain/chain.js';
import type { OutageChain, RunChains } from '../../analysis/chain/explain-run.js';
import type { ForeignClock } from '../../analysis/chain/clocks.js';
import type { Happening } from '../../analysis/chain/happening.js';
import type { PhaseSpreads } from '../../analysis/timeline/phases-spread.js';
import { capital, sayNumberOf, sayUtcOffset, spellBounds } from '../../analysis/words/format.js';
import { sayVariance } from '../run/phases.js';

/** As fine as it is known: an interval of a second has no milliseconds. */
const decimalsFor = (width: number): number => {
  if (width >= 10) return 0;
  if (width >= 1) return 1;
  return width >= 0.1 ? 2 : 3;
};

const signed = (value: number, decimals: number): string =>
  `${value < 0 && Number(value.toFixed(decimals)) !== 0 ? '-' : '+'}${Math.abs(value).toFixed(decimals)}`;

/** `+5.12`, an instant in seconds after the first loss. */
export const sayAfter = (
  happening: Pick<Happening, 'instant'>,
  { outage }: Pick<OutageChain, 'outage'>,
): string => {
  const { lo_s, at_s, hi_s } = afterLoss(happening.instant, outage);
  if (hi_s === null) return '';
  return `${signed(at_s, decimalsFor(lo_s === null ? 1 : hi_s - lo_s))} s`;
};

/** `+5.10 … +5.14`, rounded outwards. */
export const sayBetween = (
  happening: Pick<Happening, 'instant'>,
  { outage }: Pick<OutageChain, 'outage'>,
): string => {
  const { lo_s, hi_s } = afterLoss(happening.instant, outage);
  if (lo_s !== null && lo_s === hi_s) return 'exact';
  const decimals = decimalsFor(lo_s === null || hi_s === null ? 1 : hi_s - lo_s);
  const scale = 10 ** decimals;
  const lo = lo_s === null ? 'not known' : signed(Math.floor(lo_s * scale) / scale, decimals);
  const hi = hi_s === null ? 'not known' : signed(Math.ceil(hi_s * scale) / scale, decimals);
  return `${lo} … ${hi}`;
};

/** Without its folders, which the list of records has: `ha.log:12`. */
export const saySource = (source: string): string => source.replace(/^.*\/(?=[^/]+:\d+$)/, '');

const lengthOf = ({ row }: Link): string => spellBounds({ lo: row.lo_s, point: row.length_s, hi: row.hi_s });

/** Which link took longest, or between which nobody can tell. */
export const sayLongest = ({ longest, links }: OutageChain): string => {
  const [first, ...others] = longest;
  if (first === undefined)
    return links.length < 2
      ? 'Nothing divides this outage: no observer, and no record, tells of what happened in it.'
      : 'Which link took longest is not known: of too few of them anything was seen.';
  if (others.length === 0) return `Longest: ${first.name}, until ${first.until}, ${lengthOf(first)}.`;
  return `Which link took longest is not known, as their intervals overlap: ${longest
    .map((link) => `${link.name} ${lengthOf(link)}`)
    .join(', ')}.`;
};

/** What a clock's offset rests on, each kind once, with how often. */
export const sayBasis = ({ bounds, zone_min }: ForeignClock): string => {
  const changes = bounds.filter(({ by }) => by === 'change').length;
  const parts = [
    bounds.some(({ by }) => by === 'said') ? 'the word of --clock' : null,
    bounds.some(({ by }) => by === 'measured') ? 'the run, which read it' : null,
    changes === 0 ? null : `${sayNumberOf(changes, 'change')} that the run saw too`,
    zone_min === null ? null : `${sayUtcOffset(zone_min)}, the only zone that agrees with them`,
  ];
  return parts.filter((part) => part !== null).join('; ');
};

/** Trials that are not divided alike cannot be added up; null: they are. */
const notInAll = ({ trials, spreads }: Pick<PhaseSpreads, 'trials' | 'spreads'>): string | null => {
  const missed = spreads.filter(({ n }) => n < trials).map(({ name, n }) => `${name} in ${n}`);
  return missed.length === 0
    ? null
    : `not every link was seen in all ${trials} trials (${missed.join(', ')}): what carries length and variance is not known.`;
};

/** `Failover: detach carries 61 % of the variance over 6 trials.`, where every link was seen in every trial. */
export const sayCarrier = (spread: PhaseSpreads): string =>
  notInAll(spread) === null ? sayVariance(spread) : '';

/** `Failover: attach is 52 % of the length of all outages, certainly more than any other.` */
export const sayLength = (
  { phase, trials, spreads }: PhaseSpreads,
  chains: readonly OutageChain[],
): string => {
  const missed = notInAll({ trials, spreads });
  if (missed !== null) return `${capital(phase ?? 'all')}: ${missed}`;
  const own = chains.filter(({ outage }) => outage.trial.phase === phase && outage.trial.outage_s !== null);
  const sums = spreads.map(({ name, share }, index) => {
    const rows = own.map(({ links }) => links[index]?.row);
    return {
      name,
      share,
      lo: rows.reduce((sum, row) => sum + (row?.lo_s ?? 0), 0),
      hi: rows.reduce(
        (sum, row) => sum + (row === undefined || row.length_s === null ? 0 : (row.hi_s ?? Infinity)),
        0,
      ),
    };
  });
  const [first, ...rest] = sums;
  if (first === undefined || rest.length === 0) return '';
  const most = rest.reduce((a, b) => ((b.share ?? 0) > (a.share ?? 0) ? b : a), first);
  const isCertain = sums.every((each) => each === most || each.hi <= most.lo);
  const of = `${capital(phase ?? 'all')}: ${most.name} is ${Math.round(100 * (most.share ?? 0))} % of the length over ${sayNumberOf(trials, 'trial')}`;
  return isCertain
    ? `${of}, certainly more than any other.`
    : `${of}; whether that is the most is not known.`;
};

/** Said of several trials once, with which they are. */
export const gathered = (
  chains: readonly OutageChain[],
  pick: (chain: OutageChain) => readonly string[],
): readonly string[] => {
  const found = new Map<string, string[]>();
  for (const chain of chains)
    for (const said of pick(chain)) {
      const { trial, phase } = chain.outage.trial;
      const where = phase === 'failover' || phase === null ? String(trial) : `${trial ?? ''} (${phase})`;
      found.set(said, [...(found.get(said) ?? []), where]);
    }
  return [...found].map(([said, where]) =>
    where.length === chains.length ? said : `trial ${where.join(', ')}: ${said}`,
  );
};

/** @param shown the chains that are */
export const allContradictions = (
  { contradictions }: RunChains,
  shown: readonly OutageChain[],
): readonly string[] => [...contradictions, ...gathered(shown, (chain) => chain.contradictions)];

/** @param shown the chains that are */
export const allNotKnown = ({ notKnown }: RunChains, shown: readonly OutageChain[]): readonly string[] => [
  ...notKnown,
  ...gathered(shown, (chain) => chain.notKnown),
];

/** Of what comes again and again, the first only, and how often it came. */
export const told = (
  happenings: readonly Happening[],
): readonly { readonly first: Happening; readonly times: number }[] => {
  const found = new Map<string, { first: Happening; times: number }>();
  for (const happening of happenings) {
    const key = `${happening.words} ${happening.clock ?? happening.source}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { first: happening, times: 1 });
    else known.times += 1;
  }
  return [...found.values()];
};
