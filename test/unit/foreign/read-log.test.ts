import { describe, expect, test } from 'vitest';
import { KnownError } from '../../../src/model/error.js';
import { fromMs } from '../../../src/model/time.js';
import { outagesOf, readText } from './read.js';
import { RENDERINGS } from './render.js';

const render = (name: keyof typeof RENDERINGS, pattern: string): Buffer =>
  RENDERINGS[name]?.render(pattern) ?? Buffer.alloc(0);

const stamped = (seq: number, at_s: number, rtt_ms = 1, mark = ''): string =>
  `[${at_s.toFixed(6)}] 64 bytes from 10.4.4.4: icmp_seq=${seq % 65_536} ttl=62 time=${rtt_ms} ms${mark}\n`;

const T0 = 1_700_000_000;

describe('bad input: one line that says what and what to do', () => {
  const failure = async (text: string | Buffer, format?: 'fping'): Promise<KnownError> => {
    try {
      await readText(text, format === undefined ? {} : { format });
    } catch (error) {
      if (error instanceof KnownError) return error;
      throw error;
    }
    throw new Error('was read');
  };

  test.each([
    ['nothing', '', /^log is empty$/],
    ['white space', ' \r\n\n', /^log is empty$/],
    [
      'prose',
      'Dear all,\nthe failover took two minutes.\n',
      /none of its first lines .* begins with "Dear all,"/,
    ],
    ['bytes', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256)), /none of its first/],
    ['one line of a megabyte', 'z'.repeat(1 << 20), /none of its first lines/],
    ['a heading alone', 'PING 10.4.4.4 (10.4.4.4) 56(84) bytes of data.\n', /no probe in it/],
    ['other JSON', '{"irtt": true, "nothing": []}', /no probe in it/],
    ['damaged irtt', '{"version":{"irtt":"0.9.0"},"round_trips":[{"seqno":1}]}', /not what irtt writes/],
  ])('%s', async (_name, text, message) => {
    const error = await failure(text);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
    expect(error.remedy).not.toBeNull();
    expect(error.exitCode).toBe(64);
  });

  test('unknown text is answered with what was tried and what known lines look like', async () => {
    const { remedy } = await failure('hello\n');
    for (const word of ['ping (64 bytes from', 'windows (Reply from', 'fping (', 'irtt ('])
      expect(remedy).toContain(word);
  });

  test('a forced format is not guessed', async () => {
    expect((await failure(render('iputils', '....'), 'fping')).message).toContain('of the format fping');
  });
});

