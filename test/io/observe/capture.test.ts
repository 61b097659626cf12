import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Capture, type CaptureOptions } from '../../../src/observe/capture.js';
import { captureFilter } from '../../../src/observe/capture-filter.js';
import { readWire } from '../../../src/foreign/wire/wire-record.js';
import { isRoot, openPair } from '../probe/namespace.js';

const scratch = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'capture-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
};

interface Begun {
  readonly capture: Capture;
  readonly path: string;
  readonly notes: readonly string[];
}

const begin = async (more: Partial<CaptureOptions> = {}): Promise<Begun> => {
  const path = join(await scratch(), 'captures', 'trial-01-wire.pcap');
  const notes: string[] = [];
  const capture = new Capture({
    prefix: [],
    interface: 'lo',
    filter: captureFilter(['10.4.4.4']),
    path,
    note: (text) => notes.push(text),
    ...more,
  });
  await capture.begun;
  return { capture, path, notes };
};

/** Instead of tcpdump: this script. */
const instead = async (script: string): Promise<string[]> => {
  const folder = await scratch();
  const path = join(folder, 'tcpdump');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return ['env', `PATH=${folder}:${process.env['PATH'] ?? ''}`];
};

const end = async ({ capture }: Begun): Promise<void> => {
  capture.stop();
  await capture.ended;
};

const HEADER = String.raw`printf '\324\303\262\241\2\0\4\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0\0\0'`;

describe('a capture', () => {
  test('is whole when it was ended, and its file is for its owner alone', async () => {
    const begun = await begin({
      prefix: await instead(`echo listening on lo >&2; ${HEADER}; exec sleep 60`),
    });
    await end(begun);
    expect(begun.notes).toEqual([]);
    expect((await readFile(begun.path)).length).toBe(24);
    expect((await stat(begun.path)).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['tcpdump: eth9: No such device exists', 'echo "tcpdump: eth9: No such device exists" >&2; exit 1'],
    ['there is no tcpdump there; install it', 'echo "sh: 1: tcpdump: not found" >&2; exit 127'],
  ])('that cannot begin is a note: %s', async (words, script) => {
    const begun = await begin({ prefix: await instead(script) });
    await end(begun);
    expect(begun.notes).toEqual([`nothing was captured: ${words}`]);
    await expect(stat(begun.path)).rejects.toThrow('ENOENT');
  });

  test('behind a prefix that is none', async () => {
    const begun = await begin({ prefix: ['/nowhere/ssh', 'host'] });
    await end(begun);
    expect(begun.notes).toEqual([
      expect.stringMatching(/^nothing was captured: cannot run \/nowhere\/ssh: /),
    ]);
  });

  test('whose tcpdump ends by itself, and what that dropped', async () => {
    const begun = await begin({
      prefix: await instead(`echo listening on lo >&2; ${HEADER}; echo "7 packets dropped by kernel" >&2`),
    });
    await begun.capture.ended;
    expect(begun.notes).toEqual([
      'tcpdump ended early',
      '7 packets were dropped by the kernel: what is missing in the capture may have been there',
    ]);
  });

  test('has bounds', async () => {
    const begun = await begin({
      prefix: await instead(`echo listening on lo >&2; exec cat /dev/zero`),
      most: 3 << 20,
    });
    await begun.capture.ended;
    expect(begun.notes).toEqual([expect.stringMatching(/^the capture ends at 3 MB: /)]);
    expect((await stat(begun.path)).size).toBeLessThan(4 << 20);
  });

  test('that does not end is ended', async () => {
    const begun = await begin({
      prefix: await instead(`trap '' TERM; echo listening on lo >&2; ${HEADER}; while :; do sleep 0.1; done`),
    });
    await end(begun);
    expect(begun.notes).toEqual([]);
  });

  test('of which a disk takes nothing is a note', async () => {
    const begun = await begin({
      prefix: await instead(`echo listening on lo >&2; ${HEADER}; exec sleep 60`),
      path: '/proc/nowhere/a.pcap',
    });
    await begun.capture.ended;
    expect(begun.notes).toEqual([expect.stringMatching(/^the capture ended: /)]);
  });
});

test.runIf(isRoot)('tcpdump in a namespace: what the wire tells is read again', async () => {
  const pair = await openPair();
  onTestFinished(() => pair.close());
  const begun = await begin({
    prefix: pair.near.prefix,
    interface: 'veth0',
    filter: captureFilter(['192.0.2.2', '2001:db8::2']),
  });
  await pair.near.run(
    `ping -qc 2 -i 0.1 192.0.2.2; ping -6 -qc 1 2001:db8::2; ip neigh flush dev veth0; ping -qc 1 192.0.2.2`,
  );
  await end(begun);
  expect(begun.notes).toEqual([]);
  const { evidence, notes } = await readWire(begun.path, {
    near: { lo_ms: 0, hi_ms: 0 },
    zone_min: null,
    nodes: [],
    owner: null,
    watch: ['192.0.2.2', '2001:db8::2'],
  });
  expect(notes).toEqual([]);
  const far = /link\/ether (\S+)/.exec(await pair.far.run('ip link show veth0'))?.[1];
  const told = evidence.map(({ kind, subject, value }) => `${kind} ${subject} ${value}`);
  for (const line of [
    `resolved 192.0.2.2 ${far}`,
    `resolved 2001:db8::2 ${far}`,
    `announced 192.0.2.2 ${far}`,
  ])
    expect(told).toContain(line);
});
