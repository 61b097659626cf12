import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ResultDocument } from '../../../src/model/tables.js';
import type { RunRecord } from '../../../src/model/run.js';
import { makeFilePair, privileged, runPair, type FilePair } from './file-pair.js';

let pair: FilePair;
afterEach(() => pair.remove());

const latest = (name: string): Promise<string> =>
  readFile(join(pair.out, 'file-pair', 'latest', name), 'utf8');
const record = async (): Promise<RunRecord> => JSON.parse(await latest('run.json')) as RunRecord;

describe.runIf(privileged)('seqgap run, end to end on loopback (needs root)', () => {
  it('measures a switchover of 0.4 s, undoes it and writes every file', async () => {
    pair = await makeFilePair({ extra: 'limits: { ping.longest: 2s }' });
    const { code, stdout, stderr } = await runPair(pair, [
      '--json',
      '--version',
      '1.2.3',
      '--label',
      'site=lab1',
    ]);
    expect(stderr).not.toContain('bug');
    expect(code).toBe(0);
    const { trials, streams, outages } = JSON.parse(stdout) as ResultDocument;
    expect(trials).toMatchObject([
      { status: 'ok', node: 'fw-a', verdict: 'pass', headline_stream: 'ping', version: '1.2.3' },
    ]);
    // The script sleeps 0.4 s between dropping and forwarding; nft itself takes its time around that.
    expect(streams[0]?.longest_hi_s).toBeGreaterThan(0.4);
    expect(outages).toHaveLength(1);
    expect(await pair.read('fw-a.ready')).toBe('ready\n');
    expect(await latest('trial-01/events.jsonl')).toMatch(
      /"event":"trigger-confirmed","of":"failover","node":"fw-a","action":"switchover","ok":true/,
    );
    expect(await record()).toMatchObject({
      status: 'complete',
      restored: true,
      trials_done: 1,
      labels: { site: 'lab1' },
    });
    expect((await readdir(join(pair.out, 'file-pair', 'latest'))).sort()).toEqual(
      expect.arrayContaining([
        'outages.csv',
        'run.json',
        'sessions.csv',
        'streams.csv',
        'summary.md',
        'trial-01',
        'trials.csv',
      ]),
    );
  });

  it('exceeds a limit with exit code 1', async () => {
    pair = await makeFilePair({ extra: 'limits: { ping.longest: 100ms }' });
    expect((await runPair(pair)).code).toBe(1);
  });

  it('measures the failback as a phase of its own', async () => {
    pair = await makeFilePair({
      trial: ', failback: measure',
      extra: 'observe: [{ name: roles, every: 100ms, driver: role }]',
    });
    const { code, stdout } = await runPair(pair, ['--json']);
    expect(code).toBe(0);
    const { trials } = JSON.parse(stdout) as ResultDocument;
    expect(trials.map(({ phase, node, status }) => ({ phase, node, status }))).toEqual([
      { phase: 'failover', node: 'fw-a', status: 'ok' },
      { phase: 'failback', node: 'fw-b', status: 'ok' },
    ]);
    expect(await pair.read('fw-a.role')).toBe('active\n');
    const observed = (await latest('trial-01/events.jsonl'))
      .split('\n')
      .filter((line) => line.includes('"observed"'));
    expect(observed.some((line) => line.includes('fw-b') && line.includes('"active"'))).toBe(true);
  });

  it('is never ok when nothing failed over', async () => {
    pair = await makeFilePair({});
    await pair.write('switch.sh', 'exit 0\n');
    const { code, stdout } = await runPair(pair, ['--json']);
    expect(code).toBe(2);
    expect((JSON.parse(stdout) as ResultDocument).trials).toMatchObject([
      { status: 'no-failover-detected', verdict: 'inconclusive' },
    ]);
  });

  it('reports an outage without recovery as censored', async () => {
    pair = await makeFilePair({});
    await pair.write('switch.sh', (await pair.read('switch.sh')).replace('nft delete table inet cut', ''));
    const { code, stdout } = await runPair(pair, ['--json']);
    expect(code).toBe(1);
    const { trials, outages } = JSON.parse(stdout) as ResultDocument;
    expect(trials).toMatchObject([{ status: 'not-recovered', outage_s: null, outage_hi_s: null }]);
    expect(outages[0]).toMatchObject({ censored: true, hi_s: null });
  });

  it('says which target never answered, and touches nothing', async () => {
    pair = await makeFilePair({ to: '127.9.9.9' });
    const cut =
      "nft add table inet x && nft add chain inet x i '{ type filter hook input priority 0; }' && nft add rule inet x i ip daddr 127.9.9.9 drop";
    const { code, stdout, stderr } = await runPair(pair, ['--json'], cut);
    expect(code).toBe(2);
    expect(stderr).toContain('stream ping never answered');
    expect((JSON.parse(stdout) as ResultDocument).trials).toMatchObject([{ status: 'down-at-start' }]);
    expect(await pair.read('fw-a.role')).toBe('active\n');
  });

  it.each([
    ['both are active', { 'fw-b.role': 'active\n' }, /split brain.*fw-a.*fw-b/s],
    ['none is active', { 'fw-a.role': 'standby\n' }, /active/],
    ['a node is not ready', { 'fw-b.ready': 'ill\n' }, /not healthy/],
  ])('stops before anything is touched when %s', async (_, files, message) => {
    pair = await makeFilePair({});
    for (const [name, text] of Object.entries(files)) await pair.write(name, text);
    const { code, stderr } = await runPair(pair);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/bug|at .*\.js:/);
    // A run that touched nothing is not `latest`, and does not say that the pair is restored.
    const [run = '', ...others] = await readdir(join(pair.out, 'file-pair'));
    expect(others).toEqual([]);
    expect(JSON.parse(await readFile(join(pair.out, 'file-pair', run, 'run.json'), 'utf8'))).toMatchObject({
      status: 'failed',
      restored: null,
    });
  });

  it('says which vantage cannot start, with its own words and the remedy', async () => {
    pair = await makeFilePair({ from: 'broken' });
    const { code, stderr } = await runPair(pair);
    expect(code).toBe(2);
    expect(stderr).toMatch(/vantage broken: .*no such pod/);
    expect(stderr).toContain('try it by hand');
  });

  it('names the nearest driver for an unknown one', async () => {
    pair = await makeFilePair({ driver: 'fille' });
    const { code, stderr } = await runPair(pair);
    expect(code).toBe(64);
    expect(stderr).toContain('did you mean "file"');
  });

  it('refuses a second run on the same pair', async () => {
    pair = await makeFilePair({});
    const { code, stderr } = await runPair(pair, [], '{ "$@" >/dev/null 2>&1 & sleep 1; true; }');
    expect(code).toBe(2);
    expect(stderr).toContain('another run holds the pair fw-a, fw-b');
  });

  it('prints the exact commands of a dry run and contacts nothing', async () => {
    pair = await makeFilePair({});
    await pair.write('fw-a.role', 'nonsense\n');
    const { code, stdout } = await runPair(pair, ['--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toContain(`sh ${pair.dir}/switch.sh fw-a`);
    expect(stdout).toContain(`sh ${pair.dir}/undo.sh fw-b`);
  });
});
