import type { Evidence, EvidenceRecord } from '../../model/evidence.js';
import type { RowPhase } from '../../model/event.js';
import type { ObservePlan } from '../../model/observe-plan.js';
import { groupBy } from '../../model/group-by.js';
import type { TrialRow } from '../../model/tables.js';
import { type PhaseSpreads, phaseSpreads } from '../timeline/phases-spread.js';
import type { SeenOutage } from '../timeline/timeline.js';
import { type ChainContext, type Link, linksOf, longestOf, orderOf, type Step, stepsOf } from './chain.js';
import type { Offset } from './clock-offset.js';
import { type ForeignClock, placeClocks, type Place } from './clocks.js';
import { contradictionsOf } from './contradictions.js';
import { type Happening, happeningsOf, type PlacedEvidence, placedOf, sayEvidence } from './happening.js';
import { notCovered, notParted } from './not-known.js';
import { originOf, sightOf, type StatedClock, type TrialSight } from './sight.js';

export interface RunToExplain extends Omit<ChainContext, 'moving'> {
  readonly trials: readonly TrialSight[];
  readonly records: readonly EvidenceRecord[];
  readonly stated: readonly StatedClock[];
  /** A cloud's API has a part in the failover, or may have. */
  readonly hasApi: boolean;
}

type ExplainedRun = RunToExplain & ChainContext;

/** Why one outage took so long: what happened, and the links that add up to it. */
export interface OutageChain {
  readonly outage: SeenOutage;
  readonly happenings: readonly Happening[];
  readonly links: readonly Link[];
  /** The link that took longest; several: it is one of them. Empty: nothing divides the outage. */
  readonly longest: readonly Link[];
  readonly contradictions: readonly string[];
  readonly notKnown: readonly string[];
}

/** A line of a record whose clock could not be placed: how long after the first of them, by its own clock. */
export interface UnplacedLine {
  readonly words: string;
  readonly source: string;
  readonly after: Offset;
}

export interface RunChains extends Pick<RunToExplain, 'hasApi'> {
  readonly chains: readonly OutageChain[];
  readonly clocks: readonly ForeignClock[];
  readonly spreads: readonly PhaseSpreads[];
  readonly unplaced: readonly { readonly clock: string; readonly lines: readonly UnplacedLine[] }[];
  readonly contradictions: readonly string[];
  readonly notKnown: readonly string[];
}

interface Begun {
  readonly outage: SeenOutage;
  readonly happenings: readonly Happening[];
  readonly steps: readonly Step[];
  readonly origin: Offset | null;
}

const begunOf = (run: ExplainedRun, placed: readonly PlacedEvidence[]): readonly Begun[] =>
  run.trials.flatMap(({ events, seen }) => {
    const origin = originOf(events);
    return seen.map((outage): Begun => {
      const happenings = happeningsOf(outage, origin, placed);
      return { outage, happenings, steps: stepsOf(outage, happenings, run), origin };
    });
  });

const NO_ORIGIN = 'where the records lie: the run did not write down what time it was by any wall clock';

/** Failover and failback have orders of their own: other nodes act, in other ways. */
const chainsOf = (run: ExplainedRun, begun: readonly Begun[], place: Place): readonly OutageChain[] => {
  const order = orderOf(begun.map(({ steps }) => steps));
  const named = new Map(begun.flatMap(({ steps }) => steps.map((step) => [step.key, step])));
  return begun.map(({ outage, happenings, steps, origin }) => {
    const links = linksOf(outage, steps, order, named);
    return {
      outage,
      happenings,
      links,
      longest: longestOf(links),
      contradictions: contradictionsOf(outage, happenings, links),
      notKnown: [
        ...(origin === null && run.records.length > 0 ? [NO_ORIGIN] : []),
        ...notParted(links, run.hasApi),
        ...notCovered(outage, run.records, origin, place),
      ],
    };
  });
};

/** Of what could not be placed, as much as anybody reads. */
const MOST_LINES = 20;
const TELLING = new Set<Evidence['kind']>([
  'hello-lost',
  'peer-lost',
  'role',
  'operation-accepted',
  'operation-done',
  'operation-failed',
  'address-moved',
  'announced',
  'health',
]);
/** How far a stamp without a known clock may be from an outage to be told beside it. */
const BESIDE_MS = 300_000;