describe('sends', () => {
  test('a late reply makes a late probe, not a lost one', async () => {
    const late = 'PING 10.4.4.4 (10.4.4.4) 56(84) bytes of data.\n'.concat(
      ...[1, 2, 3, 4, 5, 6].map((seq) => stamped(seq, T0 + seq)),
      `[${T0 + 8}.000000] no answer yet for icmp_seq=7\n`,
      stamped(7, T0 + 8.5, 1500),
      ...[8, 9, 10].map((seq) => stamped(seq, T0 + seq + 1)),
    );
    expect(outagesOf(await readText(late))).toMatchObject([
      { kind: 'slow', first_seq: 7, last_seq: 8 - 1, lost: 0, late: 1 },
    ]);
  });

  test('a reply that comes 5,000 probes later is still late and not lost', async () => {
    const seqs = Array.from({ length: 6000 }, (_, i) => i + 1);
    const lines = seqs.flatMap((seq) => [
      ...(seq === 100 ? [] : [stamped(seq, T0 + seq * 0.01)]),
      ...(seq === 5600 ? [stamped(100, T0 + 56.001, 55_001)] : []),
    ]);
    expect(outagesOf(await readText(lines.join('')))).toMatchObject([{ first_seq: 100, lost: 0, late: 1 }]);
  });

  test('a number that comes twice without (DUP!) is a new start, with (DUP!) a duplicate', async () => {
    const once = [1, 2, 3, 4, 5].map((seq) => stamped(seq, T0 + seq)).join('');
    const again = [1, 2, 3, 4, 5].map((seq) => stamped(seq, T0 + 5 + seq)).join('');
    const log = await readText(once + again + stamped(5, T0 + 10.1, 101, ' (DUP!)'));
    expect(log.targets[0]?.stream).toMatchObject({ sent: 10, received: 10, lost: 0, duplicate: 1 });
    expect(log.targets[0]?.notes.join()).toContain('started 2 times');
  });

  test('without -O the summary tells of the probes after the last reply; Ctrl-C did not wait for the very last', async () => {
    const log = (interrupt: string): string =>
      [
        'PING 10.4.4.4 (10.4.4.4) 56(84) bytes of data.\n',
        ...[1, 2, 3].map((seq) => stamped(seq, T0 + seq)),
        `${interrupt}\n--- 10.4.4.4 ping statistics ---\n`,
        '10 packets transmitted, 3 received, 70% packet loss, time 9150ms\n',
      ].join('');
    const [waited, stopped] = [await readText(log('')), await readText(log('^C'))];
    expect(waited.targets[0]?.stream).toMatchObject({
      sent: 10,
      lost: 7,
      status: 'not-recovered',
      longest_hi_s: null,
    });
    expect(outagesOf(waited)).toMatchObject([{ first_seq: 4, last_seq: 10, censored: true, lo_s: 5.999 }]);
    expect(stopped.targets[0]?.stream).toMatchObject({ sent: 9, lost: 6 });
    expect(outagesOf(stopped)).toMatchObject([{ first_seq: 4, last_seq: 9, censored: true, lo_s: 4.999 }]);
  });

  test('a heading tells of probes that were lost before the first reply', async () => {
    const log = 'PING 10.4.4.4 (10.4.4.4) 56(84) bytes of data.\n'.concat(
      ...[4, 5, 6].map((seq) => stamped(seq, T0 + seq)),
    );
    expect(outagesOf(await readText(log))).toMatchObject([{ first_seq: 1, last_seq: 3, censored: true }]);
    expect(outagesOf(await readText(log.slice(log.indexOf('\n') + 1)))).toEqual([]);
  });

  test('an hour without a line is as many lost probes as fit, wraps included', async () => {
    const seqs = [
      ...Array.from({ length: 50 }, (_, i) => i + 1),
      ...Array.from({ length: 50 }, (_, i) => i + 180_001),
    ];
    const log = seqs.map((seq) => stamped(seq, T0 + seq * 0.02)).join('');
    expect(outagesOf(await readText(log))).toMatchObject([
      { first_seq: 51, last_seq: 180_000, lost: 179_950 },
    ]);
  });
});

test('a clock that is set back does not squeeze what follows into one instant', async () => {
  const seqs = Array.from({ length: 40 }, (_, i) => i + 1).filter((seq) => seq < 25 || seq > 30);
  const log = seqs.map((seq) => stamped(seq, T0 + seq - (seq > 10 ? 3600 : 0))).join('');
  const found = await readText(log);
  expect(outagesOf(found)).toMatchObject([{ first_seq: 25, last_seq: 30, lo_s: 4.999, hi_s: 7 }]);
  expect(found.targets[0]?.notes.join()).toContain('the clock was set back by 3600.0 s');
});

