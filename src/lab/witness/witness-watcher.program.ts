/**
 * Captures the witness stream at both ends and writes its outages to truth.jsonl: `node witness-watcher.program.js FILE`.
 * Kernel timestamps by tcpdump; shares no code with the prober.
 */
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { words } from '../ground/command.js';
import { createGapFinder, type GapFinder, createPcapReader } from './gaps.js';
import { WITNESS_PORT } from '../ground/nftables.js';
import type { TruthGap } from './truth.js';
import { decodeWitness, type WitnessPacket } from '../../wire/witness-packet.js';

/** Shorter gaps are no failover; the schedule of the senders on a busy host is no better. */
const THRESHOLD_S = 0.005;
const file = process.argv[2] ?? 'truth.jsonl';

const finders = new Map<string, GapFinder>();
const finderOf = ({ family, direction }: WitnessPacket): GapFinder => {
  const key = `${family} ${direction}`;
  const found =
    finders.get(key) ??
    createGapFinder(THRESHOLD_S, (edges) => {
      const gap: TruthGap = { family, direction, ...edges };
      appendFileSync(file, `${JSON.stringify(gap)}\n`);
    });
  finders.set(key, found);
  return found;
};

/** Resolves when tcpdump listens. 16 MB of kernel buffer: what it drops would look like a lost packet. */
const capture = (machine: string, device: string, sends: WitnessPacket['direction']): Promise<void> =>
  new Promise((resolve) => {
    const options = words(
      `-i ${device} --time-stamp-precision=nano --immediate-mode -n -U -s 96 -B 16384 -Z root -w -`,
    );
    const child = spawn('ip', ['netns', 'exec', machine, 'tcpdump', ...options, `udp port ${WITNESS_PORT}`], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const read = createPcapReader(({ time, frame }) => {
      const packet = decodeWitness(frame);
      if (packet === null) return;
      if (packet.direction === sends) finderOf(packet).sent(packet.seq, time);
      else finderOf(packet).delivered(packet.seq);
    });
    child.stdout.on('data', read);
    createInterface(child.stderr).on('line', (line) => {
      if (line.includes('listening on')) resolve();
      else process.stderr.write(`witness on ${machine}: ${line}\n`);
    });
  });

await Promise.all([capture('client', 'trust', 'forward'), capture('server', 'untrust', 'reverse')]);
process.stdout.write('watching\n');
