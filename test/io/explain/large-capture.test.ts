import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { arp, MAC } from '../../unit/foreign/wire/packets.js';
import { scratch } from '../store/scratch.js';

/** Trial 1 lost its first packet at 23:06:59.872. */
const RUN = 'results/example/lab-vrrp-timer/20261121T230652Z-advert-200ms';
const LOSS_S = Date.UTC(2026, 10, 21, 23, 6, 59) / 1000;

const PACKET = 1 << 18;
const GIBI = 2 ** 30;
const HEADER = 16;

const header = (micro_s: number, length: number): Buffer => {
  const made = Buffer.alloc(HEADER);
  made.writeUInt32LE(LOSS_S, 0);
  made.writeUInt32LE(micro_s, 4);
  made.writeUInt32LE(length, 8);
  made.writeUInt32LE(length, 12);
  return made;
};

/** A capture of so many octets in packets of zeros, of which a disk keeps only the headers, and an announcement behind them. */
const capture = async (name: string, octets: number): Promise<string> => {
  const path = join(await scratch(), name);
  const file = await open(path, 'w');
  const begin = Buffer.alloc(24);
  begin.writeUInt32LE(0xa1b2c3d4, 0);
  begin.writeUInt32LE(1, 20);
  await file.write(begin, 0, begin.length, 0);
  let at = begin.length;
  for (; at < octets; at += HEADER + PACKET) await file.write(header(900_000, PACKET), 0, HEADER, at);
  const last = arp(2, MAC.b, '10.4.3.1', '10.4.3.1');
  await file.write(Buffer.concat([header(950_000, last.length), last]), 0, HEADER + last.length, at);
  await file.close();
  return path;
};

/** What is said of it, and the most memory that this took, in MiB (proc_pid_status(5)). */
const explained = async (path: string): Promise<{ readonly said: string; readonly peak_mib: number }> => {
  const child = spawn(
    process.execPath,
    ['dist/cli.js', 'explain', RUN, '--json', '--pcap', path, '--clock', 'a.pcap=0s±10ms'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let peak_mib = 0;
  const look = (): void => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peak_mib = Math.max(peak_mib, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It has ended.
    }
  };
  const watching = setInterval(look, 20);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(child, 'close');
  clearInterval(watching);
  return { said, peak_mib };
};

/** But for the folder, and for which packet it was. */
const alike = (said: string): string =>
  said.replaceAll(/seqgap-store-\w+/g, '').replaceAll(/a\.pcap:\d+/g, 'a.pcap');

test(
  'a capture of gigabytes is read to its end, in the memory of a small one',
  { timeout: 300_000 },
  async () => {
    const small = await explained(await capture('a.pcap', GIBI / 512));
    const large = await explained(await capture('a.pcap', 2.25 * GIBI));
    expect(large.said).toContain('gratuitous ARP');
    expect(alike(large.said)).toBe(alike(small.said));
    expect(small.peak_mib).toBeGreaterThan(0);
    expect(large.peak_mib - small.peak_mib).toBeLessThan(100);
  },
);