const unplacedOf = (
  { trials }: ExplainedRun,
  evidence: readonly Evidence[],
  clocks: readonly ForeignClock[],
): RunChains['unplaced'] => {
  const outages = trials.flatMap(({ events, seen }) => {
    const origin = originOf(events);
    return origin === null ? [] : seen.map(({ edges }) => origin.lo_ms + edges.begin.at_ns / 1e6);
  });
  return clocks
    .filter(({ state }) => state !== 'placed')
    .map(({ clock }) => {
      const own = evidence
        .filter(
          (each) =>
            each.clock === clock &&
            TELLING.has(each.kind) &&
            outages.some((at_ms) => Math.abs(at_ms - each.lo_ms) <= BESIDE_MS),
        )
        .toSorted((a, b) => a.lo_ms - b.lo_ms)
        .slice(0, MOST_LINES);
      const [first] = own;
      const lines = own.map((each) => ({
        words: sayEvidence(each),
        source: `${each.file}:${each.line}`,
        after:
          first === undefined || each === first
            ? { lo_ms: 0, hi_ms: 0 }
            : { lo_ms: each.lo_ms - first.hi_ms, hi_ms: each.hi_ms - first.lo_ms },
      }));
      return { clock, lines };
    })
    .filter(({ lines }) => lines.length > 0);
};

const spreadsOf = (chains: readonly OutageChain[]): readonly PhaseSpreads[] => {
  const rows = chains.flatMap(({ links }) => links.map(({ row }) => row));
  const trials: readonly TrialRow[] = chains.map(({ outage }) => outage.trial);
  return phaseSpreads(rows, trials).map((each) => {
    // Where a link was not seen in every trial, what differs between them is also where they are divided.
    const isAlike = each.spreads.every(({ n }) => n === each.trials);
    return isAlike
      ? each
      : { ...each, spreads: each.spreads.map((spread) => ({ ...spread, variance: null })) };
  });
};

/** Addresses of which it is known that they move between nodes: they had two owners, or somebody watches who has them. */
const movingOf = (observe: readonly ObservePlan[], evidence: readonly Evidence[]): ReadonlySet<string> => {
  const owners = new Map<string, Set<string>>();
  for (const { kind, subject, value } of evidence)
    if (kind === 'announced' && value !== null)
      owners.set(subject, (owners.get(subject) ?? new Set()).add(value));
  return new Set([
    ...[...owners].filter(([, own]) => own.size > 1).map(([address]) => address),
    ...evidence.filter(({ kind }) => kind === 'address-moved').map(({ subject }) => subject),
    ...observe.flatMap(({ source }) => (source.kind === 'neighbour' ? [source.address] : [])),
  ]);
};

/** A log that was read after each trial has the lines of those before again: they are told once. */
const withoutCopies = (records: readonly EvidenceRecord[]): readonly EvidenceRecord[] => {
  const known = new Map<string, number>();
  return records.map((record) => {
    const own = new Map<string, number>();
    const evidence = record.evidence.filter(({ clock, kind, subject, value, part, lo_ms, hi_ms }) => {
      const key = [clock, kind, subject, value, part, lo_ms, hi_ms].join('\n');
      const count = (own.get(key) ?? 0) + 1;
      own.set(key, count);
      return count > (known.get(key) ?? 0);
    });
    for (const [key, count] of own) known.set(key, Math.max(count, known.get(key) ?? 0));
    return { ...record, evidence };
  });
};

/** The chains of all outages of a run, and what of the records could be held against them. */
export const explainRun = (asked: RunToExplain): RunChains => {
  const records = withoutCopies(asked.records);
  const evidence = records.flatMap((record) => record.evidence);
  const run: ExplainedRun = { ...asked, records, moving: movingOf(asked.observe, evidence) };
  const { clocks, place } = placeClocks(run.records, sightOf(run.trials, run.stated));
  const begun = begunOf(run, placedOf(evidence, place));
  const chains = [...groupBy(begun, ({ outage }): RowPhase | null => outage.trial.phase).values()]
    .flatMap((own) => chainsOf(run, own, place))
    .toSorted((a, b) => (a.outage.trial.trial ?? 0) - (b.outage.trial.trial ?? 0));
  return {
    hasApi: run.hasApi,
    chains,
    clocks,
    spreads: spreadsOf(chains),
    unplaced: unplacedOf(run, evidence, clocks),
    contradictions: clocks
      .filter(({ state, why }) => state === 'contradicted' || (state === 'placed' && why.length > 0))
      .flatMap(({ clock, why }) => why.map((each) => `clock ${clock}: ${each}`)),
    notKnown: clocks
      .filter(({ state }) => state === 'not-known')
      .map(
        ({ clock, why }) =>
          `how far the clock ${clock} is off, because ${why.join('; ')}: --clock ${clock}=0s±1s would say so, if it is known to be right to a second`,
      ),
  };
};
