import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LiveTargets } from '../../../src/cli/analyze/live-targets.js';
import { sayNotice, type Notice } from '../../../src/cli/watch/notice.js';
import { LiveLog, type LiveFacts } from '../../../src/cli/analyze/live-log.js';
import { logPipe } from '../../../src/foreign/open-log.js';
import { readLog, type ForeignLog } from '../../../src/foreign/read-log.js';
import { KnownError } from '../../../src/model/error.js';
import { fromMs, ns } from '../../../src/model/time.js';
import { sayBounds } from '../../../src/analysis/words/format.js';

const logs = join(import.meta.dirname, '../../golden/analyze/logs');

const options = {
  format: null,
  interval_ns: null,
  timeout_ns: fromMs(4000),
  threshold_ns: null,
  mergeGap_ns: ns(0),
};

/** A log as it is followed. */
const follow = (name = 'log') => {
  const notices: Notice[] = [];
  const rows = new Map<string, number>();
  let facts: LiveFacts | null = null;
  const unknown: string[] = [];
  const log = new LiveLog(name, options, {
    known: (known) => {
      facts = known;
    },
    unknown: (why) => unknown.push(why),
    row: (target, row) => {
      if (row.outcome !== 'duplicate' && row.outcome !== 'stray')
        rows.set(target, (rows.get(target) ?? 0) + 1);
      targets.row(target, row);
    },
  });
  const targets = new LiveTargets(log, {
    threshold_ns: null,
    tell: (notice) => notices.push(notice),
    readTime: () => null,
    stretch: () => 1,
  });
  return {
    log,
    targets,
    notices,
    rows,
    unknown,
    facts: () => facts,
    lines: () => notices.map((notice) => sayNotice(notice, 0, 'utc')),
    /** Lines come, and are looked at. */
    push: (text: string | Buffer) => {
      log.push(Buffer.from(text));
      const now_ns = log.newest_ns;
      if (now_ns !== null) targets.tick(now_ns);
    },
    view: (silentSince_ns: number | null = null) => targets.views(log.newest_ns ?? 0, silentSince_ns)[0],
  };
};

const whole = (text: Buffer): Promise<ForeignLog> => {
  async function* chunks(): AsyncGenerator<Buffer> {
    yield text;
  }
  return readLog(logPipe(chunks(), 'log'), options);
};

const linesOf = (bytes: Buffer): Buffer[] => {
  const lines: Buffer[] = [];
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(10, from);
    const to = end === -1 ? bytes.length : end + 1;
    lines.push(bytes.subarray(from, to));
    from = to;
  }
  return lines;
};

const stamped = (at: number, rest: string): string => `[${(1_700_000_000 + at).toFixed(6)}] ${rest}\n`;
const reply = (seq: number): string =>
  stamped(seq / 5 + 0.001, `64 bytes from 10.4.4.4: icmp_seq=${seq} ttl=64 time=1.00 ms`);
const none = (seq: number): string => stamped((seq + 1) / 5, `no answer yet for icmp_seq=${seq}`);
const HEADING = 'PING 10.4.4.4 (10.4.4.4) 56(84) bytes of data.\n';
const span = (from: number, to: number, line: (seq: number) => string): string[] =>
  Array.from({ length: to - from }, (_, index) => line(from + index));

