import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  channelOver,
  giveTurns,
  type Member,
  turnsOf,
  type CampaignWord,
  type RunTurns,
  type RunWord,
} from '../../../src/cli/run/turns.js';
import { Interrupted } from '../../../src/trial/interrupt.js';

type Work = (turns: RunTurns, tell: (what: string) => void) => Promise<void>;

/** A run of so many trials; `breaks` is the one that fails. */
const trials =
  (count: number, breaks?: number): Work =>
  async (turns, tell) => {
    try {
      for (let trial = 1; trial <= count; trial++) {
        await turns.take();
        tell(String(trial));
        if (trial === breaks) throw new Error('broken');
        await turns.pass();
      }
      await turns.end(false);
    } catch (error) {
      tell(error instanceof Interrupted ? 'interrupted' : 'failed');
      await turns.end(true);
    }
    tell('result');
  };

/** What happened in a campaign, in order: `a1 b1 a2 …`. */
const campaign = async (
  runs: Readonly<Record<string, Work>>,
  signal = new AbortController().signal,
): Promise<string> => {
  const history: string[] = [];
  const members = Object.entries(runs).map(([name, work]): Member => {
    const toRun = new PassThrough();
    const fromRun = new PassThrough();
    const turns = turnsOf(channelOver<RunWord, CampaignWord>(toRun, fromRun), signal);
    const done = work(turns, (what) => void history.push(`${name}${what}`)).finally(() => fromRun.end());
    return { channel: channelOver<CampaignWord, RunWord>(fromRun, toRun), turn: () => {}, done };
  });
  history.push(String(await giveTurns(members)));
  return history.join(' ');
};

describe('turns', () => {
  it('go round, and results come when the last trial is over', async () => {
    expect(await campaign({ a: trials(2), b: trials(2) })).toBe('a1 b1 a2 b2 aresult bresult true');
    expect(await campaign({ a: trials(1), b: trials(3), c: trials(2) })).toBe(
      'a1 b1 c1 b2 c2 b3 aresult bresult cresult true',
    );
  });

  it('end for all when one run breaks off', async () => {
    expect(await campaign({ a: trials(3), b: trials(3, 2) })).toBe(
      'a1 b1 a2 b2 bfailed ainterrupted aresult bresult false',
    );
  });

  it('are never given when a run cannot begin', async () => {
    const gone: Work = () => Promise.resolve();
    expect(await campaign({ a: trials(2), b: gone })).toBe('ainterrupted aresult false');
  });

  it('end for all at a signal, also for those that wait', async () => {
    const stop = new AbortController();
    const interrupted: Work = async (turns, tell) => {
      await turns.take();
      tell('1');
      stop.abort();
      await turns.end(true);
      tell('result');
    };
    const history = await campaign({ a: interrupted, b: trials(2) }, stop.signal);
    expect(history).toBe('a1 binterrupted aresult bresult false');
  });

  it('are over for a run whose campaign is gone', async () => {
    const [toRun, fromRun] = [new PassThrough(), new PassThrough()];
    const turns = turnsOf(channelOver(toRun, fromRun), new AbortController().signal);
    const waiting = turns.take();
    toRun.end();
    await expect(waiting).rejects.toThrow('interrupted');
    await expect(turns.end(true)).resolves.toBeUndefined();
  });
});
