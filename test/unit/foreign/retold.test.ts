import { describe, expect, test } from 'vitest';
import { fromMs } from '../../../src/model/time.js';
import { readText } from './read.js';
import { refusal, told } from './told.js';

/*
 * Faults that logs of one truth, told in many ways, brought to light (test/fuzz/kinds/retold.ts): five of 25 probes were lost,
 * those from the eleventh on.
 */
const LOST = new Set([10, 11, 12, 13, 14]);
const EACH = Array.from({ length: 25 }, (_, index) => index);

const ping = (index: number): string =>
  LOST.has(index)
    ? `no answer yet for icmp_seq=${index + 1}`
    : `64 bytes from 192.0.2.1: icmp_seq=${index + 1} ttl=62 time=0.345 ms`;
const fping = (index: number): string =>
  `192.0.2.1 : [${index}], ${LOST.has(index) ? 'timed out (0.40 avg, 3% loss)' : '64 bytes, 0.345 ms (0.40 avg, 0% loss)'}`;
const tcping = (index: number): string =>
  LOST.has(index)
    ? 'Probing 192.0.2.1:443/tcp - No response - time=1000.312ms '
    : 'Probing 192.0.2.1:443/tcp - Port is open - time=1.1ms ';
const windows = (index: number): string =>
  LOST.has(index) ? 'Request timed out.' : 'Reply from 192.0.2.1: bytes=32 time=1ms TTL=62';
const curl = (index: number): string => (LOST.has(index) ? '000 1.001' : '200 0.004');

const log = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
const all = (line: (index: number) => string, front = (_index: number): string => ''): string =>
  log(EACH.map((index) => `${front(index)}${line(index)}`));
const clock = (index: number): string => `22:13:${index + 10}`;

describe('what stands before a line', () => {
  const FRONTS: Readonly<Record<string, (index: number) => string>> = {
    'docker compose': () => 'pinger-1  | ',
    kubectl: () => '[pod/pinger-7d4f/ping] ',
    'a tag': () => 'fw-probe ping[1234]: ',
    'an indent': () => '\t',
    'grep -n': (index) => `${index + 1}:`,
    syslog: (index) => `Nov 14 ${clock(index)} fw-probe docker/pinger/3f2a9c[812]: `,
    'syslog, RFC 5424': (index) => `<30>1 2023-11-14T${clock(index)}.123Z fw-probe ping 1234 - - `,
    'a container runtime': (index) => `2023-11-14T${clock(index)}.123456789Z stdout F `,
  };
  const TOOLS = { ping, fping, tcping, windows, curl };
  const cases = Object.entries(TOOLS).flatMap(([tool, line]) =>
    Object.entries(FRONTS).map(([front, before]) => [tool, front, line, before] as const),
  );
  test.each(cases)('%s behind %s', async (_tool, _front, line, before) => {
    const plain = (await told(all(line))).map((text) => text.split(':')[0]);
    expect((await told(all(line, before))).map((text) => text.split(':')[0])).toEqual(plain);
  });

  test('an empty line behind a time is no probe', async () => {
    const timed = (text: string, index: number): string => `2023-11-14 ${clock(index)} ${text}`;
    const [, target] = await told(
      log([timed('', 0), timed('', 0), ...EACH.map((index) => timed(tcping(index), index))]),
    );
    expect(target).toContain('25/20, 5: ');
  });

  test('a name in brackets before the heading of Windows is not its target', async () => {
    const heading = 'Pinging 192.0.2.1 with 32 bytes of data:';
    const counts = [
      'Ping statistics for 192.0.2.1:',
      '    Packets: Sent = 25, Received = 20, Lost = 5 (20% loss),',
    ];
    const lines = [heading, ...EACH.map(windows), '', ...counts].map((line) => `[pod/pinger/ping] ${line}`);
    expect((await told(log(lines)))[1]).toContain('192.0.2.1 25/20, 5: ');
  });

  test('in quotes', async () => {
    const lines = [...EACH.map(windows), '', 'Ping statistics for 192.0.2.1:'].map((line) => `"${line}"`);
    expect((await told(log(lines)))[1]).toContain('25/20, 5: ');
  });
});

