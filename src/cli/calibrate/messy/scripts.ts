import { bothWays, eachWay, randomRules, type Detour } from '../../../lab/cutter/mess.js';
import type { MessyKind } from './kinds.js';
import type { Stage, Usual } from './stage.js';

/** How a trial of a kind came out, apart from what was done in it. Milliseconds. */
export interface Played {
  /** Of the kind; in words for the tables. */
  readonly variant: string;
  /** How long a recovery has to hold. */
  readonly hold_ms: number;
  readonly gaveUp: boolean;
  /** The aftercare lasted from the end of the hold to the end; the second outage is in it. */
  readonly aftercare?: boolean;
}

/** One kind: what is the same in a whole recording, and what happens from the trigger of each trial on. */
export interface Script {
  /** Trials of one recording. */
  readonly trials: number;
  readonly steady_ms: number;
  readonly sessions?: boolean;
  /** It needs the delay lines. */
  readonly delayed?: boolean;
  /** By the number of the recording. */
  readonly usual?: (number: number) => Usual;
  /** From the trigger to the end of the wait; what is left open then is cleared. `last`: of its recording. */
  readonly play: (stage: Stage, last: boolean) => Promise<Played>;
}

/** Five probes at 100 ms are less; short, since it is waited for in every trial. */
const HOLD_MS = 1000;
/** To see that it held. */
const AND_MORE_MS = 300;
const STEADY_MS = 2500;
const TRIALS = 14;

/** Random loss, each way. */
const LOSSES = [0.001, 0.01, 0.02, 0.05] as const;

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;

const recovered = async (stage: Stage, variant: string): Promise<Played> => {
  await stage.wait(HOLD_MS + AND_MORE_MS);
  return { variant, hold_ms: HOLD_MS, gaveUp: false };
};

const playOutage = async (stage: Stage): Promise<Played> => {
  await stage.outage('cut', stage.length());
  return recovered(stage, '');
};

const playFlaps = async (stage: Stage): Promise<Played> => {
  const count = Math.round(stage.length(5, 30));
  for (let left = count; left > 0; left--) {
    await stage.outage('cut', stage.between(30, 150));
    if (left > 1) await stage.wait(stage.between(60, 150));
  }
  return recovered(stage, '');
};

/** Lost of round trips; the last one for ever. */
const PARTS = [0.9, 0.5, 0.3] as const;

const playPart = async (stage: Stage): Promise<Played> => {
  const lost = stage.pick(PARTS);
  const losing = await stage.lose(eachWay(lost));
  if (lost === 0.3) {
    await stage.wait(3500);
    stage.note({ ...losing, ended: null });
    return { variant: `${percent(lost)} for ever`, hold_ms: HOLD_MS, gaveUp: true };
  }
  await stage.wait(stage.between(1000, 3000));
  await stage.loseNoMore(losing);
  return recovered(stage, `${percent(lost)} for a while`);
};

/**
 * How long a recovery has to hold beside each loss, so that one that holds by chance is rarer than 1 in 100,000: at 16 ms
 * between probes 2 % each way passes for 5 s with a probability of 3 in a million.
 */
const LASTING = [
  { share: 0.02, hold_ms: 5000 },
  { share: 0.05, hold_ms: 2000 },
  { share: 0.1, hold_ms: 1000 },
] as const;

const playLasting = async (stage: Stage): Promise<Played> => {
  const { share, hold_ms } = stage.pick(LASTING);
  const cut = await stage.outage('cut', stage.length(), randomRules(share));
  stage.note({ what: 'random', share, begun: cut.ended ?? cut.begun, ended: null });
  await stage.wait(hold_ms + 2000);
  return { variant: `${percent(bothWays(share))} lost`, hold_ms, gaveUp: true };
};

/** Half of them one way: a round trip then sees the outage as it is, and else longer by the distance. */
const playFar = async (stage: Stage): Promise<Played> => {
  const what = stage.pick<'cut' | 'cut-forward'>(['cut', 'cut-forward']);
  await stage.outage(what, stage.length());
  return recovered(stage, what === 'cut' ? 'both ways' : 'forward');
};

const playSlow = async (stage: Stage): Promise<Played> => {
  const length = stage.length();
  const cut = await stage.begin('cut');
  await stage.slow();
  await stage.wait(length);
  await stage.end(cut);
  await stage.wait(2500);
  return { variant: '', hold_ms: HOLD_MS, gaveUp: true };
};

const playHidden = async (stage: Stage): Promise<Played> => {
  const whole = stage.random() < 0.5;
  const who = whole ? 'prober and ping' : 'prober';
  if (stage.random() < 0.5) {
    await stage.outage('cut', 30);
    await stage.wait(stage.between(200, 400));
    await stage.stopped(whole, async () => {
      await stage.wait(stage.between(100, 200));
      await stage.outage('cut', stage.length(300, 1500));
      await stage.wait(stage.between(100, 200));
    });
    return recovered(stage, `inside a stop of ${who}`);
  }
  const length = stage.length(500, 1500);
  let cut: Awaited<ReturnType<Stage['begin']>> | null = null;
  await stage.stopped(whole, async () => {
    await stage.wait(stage.between(50, 150));
    cut = await stage.begin('cut');
    await stage.wait(stage.between(50, 150));
  });
  await stage.wait(length - 150);
  if (cut !== null) await stage.end(cut);
  return recovered(stage, `at the edge of a stop of ${who}`);
};

/** A session's stall ends with a retransmission, up to as long again after the outage. */
const playSessions = async (stage: Stage, last: boolean): Promise<Played> => {
  if (last) {
    stage.note({ ...(await stage.begin('sessions')), ended: null });
    await stage.wait(4000);
    return { variant: 'for ever', hold_ms: HOLD_MS, gaveUp: true };
  }
  const length = stage.length(300, 1200);
  await stage.outage('sessions', length);
  await stage.wait(length + 500);
  return recovered(stage, 'for a while');
};

const playSecond = async (stage: Stage): Promise<Played> => {
  await stage.outage('cut', stage.length(200, 1500));
  await recovered(stage, '');
  await stage.wait(stage.between(500, 2500));
  await stage.outage('cut', stage.length(200, 1500));
  return { ...(await recovered(stage, '')), aftercare: true };
};

const FAR: Usual = { loss: 0, detour: 'far' satisfies Detour };

export const SCRIPTS: Readonly<Record<MessyKind, Script>> = {
  clean: { trials: TRIALS, steady_ms: STEADY_MS, play: playOutage },
  loss: {
    trials: TRIALS,
    // At 0.1 % a path of 10 ms loses one probe in five seconds.
    steady_ms: 4000,
    usual: (number) => ({ loss: LOSSES[number % LOSSES.length] as number, detour: null }),
    play: playOutage,
  },
  flapping: { trials: TRIALS, steady_ms: STEADY_MS, play: playFlaps },
  partial: { trials: TRIALS, steady_ms: STEADY_MS, play: playPart },
  lasting: { trials: 8, steady_ms: STEADY_MS, play: playLasting },
  far: { trials: TRIALS, steady_ms: STEADY_MS, delayed: true, usual: () => FAR, play: playFar },
  slow: { trials: TRIALS, steady_ms: STEADY_MS, delayed: true, play: playSlow },
  hidden: { trials: TRIALS, steady_ms: STEADY_MS, play: playHidden },
  sessions: { trials: 12, steady_ms: STEADY_MS, sessions: true, play: playSessions },
  second: { trials: 10, steady_ms: STEADY_MS, play: playSecond },
};

export const NOTHING_UNUSUAL: Usual = { loss: 0, detour: null };