describe('a ping that is followed', () => {
  test('is told as a watch tells it: begun, and over when it is', () => {
    const { push, lines, view } = follow();
    for (const line of [HEADING, ...span(1, 20, reply)]) push(line);
    expect(lines()).toEqual(['22:13:20.201Z  10.4.4.4  ✓ answers, RTT 1.00 ms']);
    expect(view()).toMatchObject({ state: 'up', sent: 19, lost: 0 });
    for (const line of span(20, 35, none)) push(line);
    expect(lines().slice(1)).toEqual(['22:13:24.000Z  10.4.4.4  ✗ down']);
    expect(view()).toMatchObject({ state: 'down', gaps: 1, worst_s: null });
    // It answers, but later than the probes before it are given up.
    push(reply(35));
    expect(view()).toMatchObject({ state: 'up' });
    for (const line of span(36, 50, reply)) push(line);
    expect(lines().slice(2)).toEqual([
      '22:13:24.000Z  10.4.4.4  ✓ down for 3.00 s  [2.79 … 3.20]  back 22:13:27.001, 15 lost, from seq 20',
    ]);
    expect(view()).toMatchObject({ state: 'up', lost: 15, gaps: 1, worst_s: expect.closeTo(3, 2) });
  });

  test('without -O: what has no line is not down, and not said to be up either', () => {
    const { push, lines, view } = follow();
    for (const line of [HEADING, ...span(1, 20, reply)]) push(line);
    expect(view(4e9)).toMatchObject({ state: 'silent', since_ns: 4e9 });
    for (const line of span(45, 60, reply)) push(line);
    expect(lines().slice(1)).toEqual([
      '22:13:24.000Z  10.4.4.4  ✓ down for 5.00 s  [4.79 … 5.20]  back 22:13:29.001, 25 lost, from seq 20',
    ]);
  });

  test('lines about another target do not keep one up', () => {
    const { push, targets, log } = follow();
    const line = (target: string, seq: number): string =>
      `[${(1_700_000_000 + seq).toFixed(5)}] ${target} : [${seq}], 64 bytes, 0.050 ms (0.05 avg, 0% loss)\n`;
    const states = (): string[] =>
      targets.views(log.newest_ns ?? 0, null).map(({ name, state }) => `${name} ${state}`);
    for (let seq = 0; seq < 10; seq += 1) push(line('10.4.4.4', seq) + line('10.4.4.5', seq));
    expect(states()).toEqual(['10.4.4.4 up', '10.4.4.5 up']);
    for (let seq = 10; seq < 20; seq += 1) push(line('10.4.4.5', seq));
    expect(states()).toEqual(['10.4.4.4 silent', '10.4.4.5 up']);
    for (let seq = 20; seq < 30; seq += 1) push(line('10.4.4.4', seq) + line('10.4.4.5', seq));
    expect(states()).toEqual(['10.4.4.4 up', '10.4.4.5 up']);
  });

  test('a tool that says that it waits no longer, and not when the probe left', () => {
    const { push, lines, view } = follow();
    const line = (at: number, seq: number, what: string): string =>
      `[${(1_700_000_000 + at).toFixed(5)}] 10.4.4.4 : [${seq}], ${what}\n`;
    for (let seq = 0; seq < 10; seq += 1) push(line(seq, seq, '64 bytes, 0.050 ms (0.05 avg, 0% loss)'));
    for (let seq = 10; seq < 20; seq += 1) {
      push(line(seq + 1, seq, 'timed out (0.05 avg, 10% loss)'));
      expect(view()).toMatchObject({ state: 'down' });
    }
    expect(lines().at(-1)).toMatch(/✗ down$/);
    for (let seq = 20; seq < 26; seq += 1) push(line(seq, seq, '64 bytes, 0.050 ms (0.05 avg, 0% loss)'));
    expect(lines().at(-1)).toContain('✓ down for 10.00 s  [8.99 … 11.00]');
    expect(view()).toMatchObject({ state: 'up' });
  });

  test('an outage that is open at the end is not over', () => {
    const { push, log, targets, lines } = follow();
    for (const line of [HEADING, ...span(1, 20, reply), ...span(20, 40, none)]) push(line);
    log.end();
    targets.finish();
    expect(lines().at(-1)).toMatch(/✗ still down, for ≥ 3\.\d+ s {2}/);
    expect(lines().some((line) => line.includes('✓ down'))).toBe(false);
  });

  test('one reply that comes while probes before it are late is no end of anything', () => {
    const { push, lines } = follow();
    const late = (seq: number): string =>
      stamped(seq / 5 + 1.5, `64 bytes from 10.4.4.4: icmp_seq=${seq} ttl=64 time=1500 ms`);
    for (const line of [HEADING, ...span(1, 20, reply), ...span(20, 26, none)]) push(line);
    for (const line of [...span(20, 26, late), ...span(28, 50, reply)]) push(line);
    expect(lines().filter((line) => /down for/.test(line)).length).toBeLessThanOrEqual(1);
    expect(lines().join('\n')).not.toMatch(/ [3-9] lost/);
  });

  test('in the own terms of a log without times, or without a zone', () => {
    const bare = follow();
    for (const line of [HEADING, ...span(1, 6, reply)]) bare.push(line.replace(/^\[[^\]]*\] /, ''));
    expect(bare.facts()).toMatchObject({ stamped: false, isLive: true });
    expect(bare.lines()).toEqual(['+0.001 s  10.4.4.4  ✓ answers, RTT 1.00 ms']);
    const own = follow();
    for (const [at, line] of [HEADING, ...span(1, 6, reply)].entries())
      own.push(line.replace(/^\[[^\]]*\]/, `10:00:0${at}.000`));
    expect(own.lines()[0]).toMatch(/^10:00:01\.000 {2}10\.4\.4\.4 {2}✓ answers/);
  });

  test('bounds are wider by the steps of the times, as in the table', async () => {
    const coarse = (text: string): string =>
      text.replace(/^\[(\d+)\.\d+\]/, (_all, second: string) =>
        new Date(Number(second) * 1000).toISOString(),
      );
    const text = [HEADING, ...span(1, 20, reply), ...span(35, 60, reply)].map(coarse);
    const { push, lines } = follow();
    for (const line of text) push(line);
    const { targets } = await whole(Buffer.from(text.join('')));
    const row = targets[0]?.outages.find(({ kind }) => kind === 'loss');
    expect(row).toBeDefined();
    expect(lines().at(-1)).toContain(
      sayBounds({ lo: row?.lo_s ?? null, point: row?.outage_s ?? null, hi: row?.hi_s ?? null }),
    );
  });

  test('what is known only at its end is said to be so', () => {
    const { push, facts } = follow();
    push('time,target,rtt_ms,status\n');
    for (let second = 0; second < 6; second += 1) push(`10:00:0${second},10.4.4.4,1.0,up\n`);
    expect(facts()).toMatchObject({ format: 'csv', isLive: false });
  });

  test('behind a banner, however long, is known all the same', () => {
    const { push, facts, lines } = follow();
    for (let line = 0; line < 30; line += 1) push(`Authorized users only ${line}\n`);
    expect(facts()).toBeNull();
    for (const line of [HEADING, ...span(1, 60, reply)]) push(line);
    expect(facts()).toMatchObject({ format: 'ping', stamped: true });
    expect(lines()).toEqual(['22:13:20.201Z  10.4.4.4  ✓ answers, RTT 1.00 ms']);
  });

  test('a text that nobody knows is none, however long', () => {
    const { push, facts, lines, unknown } = follow();
    for (let line = 0; line < 2000; line += 1) push(`Lorem ipsum dolor sit amet ${line}, and so on\n`);
    expect([facts(), lines()]).toEqual([null, []]);
    expect(unknown).toEqual([
      expect.stringMatching(/^log: none of its first lines is of a format that is known/),
    ]);
  });
});

