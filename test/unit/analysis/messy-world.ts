import { seededRandom, type Random } from '../../../src/analysis/statistics/random.js';
import type { TrialResult } from '../../../src/analysis/trial.js';
import type { TrialEvent } from '../../../src/model/event.js';
import type { ProbeRow } from '../../../src/model/probe.js';
import type { StreamRow } from '../../../src/model/tables.js';
import { fromMs, ns } from '../../../src/model/time.js';
import { analyse, issued, moved, phase, probe, scenarioOf, streamPlan } from './fixture.js';

/** A stretch of time at the pair; milliseconds. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  /** Of the packets, so many are dropped, 0..1; left out: all. */
  readonly share?: number;
}

export interface WorldStream {
  readonly every: number;
  /** Round trip between the pair and what answers; left out: 1. */
  readonly behind?: number;
  /** From the prober to the pair and back; left out: 0.2. */
  readonly near?: number;
  /** It has a prober of its own, which does not stand still. */
  readonly apart?: boolean;
}

/** What a trial goes through. The trigger is issued at `steady`; all in milliseconds. */
export interface World {
  readonly streams: readonly WorldStream[];
  readonly drops: readonly Stretch[];
  /** Share of packets lost at random on each way. */
  readonly loss?: number;
  /** The same, from the end of the first drop on. */
  readonly lossAfter?: number;
  /** So much later comes every answer to what is sent after the first drop. */
  readonly slowerAfter?: number;
  /** The prober stands still. */
  readonly stall?: Stretch;
  readonly steady?: number;
  /** From the trigger to the end of the wait. */
  readonly wait?: number;
  /** The wait ended because it had lasted so long, not because recovery was seen. */
  readonly gaveUp?: boolean;
  /** What the scenario allows. */
  readonly allowed?: number;
  readonly hold?: number;
}

const STEADY = 15_000;
const WAIT = 12_000;
/** What a round trip varies by. */
const JITTER = 0.3;

export const triggerOf = ({ steady = STEADY }: World): number => steady;

const rowsOf = (
  world: World,
  { every, behind = 1, near = 0.2, apart = false }: WorldStream,
  stream: string,
  random: Random,
): ProbeRow[] => {
  const { drops, loss = 0, lossAfter = loss, slowerAfter = 0, wait = WAIT } = world;
  const stall = apart ? undefined : world.stall;
  const back = drops[0]?.to ?? Infinity;
  const isDropped = (at: number): boolean =>
    drops.some(({ from, to, share = 1 }) => at >= from && at < to && random() < share) ||
    random() < (at >= back ? lossAfter : loss);
  const rows: ProbeRow[] = [];
  const first = random() * every;
  for (let seq = 0; first + seq * every < triggerOf(world) + wait; seq++) {
    const sent = first + seq * every;
    if (stall !== undefined && sent >= stall.from && sent < stall.to) {
      rows.push(probe({ stream, seq, sent: null, intended_ns: fromMs(sent), outcome: 'unsent' }));
      continue;
    }
    const there = sent + near / 2;
    const lost = isDropped(there) || isDropped(there + behind);
    const rtt = near + behind + JITTER * random() + (sent >= back ? slowerAfter : 0);
    const received = lost ? null : sent + rtt;
    // Read when the prober goes on.
    const held = received !== null && stall !== undefined && received >= stall.from && received < stall.to;
    rows.push(
      probe({ stream, seq, sent, received: held ? stall.to : received, outcome: lost ? 'lost' : 'answered' }),
    );
  }
  return rows;
};

/** The trial that such a world makes. Its streams are `s0`, `s1`, … of one class. */
export const trialIn = (world: World, seed: number): TrialResult => {
  const random = seededRandom(seed);
  const names = world.streams.map((_, index) => `s${index}`);
  const base = scenarioOf({
    streams: world.streams.map(({ every }, index) =>
      streamPlan(names[index] as string, { every_ns: fromMs(every) }),
    ),
  });
  const { wait = WAIT, gaveUp = false, allowed = 0, hold = 5000, steady = STEADY } = world;
  const scenario = {
    ...base,
    trial: {
      ...base.trial,
      steady_ns: fromMs(steady),
      recovered_ns: fromMs(hold),
      giveUp_ns: ns(gaveUp ? fromMs(wait) : fromMs(10 * wait)),
      ...(allowed === 0 ? {} : { backgroundLoss: allowed }),
    },
  };
  const trigger = triggerOf(world);
  const events: TrialEvent[] = [
    issued(trigger),
    ...moved(trigger + wait - 1),
    phase(trigger + wait, 'drain'),
  ];
  const rows = world.streams.map((stream, index) => rowsOf(world, stream, names[index] as string, random));
  return analyse(scenario, events, rows.flat());
};

/** The row that the headline comes from. */
export const headlineRow = ({ trials, streams }: TrialResult): StreamRow => {
  const row = streams.find(({ stream }) => stream === trials[0]?.headline_stream);
  if (row === undefined) throw new Error(`no headline: ${trials[0]?.status} ${trials[0]?.void_reason ?? ''}`);
  return row;
};