test('a coloured line of fping is of the same target', async () => {
  const [, ...targets] = await told(all(fping, (index) => (index % 3 === 0 ? '\u001b[1;32m' : '')));
  expect(targets).toEqual(['192.0.2.1 25/20, 5: 4.00 … 5.00 … 6.00']);
});

test('a log of fping that begins later has lost nothing before', async () => {
  const [, ...targets] = await told(log(EACH.slice(7).map(fping)));
  expect(targets).toEqual(['192.0.2.1 18/13, 5: 4.00 … 5.00 … 6.00']);
});

test('times in whole seconds of five probes a second are no clock that is set', async () => {
  const text = all(ping, (index) => `22:13:${10 + Math.floor(index / 5)} `);
  const { targets, assumptions } = await readText(text);
  expect(targets[0]?.outages[0]?.lo_s).toBeLessThanOrEqual(0.8);
  expect(assumptions.join()).not.toContain('clock');
});

test('of a first reply without its time it is the numbers that tell when it left', async () => {
  const fine = (index: number): string => `22:13:${index + 10}.000 `;
  const late = log([ping(9), ...EACH.slice(10).map((index) => `${fine(index + 1)}${ping(index)}`)]);
  const [outage] = (await readText(late)).targets[0]?.outages ?? [];
  expect(outage?.hi_s).toBeGreaterThanOrEqual(5.9);
});

describe('a first line that is cut off', () => {
  test.each(['23-11-14 22:13:09 ', '2:13:09 ', '700000000.123 '])('%s', async (front) => {
    const epoch = front.startsWith('7');
    const time = (index: number): string =>
      epoch ? `${1_700_000_000 + index}.123 ` : `${front.length > 10 ? '2023-11-14 ' : ''}${clock(index)} `;
    const { targets, notes } = await readText(`${front}${ping(0)}\n${all((index) => ping(index + 1), time)}`);
    expect(targets[0]?.outages[0]?.hi_s).toBeLessThan(9);
    expect(notes.join()).toContain('the first line is cut off and was left out');
  });
});

describe('what is not understood', () => {
  test('one line that looks like a probe is too many', async () => {
    const text = log(
      EACH.map((index) => ping(index).replace('=5 ttl=62 time=0.345 ms', '=5 ttl=62 time=0.3')),
    );
    expect(await refusal(text)).toContain('a line that looks like one of a probe was not understood');
  });

  test('what Test-Connection calls what nobody knows', async () => {
    const row = (status: string, seq: number): string =>
      `   ${seq} PROBE            192.0.2.1     1         32 ${status}`;
    expect(await refusal(log([row('Success', 1), row('SUCCESS', 2), row('Success', 3)]))).toContain(
      'no line is about',
    );
  });

  test('an attempt of psping that is cut off is not lost', async () => {
    const line = (end: string): string => `Connecting to 192.0.2.1:443: from 192.0.2.9:50215: ${end}`;
    for (const end of ['1.2', '1.'])
      expect(await refusal(log([line('1.25ms'), line(end), line('1.25ms'), line('1.2ms')]))).toContain(
        'not understood',
      );
    const { targets } = await readText(`${log([line('1.25ms'), line('1.25ms')])}${line('1.')}`);
    expect(targets[0]?.stream).toMatchObject({ sent: 2, received: 2, lost: 0 });
  });

  test('nping: a packet that is cut off is none', async () => {
    const line = (kind: string, seq: number): string =>
      kind === 'SENT'
        ? `SENT (${seq}.0528s) ICMP [192.0.2.9 > 192.0.2.1 Echo request (type=8/code=0) id=1 seq=${seq}] IP [ttl=64 id=9 iplen=28 ]`
        : `RCVD (${seq}.0530s) ICMP [192.0.2.1 > 192.0.2.9 Echo reply (type=0/code=0) id=1 seq=${seq}] IP [ttl=64 id=6 iplen=28 ]`;
    const lines = [1, 2, 3, 4].flatMap((seq) => [line('SENT', seq), line('RCVD', seq)]);
    const cut = lines.map((text, index) => (index === 3 ? text.slice(0, 40) : text));
    expect(
      await refusal(log([...cut, 'Raw packets sent: 4 (112B) | Rcvd: 4 (112B) | Lost: 0 (0.00%)'])),
    ).toContain('a line that looks like one of a probe was not understood: «RCVD (2.');
  });

  test('iperf3: an interval that is cut off', async () => {
    const row = (from: number, counts: string): string =>
      `[  5]   ${from}.00-${from + 1}.00   sec  27.0 KBytes   221 Kbits/sec  0.007 ms  ${counts}`;
    const whole = [0, 1, 2, 3].map((from) => row(from, '0/100 (0%)'));
    expect(await refusal(log([...whole, row(5, '0/100 (0'), row(6, '0/100 (0%)')]))).toContain(
      'not understood',
    );
  });

  test('counts of Windows that do not add up', async () => {
    const counts = '    Packets: Sent = 25, Received = 23, Lost = 5 (20% loss),';
    expect(await refusal(log([...EACH.map(windows), '', counts]))).toContain('looks like one of a probe');
  });
});

