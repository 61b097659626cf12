import * as fc from 'fast-check';
import { explainRun, type RunToExplain, type RunChains } from '../../src/analysis/chain/explain-run.js';
import type { TrialSight } from '../../src/analysis/chain/sight.js';
import { type PhaseWindow, UNTRIGGERED } from '../../src/analysis/flow/windows.js';
import { ruledPhases } from '../../src/analysis/timeline/phases.js';
import type { Change } from '../../src/analysis/timeline/timeline-changes.js';
import { between, type Instant } from '../../src/analysis/timeline/timeline-milestone.js';
import type { SeenOutage } from '../../src/analysis/timeline/timeline.js';
import type { Evidence, EvidenceKind, EvidenceRecord } from '../../src/model/evidence.js';
import type { TrialEvent } from '../../src/model/event.js';
import type { ObservePlan, PhasePlan } from '../../src/model/observe-plan.js';
import type { TrialRow } from '../../src/model/tables.js';
import { fromMs, ns } from '../../src/model/time.js';

/*
 * A simulated run: what truly happened, in milliseconds of each trial, and what observers, logs and clocks made of it.
 */

/** Lengths of the steps of one failover, in their true order. */
const STEPS = [
  'hello',
  'detection',
  'decision',
  'detach',
  'attach',
  'promotion',
  'announcement',
  'traffic',
] as const;
export type TrueStep = (typeof STEPS)[number];

export interface WorldTrial {
  /** From the first loss on, one after the other. */
  readonly lengths: Readonly<Record<TrueStep, number>>;
  /** From the trigger to the first loss. */
  readonly lead: number;
  /** Where in their grids observers and probes happen to stand, 0..1. */
  readonly phase: number;
}

export interface World {
  readonly trials: readonly WorldTrial[];
  readonly probe: number;
  readonly poll: number;
  /** Of the log of the other node, of the cloud, and of the capture. */
  readonly offsets: { readonly log: number; readonly cloud: number; readonly wire: number };
  readonly zone_min: number;
  readonly zoned: boolean;
  /** Milliseconds that a stamp stands for. */
  readonly resolution: number;
  readonly withheld: {
    readonly roles: boolean;
    readonly log: boolean;
    readonly cloud: boolean;
    readonly wire: boolean;
    readonly measured: boolean;
  };
  /** Lines of the log that were lost. */
  readonly lost: readonly number[];
  readonly said: boolean;
  /** The scenario has phases of its own. */
  readonly ruled: boolean;
}

const length = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 400 }),
  fc.integer({ min: 1, max: 60_000 }),
);
const sometimes = fc.boolean();

