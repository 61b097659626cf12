import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, type TestContext } from 'vitest';
import type { RunRecord } from '../../../src/model/run.js';
import { makeFilePair, privileged, runPair, startRun, type FilePair } from './file-pair.js';

/* The time after a recovery, on loopback that stops a second time while it lasts. */

/** The first cut ends after 0.4 s; another one begins 3 s later and lasts 0.6 s. */
const AGAIN = `
(sleep 3
 nft add table inet later
 nft add chain inet later in '{ type filter hook input priority 0; }'
 nft add rule inet later in icmp type echo-request drop
 sleep 0.6
 nft delete table inet later) >/dev/null 2>&1 &
`;

const makePair = async ({ onTestFinished }: TestContext, trial: string, extra = ''): Promise<FilePair> => {
  const pair = await makeFilePair({ trial: `, aftercare: ${trial}`, extra });
  onTestFinished(() => pair.remove());
  await pair.write('switch.sh', (await pair.read('switch.sh')) + AGAIN);
  return pair;
};

const inRun = (pair: FilePair, name: string): Promise<string> =>
  readFile(join(pair.out, 'file-pair', 'latest', name), 'utf8');

type Rows = readonly Readonly<Record<string, unknown>>[];
const tablesOf = (stdout: string) => JSON.parse(stdout) as Record<'trials' | 'streams' | 'outages', Rows>;

describe.runIf(privileged)('aftercare (needs root)', { concurrent: true }, () => {
  test.each([
    ['as often as before', '5s', 0.02],
    ['at a cheaper rate', '{ for: 5s, every: 100ms }', 0.1],
  ])('a second outage is told apart: %s', async (_, trial, every) => {
    const pair = await makeFilePair({ trial: `, aftercare: ${trial}` });
    try {
      await pair.write('switch.sh', (await pair.read('switch.sh')) + AGAIN);
      const { code, stdout } = await runPair(pair, ['--json']);
      const { trials, streams, outages } = tablesOf(stdout);
      expect(trials).toMatchObject([{ phase: 'failover', status: 'ok', verdict: 'pass' }]);
      expect(streams.map(({ phase, status }) => [phase, status])).toEqual([
        ['failover', 'ok'],
        ['aftercare', 'ok'],
      ]);
      expect(streams[1]).toMatchObject({ interval_s: every, periods: 1, holes: 0 });
      const [first, second] = outages;
      expect([first?.phase, second?.phase]).toEqual(['failover', 'aftercare']);
      // What the scripts cut for; starting nft takes its time.
      expect(first?.outage_s).toBeGreaterThan(0.35);
      expect(first?.outage_s).toBeLessThan(0.9);
      expect(second?.hi_s).toBeGreaterThan(0.6);
      expect(second?.lo_s).toBeLessThan(1.1);
      expect(code).toBe(0);
      const summary = await inRun(pair, 'summary.md');
      expect(summary).toMatch(
        /A second outage of 0\.\d+ s \(.*\) began [23]\.\d+ s after the recovery \(stream ping\)\. Warning: no limit/,
      );
      expect(await inRun(pair, 'timeline.csv')).toMatch(/,traffic,aftercare-loss,ping,/);
      expect(await inRun(pair, 'report.html')).toContain('A second outage of');
      if (every === 0.1) {
        // 5 s at 100 ms, not at 20 ms.
        expect(streams[1]?.sent).toBeGreaterThan(40);
        expect(streams[1]?.sent).toBeLessThan(90);
      }
    } finally {
      await pair.remove();
    }
  });

  test('a limit on it fails the run', async (context) => {
    const pair = await makePair(context, '5s', 'limits: { aftercare.periods: 0 }');
    const { code, stdout } = await runPair(pair);
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /aftercare\.periods: at most 0: .*1 in the aftercare \(stream ping\) in trial 1/,
    );
    expect(code).toBe(1);
  });

  test('Ctrl-C in it restores at once, and what was measured stands', async (context) => {
    const pair = await makePair(context, '10m');
    const { pid, finished } = startRun(pair);
    const events = (): Promise<string> => inRun(pair, 'trial-01/events.jsonl').catch(() => '');
    while (!(await events()).includes('"phase":"aftercare"')) await sleep(50);
    process.kill(pid, 'SIGINT');
    const { code } = await finished;
    expect(code).toBe(2);
    expect(await pair.read('fw-a.ready')).toBe('ready\n');
    expect(JSON.parse(await inRun(pair, 'run.json')) as RunRecord).toMatchObject({
      status: 'interrupted',
      restored: true,
    });
    expect(await inRun(pair, 'trials.csv')).toMatch(/,failover,.*,ok,/);
  });
});