test('counts that are indented behind a front are the counts', async () => {
  const answered = 'Connected to 192.0.2.1: time=1.25ms protocol=TCP port=443';
  const lines = [answered, answered, 'Connection timed out', answered];
  const counts = (sent: number): string =>
    `\tAttempted = ${sent}, Connected = 3, Failed = ${sent - 3} (25.00%)`;
  const told = (sent: number): string => log([...lines, counts(sent)].map((line) => `stdout: ${line}`));
  expect((await readText(told(4))).targets[0]?.stream).toMatchObject({ sent: 4, lost: 1 });
  expect(await refusal(told(5))).toContain('its own summary says 5 sent and 3 received');
});

describe('lines that do not say whose they are', () => {
  const answered = (host: string): string => `Connected to ${host}: time=1.25ms protocol=TCP port=443`;
  const lost = 'Connection timed out';

  test('are of the only target, also before it is named', async () => {
    const host = '192.0.2.1';
    const { targets } = await readText(
      log([lost, lost, answered(host), answered(host), lost, answered(host)]),
    );
    expect(targets.map(({ target, stream: { sent, lost: count } }) => [target, sent, count])).toEqual([
      ['192.0.2.1:443', 6, 3],
    ]);
  });

  test('among those of several there is no figure', async () => {
    const lines = [answered('192.0.2.1'), lost, answered('192.0.2.2'), lost];
    expect(await refusal(log(lines))).toContain('lines of several targets, of which 1 do not say whose');
  });
});

test('a translated summary behind a time that the log is not read by is a witness', async () => {
  const at = (index: number): string => `2023-11-14T22:13:${index + 10}.615Z `;
  const reply = (index: number): string =>
    `${at(index)}[17000000${index + 10}.615] 64 bpdgz isxk 192.0.2.1: icmp_seq=${index + 1} ttl=62 dhkg=1.981 ms`;
  const lines = EACH.filter((index) => index !== 12).map(reply);
  const { targets } = await readText(
    log([...lines, `${at(25)}25 ajrvgdz dsjqz, 25 sgrghugy, 0% fxzz, dhkg 24ms`]),
  );
  expect(targets[0]).toMatchObject({ stream: { sent: 25, received: 25, lost: 0 }, outages: [] });
});

