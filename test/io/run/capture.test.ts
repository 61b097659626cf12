import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { holdsWithin } from '../../../src/deadline.js';
import { readWire } from '../../../src/foreign/wire/wire-record.js';
import { type FilePair, makeFilePair, privileged, runPair, startRun } from './file-pair.js';

const CAPTURES = `
observe:
  - { name: wire, driver: capture, interface: lo }
  - { name: gone, driver: capture, interface: eth9 }
`;

const made = async (): Promise<FilePair> => {
  const pair = await makeFilePair({ extra: CAPTURES });
  onTestFinished(() => pair.remove());
  return pair;
};

const isTcpdump = (pid: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('tcpdump');
  } catch {
    return false;
  }
};

/** Of tcpdump, those in the same network namespace. */
const captors = async (pid: number): Promise<string[]> => {
  const { stdout } = await promisify(execFile)('stat', ['-Lc', '%i', `/proc/${pid}/ns/net`]);
  const mine = `net:[${stdout.trim()}]`;
  const found: string[] = [];
  for (const each of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isTcpdump(name))) {
    const { stdout: of } = await promisify(execFile)('readlink', [`/proc/${each}/ns/net`]).catch(() => ({
      stdout: '',
    }));
    if (of.trim() === mine) found.push(each);
  }
  return found;
};

describe.runIf(privileged)('an observer that captures (needs root)', () => {
  test('leaves its packets in the run; what cannot be captured is a warning and a note', async () => {
    const pair = await made();
    const { code, stderr } = await runPair(pair);
    expect(code, stderr).toBe(0);
    const words = 'observer gone: nothing was captured: tcpdump: eth9: No such device exists';
    expect(stderr).toContain(`warning: ${words}`);
    const run = join(pair.out, 'file-pair', 'latest');
    expect(readdirSync(join(run, 'captures'))).toEqual(['trial-01-wire.pcap']);
    expect(await readFile(join(run, 'trial-01', 'events.jsonl'), 'utf8')).toContain(words);
    const { span, notes } = await readWire(join(run, 'captures', 'trial-01-wire.pcap'), {
      near: { lo_ms: 0, hi_ms: 0 },
      zone_min: null,
      nodes: [],
      owner: null,
      watch: ['127.0.0.1'],
    });
    expect(notes).toEqual([]);
    // The clean second, and the recovered one.
    expect((span?.hi_ms ?? 0) - (span?.lo_ms ?? 0)).toBeGreaterThan(2000);
  });

  test('leaves nothing running when the run is killed', async () => {
    const pair = await made();
    const { pid, finished } = startRun(pair);
    expect(await holdsWithin(async () => (await captors(pid)).length > 0, { limit_ms: 20_000 })).toBe(true);
    const before = await captors(pid);
    process.kill(pid, 'SIGKILL');
    await finished;
    expect(await holdsWithin(() => !before.some(isTcpdump), { limit_ms: 10_000 })).toBe(true);
  });
});