const drawn = fc.record({
  trials: fc.array(
    fc.record({
      lengths: fc.record(
        Object.fromEntries(STEPS.map((name) => [name, length])) as Record<TrueStep, typeof length>,
      ),
      lead: fc.integer({ min: 0, max: 3_000 }),
      phase: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  quick: fc.boolean(),
  probe: fc.constantFrom(10, 50, 200),
  poll: fc.constantFrom(100, 500, 2_000),
  offsets: fc.record({
    log: fc.integer({ min: -120_000, max: 120_000 }),
    cloud: fc.integer({ min: -1_000, max: 1_000 }),
    wire: fc.integer({ min: -5, max: 5 }),
  }),
  zone_min: fc.integer({ min: -40, max: 48 }).map((quarters) => quarters * 15),
  zoned: fc.constantFrom(true, true, false),
  resolution: fc.constantFrom(1, 100, 1_000),
  withheld: fc.record({
    roles: fc.constantFrom(false, false, false, true),
    log: sometimes,
    cloud: sometimes,
    wire: sometimes,
    measured: sometimes,
  }),
  lost: fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 3 }),
  said: sometimes,
  ruled: sometimes,
});

/** Of quick trials, changes of several lie within what a clock may be off. */
export const worlds: fc.Arbitrary<World> = drawn.map(({ quick, trials, ...world }) => ({
  ...world,
  trials: trials.map(({ lengths, ...trial }) => ({
    ...trial,
    lengths: Object.fromEntries(
      Object.entries(lengths).map(([name, length]) => [name, quick ? length / 30 : length]),
    ) as Record<TrueStep, number>,
  })),
}));

const OBSERVE: readonly ObservePlan[] = [
  { name: 'role', every_ns: fromMs(100), timeout_ns: fromMs(1000), source: { kind: 'role' } },
];
const PHASES: readonly PhasePlan[] = [
  { name: 'promotion', until: { milestone: 'role', node: 'other', role: 'active' } },
  { name: 'data plane', until: { milestone: 'traffic' } },
];

const EPOCH = Date.UTC(2026, 10, 30, 3);
const STEADY = 5_000;
/** From a trial's recovery to the origin of the next. */
const APART = 47_000;
const MS = 1e6;

/** True instants of a trial, in milliseconds from its origin. */
export interface Truth {
  readonly trigger: number;
  readonly loss: number;
  readonly at: Readonly<Record<TrueStep, number>>;
}

/** When each trial began, from the first one's origin on. */
const basesOf = ({ trials }: World): readonly number[] => {
  let now = 0;
  return trials.map((trial) => {
    const base = now;
    now += truthOf(trial).at.traffic + APART;
    return base;
  });
};

export const truthOf = ({ lengths, lead }: WorldTrial): Truth => {
  const loss = STEADY + lead;
  let now = loss;
  const at = Object.fromEntries(STEPS.map((name) => [name, (now += lengths[name])]));
  return { trigger: STEADY, loss, at: at as Record<TrueStep, number> };
};

/** Between two points of a grid: the last before the instant, and the first after it. */
const gridded = (at: number, every: number, phase: number): Instant => {
  const before = Math.floor(at / every - phase) * every + phase * every;
  return between(before * MS, (before + every) * MS);
};

const OTHER = (index: number): string => (index % 2 === 0 ? 'fw-b' : 'fw-a');
const ACTED = (index: number): string => (index % 2 === 0 ? 'fw-a' : 'fw-b');

const rowOf = (index: number, outage_s: number): TrialRow =>
  ({
    run: 'r',
    scenario: 's',
    version: 'v',
    trial: index + 1,
    phase: 'failover',
    node: ACTED(index),
    action: 'crash',
    status: 'ok',
    headline_stream: 'ping',
    outage_lo_s: outage_s,
    outage_s,
    outage_hi_s: outage_s,
  }) as TrialRow;

const roleChange = (subject: string, value: string, was: string, instant: Instant): Change => ({
  observer: 'role',
  subject,
  isRole: true,
  value,
  was,
  instant,
  detail: null,
});

const sightOfTrial = (world: World, trial: WorldTrial, index: number): TrialSight => {
  const base = basesOf(world)[index] ?? 0;
  const { trigger, loss, at } = truthOf(trial);
  const { poll, probe, withheld, offsets, resolution } = world;
  const begin = gridded(loss, probe, trial.phase);
  const back = gridded(at.traffic, probe, trial.phase);
  const end = { ...back, at_ns: Math.max(back.at_ns, begin.at_ns) };
  const seen = (when: number): Instant => gridded(when, poll, (trial.phase * 7.3) % 1);
  const changes = withheld.roles
    ? []
    : [
        roleChange(OTHER(index), 'active', 'standby', seen(at.promotion)),
        roleChange(ACTED(index), 'standby', 'faulted', seen(at.traffic + 40_000)),
      ];
  const window: PhaseWindow = {
    ...UNTRIGGERED,
    trigger_ns: trigger * MS,
    cut_ns: (at.traffic + 10_000) * MS,
    node: ACTED(index),
    action: 'crash',
  };
  const outage: SeenOutage = {
    trial: rowOf(index, (end.at_ns - begin.at_ns) / 1e9),
    window,
    edges: { begin, end },
    most_ns: end.hi_ns - begin.lo_ns,
    rules: world.ruled ? ruledPhases(PHASES, OBSERVE, { window, changes, accepted: null }) : null,
    changes,
  };
  const anchor: TrialEvent = {
    at_ns: ns(0),
    event: 'anchor',
    vantage: 'client',
    wall_ms: EPOCH + base,
    offset_ns: ns(0),
    uncertainty_ns: ns(100_000),
  };
  const asked: TrialEvent = {
    at_ns: ns(Math.round(at.traffic * MS)),
    event: 'device-time',
    observer: 'role',
    subject: OTHER(index),
    value: 'active',
    wall_ms: EPOCH,
    offset_ns: ns((offsets.log + resolution / 3) * MS),
    uncertainty_ns: ns((resolution / 2 + 20) * MS),
  };
  return {
    trial: index + 1,
    events: withheld.measured ? [anchor] : [anchor, asked],
    seen: [outage],
    captures: [],
  };
};

type Line = readonly [kind: EvidenceKind, subject: string, value: string | null, at: number];

/** Lines of a record, as a clock that is `offset` ahead stamps what happens at an instant of the run's wall clock. */
const recordOf = (
  clock: string,
  file: string,
  lines: readonly Line[],
  { offset, resolution, zoned }: { offset: number; resolution: number; zoned: boolean },
): EvidenceRecord => {
  const sorted = lines.toSorted((a, b) => a[3] - b[3]);
  const evidence = sorted.map(([kind, subject, value, at], index): Evidence => {
    const lo_ms = Math.floor((EPOCH + at + offset) / resolution) * resolution;
    return {
      kind,
      subject,
      value,
      lo_ms,
      hi_ms: lo_ms + resolution,
      clock,
      file,
      line: index + 1,
      raw: kind,
    };
  });
  const [first, last] = [evidence[0], evidence.at(-1)];
  return {
    form: file,
    evidence,
    span: first === undefined || last === undefined ? null : { lo_ms: first.lo_ms, hi_ms: last.hi_ms },
    zoned,
    assumptions: [],
    notes: [],
  };
};

const recordsOf = (world: World): EvidenceRecord[] => {
  const { withheld, offsets, resolution, zoned, zone_min, lost } = world;
  const bases = basesOf(world);
  const each = world.trials.map((trial, index) => ({
    index,
    base: bases[index] ?? 0,
    at: truthOf(trial).at,
  }));
  const logOf = (node: string): EvidenceRecord => {
    const lines = each.flatMap(({ index, base, at }): Line[] =>
      OTHER(index) === node
        ? [
            ['hello-lost', node, null, base + at.hello],
            ['peer-lost', node, null, base + at.detection],
            ['role', node, 'active', base + at.promotion],
          ]
        : [['role', node, 'standby', base + at.traffic + 40_000]],
    );
    const kept = lines.filter((_line, index) => !lost.includes(index));
    return recordOf(node, `${node}.log`, kept, {
      offset: offsets.log + (zoned ? 0 : zone_min * 60_000),
      resolution,
      zoned,
    });
  };
  const cloud = each.flatMap(({ index, base, at }): Line[] => [
    ['operation-accepted', `${OTHER(index)}-nic`, 'write', base + at.decision],
    ['address-moved', '10.0.0.4', 'none', base + at.detach],
    ['address-moved', '10.0.0.4', OTHER(index), base + at.attach],
  ]);
  const wire = each.map(({ base, at }): Line => ['announced', '10.0.0.4', 'aa:bb', base + at.announcement]);
  return [
    ...(withheld.log ? [] : [logOf('fw-a'), logOf('fw-b')]),
    ...(withheld.cloud
      ? []
      : [recordOf('azure', 'activity.json', cloud, { offset: offsets.cloud, resolution: 1, zoned: true })]),
    ...(withheld.wire
      ? []
      : [recordOf('wire', 'a.pcap', wire, { offset: offsets.wire, resolution: 0.001, zoned: true })]),
  ];
};

export interface Simulated {
  readonly run: RunToExplain;
  readonly chains: RunChains;
}

export const simulate = (world: World): Simulated => {
  const stated = world.said
    ? [
        { clock: 'azure', lo_ms: -1_000, hi_ms: 1_000 },
        { clock: 'wire', lo_ms: -10, hi_ms: 10 },
      ]
    : [];
  const run: RunToExplain = {
    nodes: ['fw-a', 'fw-b'],
    observe: OBSERVE,
    phases: world.ruled ? PHASES : [],
    trials: world.trials.map((trial, index) => sightOfTrial(world, trial, index)),
    records: recordsOf(world),
    stated,
    hasApi: true,
  };
  return { run, chains: explainRun(run) };
};

/** The true length of each link, as the chain has divided it: what was not seen is in the next. */
export const trueLinks = (
  trial: WorldTrial,
  keys: readonly (string | null)[],
): readonly (number | null)[] => {
  const { loss, at } = truthOf(trial);
  let before = loss;
  return keys.map((key) => {
    if (key === null) return null;
    const step = key === 'phase 0' ? 'promotion' : (key as TrueStep);
    const until = Math.max(before, Math.min(at[step], at.traffic));
    const lasted = until - before;
    before = until;
    return lasted;
  });
};
