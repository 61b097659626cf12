import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { StreamOf } from '../../../src/model/plan.js';
import { decodeProbe, type ProbeRow } from '../../../src/model/probe.js';
import { fromMs } from '../../../src/model/time.js';
import { Ledger } from '../../../src/probe/send/ledger.js';
import { UdpInboxes } from '../../../src/probe/send/socket-drops.js';
import { startPingCommand } from '../../../src/probe/stream/ping-command.js';
import { Scheduler } from '../../../src/probe/send/scheduler.js';
import { stream } from './agent-run.js';

/** Prints what iputils' ping would at these milliseconds, at once, with stamps of its own. */
const FAKE = `#!${process.execPath}
const base = Date.now() / 1e3;
const stamp = (ms) => '[' + (base + ms / 1e3).toFixed(6) + '] ';
const say = (text) => process.stdout.write(text + '\\n');
const reply = (seq, ms) => say(stamp(ms) + '64 bytes from 192.0.2.1: icmp_seq=' + seq + ' ttl=64 time=0.100 ms');
for (let seq = 1; seq <= 10; seq++) reply(seq, (seq - 1) * 16);
say(stamp(196) + 'no answer yet for icmp_seq=11');
say(stamp(212) + 'no answer yet for icmp_seq=12');
reply(13, 212);
// Came 60 ms after its send, is told of 20 ms later.
say(stamp(292) + '64 bytes from 192.0.2.1: icmp_seq=12 ttl=64 time=60.0 ms');
say('end');
setInterval(() => {}, 1000);
`;

let folder: string;
const path = process.env['PATH'] ?? '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-ping-'));
  await writeFile(join(folder, 'ping'), FAKE);
  await chmod(join(folder, 'ping'), 0o755);
  process.env['PATH'] = `${folder}:${path}`;
});

afterAll(async () => {
  process.env['PATH'] = path;
  await rm(folder, { recursive: true });
});

/** Milliseconds between two instants of the log, to the microsecond. */
const between = (from: number | null | undefined, to: number | null | undefined): number =>
  Number((((to ?? NaN) - (from ?? NaN)) / 1e6).toFixed(3));

test('the first lost probe is taken to have left at the pace that was kept, or as late as the next allows', async () => {
  const rows: ProbeRow[] = [];
  const ledger = new Ledger('ping', fromMs(10_000), fromMs(0), (line) => rows.push(decodeProbe(line)));
  const scheduler = new Scheduler(systemClock);
  const running = startPingCommand({
    plan: stream({ host: '192.0.2.1', every_ns: fromMs(10) }) as StreamOf<'icmp'>,
    flow: 0,
    destination: { address: '192.0.2.1', family: 4 },
    ledger,
    scheduler,
    clock: systemClock,
    start: systemClock.monotonic(),
    phase: 0,
    inboxes: new UdpInboxes(),
    changed: () => {},
    note: () => {},
  });
  // They come through a pipe of a process, in order.
  await expect.poll(() => ledger.waiting, { timeout: 10_000 }).toBe(1);
  running.stop();
  running.close();
  ledger.close();

  const [tenth, first, second] = rows.slice(9, 12);
  expect([tenth?.outcome, first?.outcome, second?.outcome]).toEqual(['answered', 'lost', 'answered']);
  // Every 16 ms, though it was told 10; the next left 52.1 ms after the last answered one: between 16 and 36.1.
  expect(between(tenth?.sent_ns, first?.sent_ns)).toBeCloseTo((16 + 36.1) / 2, 1);
  expect(between(tenth?.sent_ns, first?.accepted_ns)).toBeCloseTo(36.1, 1);
  // That one's send was announced.
  expect(between(tenth?.sent_ns, second?.sent_ns)).toBeCloseTo(52.1, 1);
  expect(second?.accepted_ns).toBe(second?.sent_ns);
  expect(between(second?.sent_ns, second?.received_ns)).toBe(60);
});