const recorded = join(import.meta.dirname, '../../golden/logs');
const all = [logs, recorded].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name !== 'expected.json')
    .map((name) => [name, readFileSync(join(folder, name))] as const),
);

/** null: there is no figure of it. */
const wholeOrNull = (bytes: Buffer): Promise<ForeignLog | null> =>
  whole(bytes).catch((error: unknown) => {
    if (error instanceof KnownError) return null;
    throw error;
  });

describe.each(all)('%s, line by line', (name, bytes) => {
  test('is told live where docs/analyze.md says so', async () => {
    const { facts, push, log } = follow(name);
    push(bytes);
    log.end();
    const found = await wholeOrNull(bytes);
    if (found === null) return;
    expect([facts()?.format, facts()?.isLive]).toEqual([
      found.format,
      ['ping', 'windows', 'fping'].includes(found.format),
    ]);
  });

  test('hands on every probe that the table counts', async () => {
    const { log, rows, facts, push } = follow(name);
    push(bytes);
    log.end();
    const found = await wholeOrNull(bytes);
    if (facts()?.isLive !== true || found === null) return;
    for (const { target, stream } of found.targets)
      if (stream.status !== 'void')
        expect([target, rows.get(target)]).toEqual([
          target,
          stream.sent + stream.unsent + stream.local_blocked,
        ]);
  });

  test('says of no outage that it is over before the log shows it', async () => {
    const { push, notices, facts } = follow(name);
    const seen: Buffer[] = [];
    let told = 0;
    for (const line of linesOf(bytes)) {
      push(line);
      seen.push(line);
      if (facts()?.isLive === false) return;
      const closed = notices.filter((notice) => notice.kind === 'closed');
      if (closed.length === told) continue;
      told = closed.length;
      const found = await wholeOrNull(Buffer.concat(seen));
      for (const { row } of closed) {
        const same = found?.targets
          .flatMap(({ outages }) => outages)
          .find(({ stream, first_seq }) => stream === row.stream && first_seq === row.first_seq);
        // By then it has an end, where the table has it.
        expect([row.stream, row.first_seq, row.last_seq, row.lost]).toEqual([
          same?.stream,
          same?.first_seq,
          same?.last_seq,
          same?.lost,
        ]);
      }
    }
  });
});