describe('a line without a time, in a log that has times', () => {
  const replies = EACH.filter((index) => index !== 12);
  const epoch = (index: number): string => `[17000000${index + 10}.615] `;

  test('is read behind what stands before the times of others', async () => {
    const reply = (index: number): string =>
      `pinger-1  | ${epoch(index)}64 bpdgz isxk 192.0.2.1: icmp_seq=${index + 1} ttl=62 dhkg=1.981 ms`;
    const counts = 'pinger-1  | 25 ajrvgdz dsjqz, 25 sgrghugy, 0% fxzz, dhkg 24ms';
    const { targets } = await readText(log([...replies.map(reply), counts]));
    expect(targets[0]).toMatchObject({ stream: { received: 25, lost: 0 }, outages: [] });
  });

  test('and in quotes behind a tag', async () => {
    const reply = (index: number): string =>
      `fw-probe ping[1234]: "${epoch(index)}192.0.2.1 : [${index}], 64 bytes, 2.011 ms (0.40 avg, 0% loss)"`;
    const counts =
      'fw-probe ping[1234]: "192.0.2.1 : xmt/rcv/%loss = 25/25/0%, min/avg/max = 0.33/0.40/0.50"';
    const { targets } = await readText(log([...replies.map(reply), counts]));
    expect(targets[0]?.outages).toEqual([]);
  });
});

test('failures of httping behind a tag', async () => {
  const line = (index: number): string =>
    LOST.has(index)
      ? 'timeout while connecting to host'
      : `connected to 192.0.2.1:80 (294 bytes), seq=${index} time=  1.22 ms`;
  const { targets } = await readText(all(line, () => 'stdout: '));
  expect(targets[0]?.stream).toMatchObject({ sent: 25, lost: 5 });
});

test('a reply that was cut off within a log is no loss', async () => {
  const lines = EACH.map((index) => (index === 12 ? '64 bytes from 192.0.2' : ping(index)));
  expect(await refusal(log(lines))).toContain('not understood: «64 bytes from 192.0.2»');
});

describe('lines that are missing', () => {
  test('Windows writes one for each probe', async () => {
    const heading = 'Pinging 192.0.2.1 with 32 bytes of data:';
    const counts = '    Packets: Sent = 25, Received = 20, Lost = 5 (20% loss),';
    const missing = EACH.filter((index) => index !== 12).map(windows);
    const [target] = (await readText(log([heading, ...missing, counts]))).targets;
    expect([target?.stream.status, target?.outages.length]).toEqual(['void', 0]);
  });

  test('and so do those that wait for each', async () => {
    const missing = EACH.filter((index) => index !== 12).map(tcping);
    const counts = ['     25 probes sent. ', '     20 successful, 5 failed.  (20% fail)'];
    expect(await refusal(log([...missing, ...counts]))).toContain('its own summary says 25 sent');
  });
});

test('a line that is there twice is one, and that is said', async () => {
  const twice = (index: number): string => (index % 6 === 5 ? `${ping(index)}\n${ping(index)}` : ping(index));
  const { targets } = await readText(`PING 192.0.2.1 (192.0.2.1) 56(84) bytes of data.\n${all(twice)}`);
  expect(targets[0]?.stream).toMatchObject({ sent: 25, received: 20, periods: 1 });
  expect(targets[0]?.notes.join()).toContain('left out: 3 x a reply whose line is there twice');
});

test('Windows: a reply that is cut off is no error of somebody', async () => {
  const cut = EACH.map((index) => (index === 3 ? 'Reply from 192.0.2.1: bytes=' : windows(index)));
  const [target] = (
    await readText(log([...cut, '', '    Packets: Sent = 25, Received = 20, Lost = 5 (20% loss),']))
  ).targets;
  expect([target?.stream.status, target?.outages.length]).toEqual(['void', 0]);
});

describe('a loop of ping -q', () => {
  const section = (received: number): string =>
    `PING 192.0.2.1 (192.0.2.1) 56(84) bytes of data.\n\n--- 192.0.2.1 ping statistics ---\n` +
    `10 packets transmitted, ${received} received, ${100 - 10 * received}% packet loss, time 9000ms\n\n`;
  const loop = (counts: readonly number[], date = (_index: number): string => ''): string =>
    counts.map((received, index) => `${date(index)}${section(received)}`).join('');

  test.each([
    ['without times', () => ''],
    ['below dates', (index: number) => `2023-11-14 22:1${index}:00\n`],
  ])('%s: the counts of each, and no outage', async (_name, date) => {
    const { targets, notes } = await readText(loop([10, 10, 6, 0, 10], date));
    const [target] = targets;
    expect(target?.stream).toMatchObject({ sent: 50, received: 36, lost: 14, status: 'void', periods: 0 });
    expect(target?.outages).toEqual([]);
    expect([...(target?.notes ?? []), ...notes]).toEqual(
      expect.arrayContaining([
        '192.0.2.1: section 3: 4 of 10 lost: 4.0 s if in one piece, one sent every 1.0 s',
        '192.0.2.1: section 4: all 10 lost: 9.0 s at least, one sent every 1.0 s',
      ]),
    );
  });

  test('nothing lost', async () => {
    const [target] = (await readText(loop([10, 10, 10]))).targets;
    expect(target?.stream).toMatchObject({ sent: 30, received: 30, status: 'unaffected' });
  });
});

