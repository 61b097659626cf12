import { appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratch } from '../store/scratch.js';
import { seqgap } from '../store/seqgap.js';

/** Trial 1 lost its first packet at 23:06:59.872; fw-a was acted on, and nobody was asked for roles. */
const RUN = 'results/example/lab-vrrp-timer/20261121T230652Z-advert-200ms';
/** The clock is 2 s fast. */
const LOG = `2026-11-21T23:07:02.180Z fw-b Keepalived_vrrp[123]: (VI_1) Receive advertisement timeout
2026-11-21T23:07:02.400Z fw-b Keepalived_vrrp[123]: (VI_1) Entering MASTER STATE
`;
/** The run asked the node for its time. */
const ASKED = {
  ...{ at_ns: 13_300_000_000, event: 'device-time', observer: 'vip', subject: 'fw-b', value: 'active' },
  ...{ wall_ms: 1_795_302_422_548, offset_ns: 2_000_000_000, uncertainty_ns: 10_000_000 },
};

interface Document {
  readonly outages: readonly {
    readonly trial: number;
    readonly outage_s: number;
    readonly links: readonly { readonly name: string; readonly length_s: number | null }[];
    readonly longest: readonly string[];
  }[];
  readonly clocks: readonly { readonly clock: string; readonly state: string }[];
  readonly records: readonly { readonly file: string }[];
  readonly unread: readonly string[];
}

