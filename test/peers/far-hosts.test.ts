import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOSTS, lay, listed, makeFarRoot, startFarHosts, type FarHosts } from './far-hosts.js';
import { describePeer } from './peer.js';

const root = join(import.meta.dirname, '../..');
const SLOW = 900_000;

describePeer('debootstrap', 'one file on hosts without Node', () => {
  let folder = '';
  let hosts: FarHosts;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seqgap-one-file-'));
    const build = ['scripts/executable.mjs', '--out', folder];
    await Promise.all([execa(process.execPath, build, { cwd: root }), makeFarRoot(join(folder, 'root'))]);
    hosts = await startFarHosts(join(folder, 'root'));
  }, SLOW);
  afterAll(async () => {
    await hosts.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test(
    'measures from two of them, by way of a bastion, and leaves nothing there',
    { timeout: SLOW },
    async () => {
      await lay(hosts);
      for (const host of HOSTS)
        expect(await hosts.at(host, 'for each in node npm python3; do command -v $each; done; true')).toBe(
          '',
        );
      const far = ['bastion', 'inside', 'outside', 'fw'] as const;
      const before = await Promise.all(far.map((host) => listed(hosts, host)));
      const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
        version: string;
      };
      await hosts.put(join(folder, `seqgap-${version}-linux-${arch()}`), '/root/seqgap');
      const said = await hosts.jump('cd /root && ./seqgap run far.yaml --yes 2>&1');
      expect(said).toMatch(/inside: copying seqgap there/);
      expect(said).toMatch(/outside: copying seqgap there/);
      const rows = parse(await hosts.jump('cat /root/results/far/latest/streams.csv'), {
        columns: true,
      }) as Record<string, string>[];
      const trials = rows.filter(({ direction }) => direction === 'round-trip');
      expect(trials).toHaveLength(6);
      for (const row of trials) {
        expect(Number(row['longest_hi_s']), JSON.stringify(row)).toBeGreaterThanOrEqual(0.5);
        expect(Number(row['longest_lo_s']), JSON.stringify(row)).toBeLessThan(2);
      }
      // Who removes what a killed run left looks once a second whether it has to.
      await expect
        .poll(() => Promise.all(far.map((host) => listed(hosts, host))), { timeout: 30_000, interval: 1000 })
        .toEqual(before);
    },
  );
});