describe('assumptions', () => {
  test('no times: the default, the summary, the option', async () => {
    const log = render('iputils', '...xx...').toString();
    const summary = '\n8 packets transmitted, 6 received, 25% packet loss, time 1400ms\n';
    const cases = [
      [await readText(log), 2, 'every 1 s (the default'],
      [await readText(log + summary), 0.4, "every 0.2 s (by the log's own summary)"],
      [await readText(log + summary, { interval_ns: fromMs(50) }), 0.1, 'every 0.05 s (--interval)'],
    ] as const;
    for (const [found, outage_s, said] of cases) {
      // Less half of the round trip of 1 ms.
      expect(outagesOf(found)[0]?.outage_s).toBeCloseTo(outage_s - 0.0005, 6);
      expect(found.assumptions.join()).toContain(said);
    }
  });

  test('coarse times widen the bounds by their step', async () => {
    const pattern = '....xxx....';
    const line = (letter: string, i: number): string =>
      letter === 'x'
        ? ''
        : `Jul 14 15:04:${10 + i} 64 bytes from 10.4.4.4: icmp_seq=${i} ttl=62 time=1.00 ms\n`;
    const found = await readText(Array.from(pattern).map(line).join(''));
    expect(outagesOf(found)).toMatchObject([
      { lo_s: expect.closeTo(0.999, 9), outage_s: 2.9995, hi_s: 5, start_utc: null },
    ]);
    expect(found.time(outagesOf(found)[0]?.start_s ?? NaN)).toContain('07-14 15:04:1');
  });

  test('Windows: an unanswered line lasts its timeout, and up to an interval more in the upper bound', async () => {
    const log = render('windows en', '....xxx....');
    // s[q-1] - s[p+1] = 2 x 4 s; s[q] - s[p] = 1 s + 3 x 4 s, + 3 x 1 s; RTTs are rounded to 1 ms.
    expect(outagesOf(await readText(log))[0]?.lo_s).toBeCloseTo(8, 2);
    expect(outagesOf(await readText(log))[0]?.hi_s).toBeCloseTo(16, 2);
    const short = outagesOf(await readText(log, { timeout_ns: fromMs(500) }))[0];
    expect(short?.lo_s).toBeCloseTo(1, 2);
    expect(short?.hi_s).toBeCloseTo(5.5, 2);
  });

  test('local failures of Windows are not loss', async () => {
    const ok = 'Reply from 10.4.4.4: bytes=32 time=1ms TTL=62\r\n';
    const found = await readText(`${ok}${ok}General failure.\r\n${ok}`);
    expect(found.targets[0]?.stream).toMatchObject({ sent: 3, lost: 0, local_blocked: 1, periods: 0 });
  });
});

describe('options', () => {
  test('the delay threshold decides what is late', async () => {
    const log = [1, 2, 3, 4, 5, 6, 7].map((seq) => stamped(seq, T0 + seq, seq === 4 ? 80 : 1)).join('');
    expect(outagesOf(await readText(log))).toEqual([]);
    expect(outagesOf(await readText(log, { threshold_ns: fromMs(50) }))).toMatchObject([
      { first_seq: 4, late: 1 },
    ]);
  });

  test('the merge gap joins what is closer', async () => {
    const log = render('iputils -D', '....xx..xx....');
    expect(outagesOf(await readText(log))).toHaveLength(2);
    const merged = await readText(log, { mergeGap_ns: fromMs(500) });
    expect(outagesOf(merged)).toHaveLength(1);
    expect(merged.targets[0]?.notes.join()).toContain('merged');
  });
});

test('several targets of one fping log are streams of their own', async () => {
  const a = render('fping -D -l', '...xx...').toString().split('\n');
  const b = render('fping -D -l', '........').toString().replaceAll('10.4.4.4', '10.4.3.1').split('\n');
  const found = await readText(a.flatMap((line, i) => [line, b[i] ?? '']).join('\n'));
  expect(found.targets.map(({ target, stream }) => [target, stream.lost])).toEqual([
    ['10.4.4.4', 2],
    ['10.4.3.1', 0],
  ]);
});

test('lines of other programs in between change nothing', async () => {
  const log = render('iputils -D -O', '....xx....').toString();
  const noisy = log
    .split('\n')
    .flatMap((line) => [line, 'fw-a (active)> show high-availability state', '', '\u0000\u0001']);
  const [quiet, loud] = [await readText(log), await readText(noisy.join('\r\n'))];
  expect(outagesOf(loud)).toEqual(outagesOf(quiet));
});