test('a loop of Windows with the day and the minute before each probe tells counts', async () => {
  const run = (index: number): string =>
    [
      'Tue 11/14/2023',
      '10:13 PM',
      '',
      'Pinging 192.0.2.1 with 32 bytes of data:',
      windows(index),
      '',
      'Ping statistics for 192.0.2.1:',
      `    Packets: Sent = 1, Received = ${LOST.has(index) ? '0, Lost = 1 (100' : '1, Lost = 0 (0'}% loss),`,
    ].join('\n');
  expect(await refusal(all(run))).toContain(
    '25 runs of ping with one probe each, and nothing tells when: no outage can be told (20 of 25 came back)',
  );
});

test('how long a tool waits is its default, or --timeout', async () => {
  const go = (index: number): string =>
    `${LOST.has(index) ? 'No reply' : 'Reply'} from 192.0.2.1 on port 443 TCP_conn=${index + 1}${LOST.has(index) ? '' : ' time=1.00 ms'}`;
  expect((await told(all(go)))[1]).toBe('192.0.2.1:443 25/20, 5: 0.00 … ? … ?');
  expect((await told(all(go), { timeout_ns: fromMs(2000) }))[1]).toBe(
    '192.0.2.1:443 25/20, 5: 8.00 … 9.50 … 16.00',
  );
  expect((await readText(all(windows))).assumptions.join()).toContain(
    '4 s (its default; --timeout says otherwise)',
  );
  const said = (await readText(all(windows), { timeout_ns: fromMs(2000) })).assumptions.join();
  expect(said).toContain('2 s (--timeout)');
});

test('oping waits for each answer, so that an outage is longer than its probes are apart', async () => {
  const oping = (index: number): string =>
    LOST.has(index)
      ? `echo reply from 192.0.2.1 (192.0.2.1): icmp_seq=${index + 1} timeout`
      : `56 bytes from 192.0.2.1 (192.0.2.1): icmp_seq=${index + 1} ttl=64 time=0.04 ms`;
  const fast = { interval_ns: fromMs(200) };
  expect(await told(all(oping), fast)).toEqual(['ping', '192.0.2.1 25/20, 5: 0.80 … 1.00 … 5.20']);
  expect(await told(all(oping), { ...fast, timeout_ns: fromMs(500) })).toEqual([
    'ping',
    '192.0.2.1 25/20, 5: 0.80 … 1.00 … 2.70',
  ]);
});

test.each(['ping: connect: ', 'connect: '])('a run of ping without a route: %s', async (front) => {
  const run = (index: number): string =>
    LOST.has(index)
      ? `${front}Network is unreachable`
      : `PING 192.0.2.1 (192.0.2.1) 56(84) bytes of data.\n${ping(0)}\n\n1 packets transmitted, 1 received, 0% packet loss, time 0ms`;
  const loop = log(EACH.map((index) => `2023-11-14 ${clock(index)}\n${run(index)}`));
  expect(await told(loop)).toEqual(['ping', '192.0.2.1 25/20, 5: 3.00 … 5.00 … 7.00']);
});

test('a line of a web page is no syslog', async () => {
  const text = all(ping, (index) => `<30>1 2023-11-14T${clock(index)}.123Z fw ping 1 - - `);
  expect((await told(text))[0]).toBe('ping');
});

test('what a container writes to its output is no list of fping', async () => {
  expect((await told(all(curl, () => 'stdout: ')))[0]).toBe('curl');
});