const documentOf = async (...args: string[]): Promise<Document> => {
  const { code, stdout, stderr } = await seqgap('explain', ...args, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Document;
};

const logFile = async (): Promise<string> => {
  const file = join(await scratch(), 'ha.log');
  await writeFile(file, LOG);
  return file;
};

describe('seqgap explain', () => {
  test('a run by itself: nothing divides what nobody saw', async () => {
    const { code, stdout } = await seqgap('explain', RUN, '--trial', '1');
    expect(code).toBe(0);
    expect(stdout).toContain('Nothing divides this outage');
    expect(stdout).toContain('when the peer was declared dead');
    expect(stdout).not.toContain('trial 2, failover:');
  });

  test('with a log and its clock, whose links add up', async () => {
    const { outages, clocks } = await documentOf(
      RUN,
      ...['--trial', '1', '--log', `fw-b=${await logFile()}`, '--clock', 'fw-b=2s±10ms'],
    );
    expect(clocks).toMatchObject([{ clock: 'fw-b', state: 'placed' }]);
    const [outage] = outages;
    const seen = outage!.links.filter(({ length_s }) => length_s !== null);
    expect(seen.map(({ name }) => name)).toContain('promotion');
    expect(seen.reduce((sum, { length_s }) => sum + (length_s ?? 0), 0)).toBeCloseTo(outage!.outage_s, 5);
  });

  test('with a log of whose clock nothing is known places nothing, and says why', async () => {
    const { code, stdout } = await seqgap('explain', RUN, '--log', `fw-b=${await logFile()}`);
    expect(code).toBe(0);
    expect(stdout).toContain('Not on the run’s clock');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('--clock fw-b=0s±1s would say so');
  });

  test('what the run kept is found, and what of it is no record is said', async () => {
    const run = join(await scratch(), 'run');
    await cp(RUN, run, { recursive: true });
    await mkdir(join(run, 'history'));
    await writeFile(join(run, 'history', 'trial-1-fw-b.log'), LOG);
    await writeFile(join(run, 'history', 'trial-2-fw-a.log'), 'no such file\n');
    const { records, clocks, unread } = await documentOf(run);
    expect(records).toMatchObject([{ file: join('history', 'trial-1-fw-b.log') }]);
    expect(clocks).toMatchObject([{ clock: 'fw-b' }]);
    expect(unread).toHaveLength(1);
    expect(unread.join()).not.toContain(run);
  });

  test('a node whose power is that of a cloud may wait for its API', async () => {
    const run = join(await scratch(), 'run');
    await cp(RUN, run, { recursive: true });
    const record = await readFile(join(run, 'run.json'), 'utf8');
    const said = async (power: string): Promise<string> => {
      await writeFile(join(run, 'run.json'), record.replaceAll('"driver": "lab"', `"driver": "${power}"`));
      return (await seqgap('explain', run)).stdout;
    };
    expect(await said('azure')).toContain('(--activity)');
    expect(await said('libvirt')).not.toContain('--activity');
    // Of a folder that is not given any more.
    expect(await said('my-own-cloud')).not.toContain('--activity');
  });

  test('as Markdown', async () => {
    const { code, stdout } = await seqgap('explain', RUN, '--markdown');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^# lab-vrrp-timer\n/);
  });

  test('as a page', async () => {
    const page = join(await scratch(), 'chain.html');
    expect(await seqgap('explain', RUN, '--html', page)).toMatchObject({ code: 0 });
    const html = await readFile(page, 'utf8');
    expect(html).toContain('why it took so long');
    expect(html).toContain('chain-1-failover');
  });

  describe('the own reports of a run', () => {
    const report = async (run: string): Promise<Record<'html' | 'markdown' | 'json', string>> => {
      const { stdout, stderr } = await seqgap('report', run, '--json');
      expect(stderr).toBe('');
      const [html, markdown] = await Promise.all(
        ['report.html', 'summary.md'].map((name) => readFile(join(run, name), 'utf8')),
      );
      return { html: html!, markdown: markdown!, json: stdout };
    };

    test('have the chain that its records tell, the same wherever it lies', async () => {
      const run = join(await scratch(), 'run');
      await cp(RUN, run, { recursive: true });
      await mkdir(join(run, 'history'));
      await writeFile(join(run, 'history', 'trial-1-fw-b.log'), LOG);
      await appendFile(join(run, 'trial-01', 'events.jsonl'), `${JSON.stringify(ASKED)}\n`);
      const { html, markdown, json } = await report(run);
      const { explained } = JSON.parse(json) as { readonly explained: Document };
      const [outage] = explained.outages;
      const promotion = outage!.links.find(({ name }) => name === 'promotion');
      expect(promotion?.length_s).toBeGreaterThan(0);
      expect(markdown).toContain('## Why it took so long');
      expect(markdown).toContain('fw-b is active');
      expect(html).toContain('id="chain-1-failover"');
      // Each event that is drawn has its line on the page.
      const links = [...html.matchAll(/"link":"(chain-1-failover-line-\d+)"/g)].map(([, id = '']) => id);
      expect(links.length).toBeGreaterThan(4);
      for (const id of links) expect(html).toContain(`<th scope="row" id="${id}"`);
      expect(html).toMatch(
        /<td><time datetime="2026-11-21T23:07:02\.400Z">2026-11-21T23:07:02\.400Z<\/time> fw-b Keepalived_vrrp\[123\]: \(VI_1\) Entering MASTER/,
      );
      const moved = join(await scratch(), 'elsewhere');
      await cp(run, moved, { recursive: true });
      expect(await report(moved)).toEqual({ html, markdown, json });
    });

    test('have no word of it where nothing was kept, and a note where it cannot be read', async () => {
      const run = join(await scratch(), 'run');
      await cp(RUN, run, { recursive: true });
      const without = await report(run);
      expect(without.html + without.markdown).not.toMatch(/Why it took so long|link by link/);
      expect(JSON.parse(without.json)).not.toHaveProperty('explained');
      await mkdir(join(run, 'history'));
      await writeFile(join(run, 'history', 'trial-1-fw-b.log'), 'no such file\n');
      const { html, markdown } = await report(run);
      expect(html).not.toContain('Why it took so long');
      expect(markdown).toMatch(/left out: .*history\/trial-1-fw-b\.log/);
    });
  });

  test.each([
    [['--trial', '9'], 'has no trial 9'],
    [['--clock', 'fw-b=1s'], 'no record has such a clock'],
    [['--clock', 'fw-b'], 'says no clock'],
    [['--zone', 'CET'], 'is not a zone'],
    [['--log', 'no-such-file'], 'no-such-file'],
    [['--log', 'fw-z=package.json'], 'fw-z in fw-z=package.json is no node of this run'],
    [['--pcap', 'package.json'], 'is no capture'],
  ])('%j is refused in a line', async (args, message) => {
    const { code, stdout, stderr } = await seqgap('explain', RUN, ...args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
  });
});