describe('a clock that was set in the middle of a gap', () => {
  const heading = 'PING 10.4.4.4 (10.4.4.4) 56(84) bytes of data.\n';
  const lost = Array.from({ length: 150 }, (_, i) => i + 1).filter((seq) => seq <= 50 || seq > 100);
  const log = (every_s: number, step_s: number): string =>
    heading + lost.map((seq) => stamped(seq, T0 + seq * every_s + (seq > 60 ? step_s : 0))).join('');

  test.each([
    ['forward by three years', 0.01, 94_608_000],
    ['forward by an hour', 0.01, 3600],
    ['forward by a minute', 0.01, 60],
    ['back by an hour', 0.01, -3600],
    ['back by less than the gap', 0.01, -0.4],
    ['forward by a day, a probe each second', 1, 86_400],
    ['back by 40 s, a probe each second', 1, -40],
  ])('%s: the numbers say how long the gap was, and that is said', async (_name, every_s, step_s) => {
    const found = await readText(log(every_s, step_s));
    const [outage, ...others] = outagesOf(found);
    expect(others).toEqual([]);
    expect(outage).toMatchObject({ first_seq: 51, last_seq: 100, lost: 50 });
    expect(outage?.lo_s).toBeCloseTo(49 * every_s, 2);
    expect(outage?.outage_s).toBeCloseTo(50 * every_s, 2);
    expect(outage?.hi_s).toBeCloseTo(51 * every_s, 2);
    expect(found.assumptions.join()).toMatch(/clock went [\d.]+ s (further than|behind) the numbers/);
    expect(found.assumptions.join()).toContain(`50 x ${every_s} s`);
  });

  test('a schedule that slows down in an outage is none', async () => {
    const found = await readText(log(0.01, 0.5));
    expect(outagesOf(found)[0]?.outage_s).toBeCloseTo(0.99, 2);
    expect(found.assumptions.join()).not.toContain('clock');
  });

  test('without a loss the step is a hole in the sends: what was meanwhile is not known', async () => {
    const seqs = Array.from({ length: 80 }, (_, i) => i + 1);
    const found = await readText(
      heading + seqs.map((seq) => stamped(seq, T0 + seq + (seq > 52 ? 3600 : 0))).join(''),
    );
    expect(outagesOf(found)).toEqual([]);
    expect(found.targets[0]?.stream.longest_hi_s).toBeCloseTo(3601, 1);
  });
});

