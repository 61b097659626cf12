import { describe, expect, test } from 'vitest';
import { readText } from '../read.js';
import { refusal, told } from '../told.js';

/** Three good, two lost, two good. */
const of = (good: string | ((seq: number) => string), lost: string | ((seq: number) => string)): string =>
  ['.', '.', '.', 'x', 'x', '.', '.']
    .map((mark) => (mark === '.' ? good : lost))
    .map((line, seq) => `${typeof line === 'string' ? line : line(seq)}\n`)
    .join('');

const TCPING = of(
  'Probing 10.4.4.4:443/tcp - Port is open - time=1.234ms',
  'Probing 10.4.4.4:443/tcp - No response - time=2000.5ms',
);

describe('tools that write a line for each probe', () => {
  test.each([
    [
      'tcping.exe, which says how long it waited',
      TCPING,
      ['tcping', '10.4.4.4:443 7/5, 2: 2.00 … 3.50 … 7.00'],
    ],
    [
      'tcping of Go',
      of(
        (seq) => `Reply from host (10.4.4.4) on port 443 TCP_conn=${seq} time=1.2 ms`,
        'No reply from host (10.4.4.4) on port 443 TCP_conn=1',
      ),
      ['tcping', '10.4.4.4:443 7/5, 2: 0.00 … ? … ?'],
    ],
    [
      'tcping with a scheme',
      of(
        'Ping tcp://10.4.4.4:443 connected - time=12ms dns=5ms',
        'Ping tcp://10.4.4.4:443 failed(timeout) - time=1s dns=0s',
      ),
      ['tcping', '10.4.4.4:443 7/5, 2: 0.99 … 1.99 … 5.00'],
    ],
    [
      'tcpping',
      of(
        (seq) => `seq ${seq}: tcp response from 10.4.4.4 [open]  1.234 ms`,
        (seq) => `seq ${seq}: no response (timeout)`,
      ),
      ['tcping', '10.4.4.4 7/5, 2: 0.00 … ? … ?'],
    ],
    [
      'psping, but for its warm-up',
      `TCP connect to 10.4.4.4:443:\nConnecting to 10.4.4.4:443 (warmup): from 10.4.3.4:50000: 9.00ms\n${of(
        'Connecting to 10.4.4.4:443: from 10.4.3.4:50001: 1.25ms',
        'Connecting to 10.4.4.4:443: from 0.0.0.0:50002: This operation returned because the timeout period expired.',
      )}`,
      ['psping', '10.4.4.4:443 7/5, 2: 0.00 … ? … ?'],
    ],
    [
      'paping',
      of('Connected to 10.4.4.4: time=1.21ms protocol=TCP port=443', 'Connection timed out'),
      ['paping', '10.4.4.4:443 7/5, 2: 1.00 … 2.00 … 5.00'],
    ],
    [
      'httping',
      of(
        (seq) => `connected to 10.4.4.4:80 (294 bytes), seq=${seq} time=  1.22 ms `,
        'timeout while connecting to host',
      ),
      ['httping', '10.4.4.4:80 7/5, 2: 0.00 … ? … ?'],
    ],
    [
      'RouterOS',
      of(
        (seq) => `    ${seq} 10.4.4.4     56  64 1ms20us`,
        (seq) => `    ${seq} 10.4.4.4                    timeout`,
      ),
      ['mikrotik', '10.4.4.4 7/5, 2: 1.00 … 2.00 … 3.00'],
    ],
    [
      'vmPing',
      of('[11/14/2023 10:13:21 PM] 10.4.4.4\t1ms', '[11/14/2023 10:13:21 PM] 10.4.4.4\tRequest timed out.'),
      ['vmping', '10.4.4.4 7/5, 2: 0.00 … 0.00 … 1.00'],
    ],
    [
      'Test-Connection of PowerShell 7',
      of(
        (seq) => `   ${seq + 1} PROBE   10.4.4.4      1         32 Success`,
        (seq) => `   ${seq + 1} PROBE   *             *         32 TimedOut`,
      ),
      ['powershell', 'target 7/5, 2: 0.00 … ? … ?'],
    ],
    [
      'Test-Connection of Windows PowerShell',
      of(
        'PROBE         10.4.4.4       10.4.4.4                                     32       1',
        "Test-Connection : Testing connection to computer '10.4.4.4' failed: Error due to lack of resources",
      ),
      ['powershell', '10.4.4.4 7/5, 2: 0.00 … ? … ?'],
    ],
    ['fping -C', '10.4.4.4 : 0.5 0.5 0.5 - - 0.5 0.5\n', ['fping-C', '10.4.4.4 7/5, 2: 1.00 … 2.00 … 3.00']],
    [
      'fping -J',
      of(
        (seq) => `{"resp": {"host": "10.4.4.4", "seq": ${seq}, "size": 64, "rtt": 0.512}}`,
        (seq) => `{"timeout": {"host": "10.4.4.4", "seq": ${seq}}}`,
      ),
      ['fping-json', '10.4.4.4 7/5, 2: 1.00 … 2.00 … 3.00'],
    ],
  ])('%s', async (_name, text, expected) => {
    expect(await told(text)).toEqual(expected);
  });
});

describe('what every such log is held against', () => {
  const timed = (text: string, step = 1): string =>
    text
      .split('\n')
      .map((line, index) => (line === '' ? '' : `2023-11-14 22:13:${20 + step * index}.000000 ${line}`))
      .join('\n');

  test('a time before the lines tells the rest', async () => {
    expect(await told(timed(TCPING, 3))).toEqual(['tcping', '10.4.4.4:443 7/5, 2: 3.00 … 6.00 … 9.00']);
  });

  test('its own summary', async () => {
    const counts = 'Ping statistics for 10.4.4.4:443\n     7 probes sent. \n     5 successful, 2 failed.\n';
    expect(await told(TCPING + counts)).toHaveLength(2);
    expect(await refusal(TCPING + counts.replace('7 probes', '9 probes'))).toContain(
      'says 9 sent and 5 received',
    );
  });

  test('a line that is not understood: counted and quoted; like a probe, it leaves no figure', async () => {
    expect((await readText(`hello\n${TCPING}`)).notes).toContain(
      'not understood, and passed over: 1 line, as «hello»',
    );
    expect(await refusal(`${TCPING}Probing 10.4.4.4:443/tcp - who knows\nno response\n`)).toContain(
      'not understood',
    );
  });

  test('a number that is left out', async () => {
    const row = (seq: number): string => `    ${seq} 10.4.4.4     56  64 1ms\n`;
    expect(await refusal(row(0) + row(1) + row(5))).toContain(
      '3 probes before number 5 that no line is about',
    );
  });

  test('a clock that goes back', async () => {
    expect(await refusal(timed(TCPING, -1))).toContain('its clock goes back');
  });

  test('times on some lines alone', async () => {
    const lines = timed(TCPING).split('\n');
    expect(
      await refusal(lines.map((line, index) => (index === 5 ? line.slice(27) : line)).join('\n')),
    ).toContain('have a time, and others none');
  });
});