describe('a number from the log is bound before anything is made by it', () => {
  const heading = 'PING 10.4.4.4 (10.4.4.4) 56(84) bytes of data.\n';
  const reply = (seq: string, time = '0.4'): string =>
    `64 bytes from 10.4.4.4: icmp_seq=${seq} ttl=62 time=${time} ms\n`;
  const fping = (seq: string): string => `10.4.4.4 : [${seq}], 64 bytes, 0.345 ms (0.340 avg, 0% loss)\n`;

  test.each([
    [
      'a summary of 99,999,999,999 probes',
      `${reply('1')}${reply('2')}99999999999 packets transmitted, 2 received, 99% packet loss, time 1000ms\n`,
      'a summary of 99999999999 probes',
    ],
    ['a number of 1e20', `${reply('1')}${reply('2')}${reply(`1${'0'.repeat(20)}`).repeat(2)}`, 'beyond'],
    ['a round trip of years', `${reply('1')}${reply('2', '99999999999999')}`, 'a round trip'],
    [
      'the year 275761',
      `[9999999999999.999999] ${reply('1')}[9999999999999.999999] ${reply('2')}`,
      '2 lines with a time that no clock shows',
    ],
  ])('%s is left out, and that is said', async (_name, lines, said) => {
    const { targets, notes } = await readText(heading + lines);
    expect(targets[0]?.stream).toMatchObject({ sent: 2, received: 2, lost: 0 });
    expect([...(targets[0]?.notes ?? []), ...notes].join()).toContain(said);
  });

  test.each(['a', ' ', '=', '1:', 'a ', '12 ', '(', '::'])(
    'a line of nothing but %j is passed over at once',
    async (part) => {
      const long = part.repeat(60_000 / part.length);
      const { notes, targets } = await readText(
        `${heading}${reply('1')}${long}\n${long}22:13:20\n${reply('2')}`,
      );
      expect(targets[0]?.stream).toMatchObject({ sent: 2, received: 2 });
      if (part.trim() !== '') expect(notes.join()).toContain('not understood');
    },
    5_000,
  );

  test('a jump of the numbers that no loss explains is not measured', async () => {
    const log = await readText(['0', '1', '2', '4000000000', '4000000001', '4000000003'].map(fping).join(''));
    expect(log.targets[0]?.stream).toMatchObject({ sent: 7, received: 6, lost: 1 });
    expect(log.targets[0]?.notes.join()).toContain('not measured');
  });

  test('many jumps cost no more than the log is long', async () => {
    const jumps = Array.from({ length: 4000 }, (_, i) => reply(String((i % 2) * 50_000 + 7 * i)));
    const { targets } = await readText(heading + jumps.join(''));
    expect(targets[0]?.stream.sent).toBeLessThan(5_000_000);
    expect(targets[0]?.notes.join()).toContain('not measured');
  });

  test('a count of duplicates that cannot be', async () => {
    const stamp = (at: number): object => ({ wall: at, monotonic: at });
    const trips = [0, 1, 2].map((seqno) => ({
      seqno,
      lost: 'false',
      timestamps: { client: { send: stamp(seqno * 1e7), receive: stamp(seqno * 1e7 + 1e6) } },
    }));
    const { targets } = await readText(
      JSON.stringify({
        version: { irtt: '0.9.0' },
        config: { remote_address: '10.4.4.4:2112', params: { interval: 1e7 } },
        stats: { duplicates: 9e15 },
        round_trips: trips,
      }),
    );
    expect(targets[0]?.stream).toMatchObject({ sent: 3, duplicate: 0 });
    expect(targets[0]?.notes.join()).toContain('a count of 9000000000000000 duplicates');
  });

  test('thousands of targets are too many', async () => {
    const lines = Array.from({ length: 4097 }, (_, i) => fping('0').replace('10.4.4.4', `host-${i}`));
    await expect(readText(lines.join(''))).rejects.toThrow('more than 4096 targets');
  });
});

test('a summary by which more came back than was sent is no witness', async () => {
  const lines = [1, 2, 3].map((seq) => stamped(seq, T0 + seq)).join('');
  const log = await readText(`${lines}\n3 packets transmitted, 30 received, 0% packet loss, time 2000ms\n`);
  expect(log.targets[0]?.stream).toMatchObject({ sent: 3, received: 3, lost: 0, status: 'void' });
  expect(log.targets[0]?.stream.void_reason).toContain('30 of 3 came back: that cannot be');
});

test.each([
  ['nothing', () => ''],
  ['ping -D', (second: number) => `[${1_700_000_000 + second}.000100] `],
  ['docker', (second: number) => `${new Date((1_700_000_000 + second) * 1000).toISOString()} `],
])('two pings in one log are told apart by who answered, behind %s', async (_name, before) => {
  const lines: string[] = [];
  for (let second = 1; second < 60; second += 1)
    for (const host of [4, 5]) {
      // The one loses five; the other ends first, and its counts are written between the replies.
      if (host === 4 ? second >= 20 && second < 25 : second > 40) continue;
      lines.push(
        `${before(second)}64 bytes from 10.4.4.${host}: icmp_seq=${second} ttl=62 time=0.${100 + second} ms`,
      );
      if (host === 5 && second === 40)
        lines.push(
          '--- 10.4.4.5 ping statistics ---',
          '40 packets transmitted, 40 received, 0% packet loss, time 39000ms',
        );
    }
  const { targets } = await readText(`${lines.join('\n')}\n`);
  expect(targets.map(({ target, stream }) => [target, stream.sent, stream.lost])).toEqual([
    ['10.4.4.4', 59, 5],
    ['10.4.4.5', 40, 0],
  ]);
});
