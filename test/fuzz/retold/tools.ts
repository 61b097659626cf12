import {
  TARGET,
  ms,
  counts,
  written,
  clock,
  fine,
  epoch,
  iputils,
  ENGLISH,
  bsd,
  WINDOWS,
  windows,
  S,
  packets,
  marks,
  tool,
  american,
  type Tool,
} from './words.js';

export const TOOLS: readonly Tool[] = [
  tool('iputils -O', { wordless: true, whole: true, lines: written(iputils(ENGLISH, 'icmp_seq')) }),
  tool('iputils', {
    wordless: true,
    whole: true,
    lines: written({ ...iputils(ENGLISH, 'icmp_seq'), lost: null }),
  }),
  tool('iputils, old', { whole: true, lines: written({ ...iputils(ENGLISH, 'icmp_req'), lost: null }) }),
  tool('iputils -D -O', {
    timed: true,
    whole: true,
    lines: (truth) =>
      written(iputils(ENGLISH, 'icmp_seq'))(truth).map(({ at_us, text }) => ({
        at_us,
        text: /seq=/.test(text) ? `[${epoch(at_us)}] ${text}` : text,
      })),
  }),
  tool('iputils, 0.2 s', {
    every_us: S / 5,
    wait_us: S / 5,
    whole: true,
    lines: written(iputils(ENGLISH, 'icmp_seq')),
  }),
  tool('iputils, de', {
    whole: true,
    lines: written(
      iputils({ bytes: 'Bytes', from: 'von', time: 'Zeit', none: 'Noch keine Antwort auf' }, 'icmp_seq'),
    ),
  }),
  tool('busybox', { whole: true, lines: written(bsd('seq', null, 'packets received')) }),
  tool('macos', {
    whole: true,
    lines: written(bsd('icmp_seq', (i) => `Request timeout for icmp_seq ${i}`, 'packets received')),
  }),
  tool('inetutils', { whole: true, lines: written(bsd('icmp_seq', null, 'packets received')) }),
  ...Object.entries(WINDOWS).map(([language, words]) =>
    tool(`windows ${language}`, {
      wait_us: 4 * S,
      pauses: true,
      whole: true,
      lines: written(windows(words)),
    }),
  ),
  tool('fping -D -l', {
    timed: true,
    whole: true,
    lines: written({
      good: (i, { rtt_us }, at) =>
        `[${epoch(at)}] ${TARGET} : [${i}], 64 bytes, ${ms(rtt_us)} ms (0.40 avg, 0% loss)`,
      lost: (i, _truth, at) => `[${epoch(at)}] ${TARGET} : [${i}], timed out (0.40 avg, 3% loss)`,
      summary: (truth) => {
        const { sent, received, share } = counts(truth);
        return [
          '',
          `${TARGET} : xmt/rcv/%loss = ${sent}/${received}/${share}%, min/avg/max = 0.33/0.40/0.50`,
        ];
      },
    }),
  }),
  tool('fping -l', {
    whole: true,
    lines: written({
      good: (i, { rtt_us }) => `${TARGET} : [${i}], 64 bytes, ${ms(rtt_us)} ms (0.40 avg, 0% loss)`,
      lost: (i) => `${TARGET} : [${i}], timed out (0.40 avg, 3% loss)`,
      summary: (truth) => {
        const { sent, received, share } = counts(truth);
        return [
          '',
          `${TARGET} : xmt/rcv/%loss = ${sent}/${received}/${share}%, min/avg/max = 0.33/0.40/0.50`,
        ];
      },
    }),
  }),
  tool('fping -C', {
    endless: true,
    lines: ({ sends_us, answered, rtt_us }) => [
      {
        at_us: sends_us.at(-1) as number,
        text: `${TARGET} : ${answered.map((good) => (good ? ms(rtt_us, 2) : '-')).join(' ')}`,
      },
    ],
  }),
  tool('fping -J', {
    whole: true,
    lines: written({
      good: (i, { rtt_us }) =>
        `{"resp": {"host": "${TARGET}", "seq": ${i}, "size": 64, "rtt": ${ms(rtt_us)}}}`,
      lost: (i) => `{"timeout": {"host": "${TARGET}", "seq": ${i}}}`,
      summary: (truth) => {
        const { sent, received, share } = counts(truth);
        return [`{"summary": {"host": "${TARGET}", "xmt": ${sent}, "rcv": ${received}, "loss": ${share}}}`];
      },
    }),
  }),
  tool('ios', {
    wait_us: 2 * S,
    pauses: true,
    every_us: 1000,
    lines: (truth) =>
      marks(
        [
          `fw#ping ${TARGET} repeat 100`,
          'Type escape sequence to abort.',
          `Sending ${truth.answered.length}, 100-byte ICMP Echos to ${TARGET}, timeout is 2 seconds:`,
        ],
        (of) => {
          const { sent, received, share } = counts(of);
          return [
            `Success rate is ${100 - share} percent (${received}/${sent}), round-trip min/avg/max = 1/1/2 ms`,
          ];
        },
      )(truth),
  }),
  tool('junos rapid', {
    lines: marks([`PING ${TARGET} (${TARGET}): 56 data bytes`], (truth) => {
      const { sent, received, share } = counts(truth);
      return [
        `--- ${TARGET} ping statistics ---`,
        `${sent} packets transmitted, ${received} packets received, ${share}% packet loss`,
      ];
    }),
  }),
  tool('curl -w', {
    wait_us: 3 * S,
    pauses: true,
    endless: true,
    whole: true,
    lines: written({ good: () => '200 0.004', lost: () => '000 2.001' }),
  }),
  tool('powershell 7', {
    endless: true,
    wait_us: 5 * S,
    pauses: true,
    lines: written({
      heading: () => [
        '',
        `   Destination: ${TARGET}`,
        '',
        'Ping Source           Address                   Latency BufferSize Status',
        '                                                   (ms)        (B)',
        '---- ------           -------                   ------- ---------- ------',
      ],
      good: (i) =>
        `${String(i + 1).padStart(4)} PROBE            ${TARGET}                       1         32 Success`,
      lost: (i) =>
        `${String(i + 1).padStart(4)} PROBE            *                               *         32 TimedOut`,
    }),
  }),
  tool('csv', {
    timed: true,
    endless: true,
    lines: written({
      heading: () => ['"Timestamp","Target","RTT_ms","Status"'],
      good: (_i, _truth, at) =>
        `"${new Date(at / 1000).toISOString().slice(0, 10)} ${clock(at)}","${TARGET}","1","OK"`,
      lost: (_i, _truth, at) =>
        `"${new Date(at / 1000).toISOString().slice(0, 10)} ${clock(at)}","${TARGET}","","Timeout"`,
    }),
  }),
  tool('tcping.exe', {
    wait_us: 2 * S,
    pauses: true,
    whole: true,
    lines: written({
      heading: () => ['', '** Pinging continuously.  Press control-c to stop **', ''],
      good: (_i, { rtt_us }) => `Probing ${TARGET}:443/tcp - Port is open - time=${ms(rtt_us)}ms `,
      lost: () => `Probing ${TARGET}:443/tcp - No response - time=2000.312ms `,
      summary: (truth) => {
        const { sent, received, share } = counts(truth);
        return [
          '',
          `Ping statistics for ${TARGET}:443`,
          `     ${sent} probes sent. `,
          `     ${received} successful, ${sent - received} failed.  (${share}% fail)`,
        ];
      },
    }),
  }),
  tool('tcping, go', {
    wait_us: 2 * S,
    pauses: true,
    whole: true,
    lines: written({
      heading: () => [`TCPinging ${TARGET} on port 443`],
      good: (i, { rtt_us }) => `Reply from ${TARGET} on port 443 TCP_conn=${i + 1} time=${ms(rtt_us)} ms`,
      lost: (i) => `No reply from ${TARGET} on port 443 TCP_conn=${i + 1}`,
      summary: (truth) => {
        const { sent, received, share } = counts(truth);
        return [
          '',
          `--- ${TARGET} TCPing statistics ---`,
          `${sent} probes transmitted on port 443 | ${received} received, ${share}% packet loss`,
        ];
      },
    }),
  }),
  tool('psping', {
    wait_us: 2 * S,
    pauses: true,
    whole: true,
    lines: written({
      heading: () => [
        '',
        'PsPing v2.12 - PsPing - ping, latency, bandwidth measurement utility',
        '',
        `TCP connect to ${TARGET}:443:`,
        `Infinite iterations (warmup 0) ping test:`,
      ],
      good: (_i, { rtt_us }) => `Connecting to ${TARGET}:443: from 192.0.2.9:50215: ${ms(rtt_us, 2)}ms`,
      lost: () => `Connecting to ${TARGET}:443: This operation returned because the timeout period expired.`,
      summary: (truth) => {
        const { sent, received, share } = counts(truth);
        return [
          '',
          `TCP connect statistics for ${TARGET}:443:`,
          `  Sent = ${sent}, Received = ${received}, Lost = ${sent - received} (${share}% loss),`,
        ];
      },
    }),
  }),
  tool('paping', {
    wait_us: 2 * S,
    pauses: true,
    whole: true,
    lines: written({
      heading: () => [
        'paping v1.5.5 - Copyright (c) 2011 Mike Lovell',
        '',
        `Connecting to ${TARGET} on TCP 443:`,
        '',
      ],
      good: (_i, { rtt_us }) => `Connected to ${TARGET}: time=${ms(rtt_us, 2)}ms protocol=TCP port=443`,
      lost: () => 'Connection timed out',
      summary: (truth) => {
        const { sent, received, share } = counts(truth);
        return [
          '',
          'Connection statistics:',
          `\tAttempted = ${sent}, Connected = ${received}, Failed = ${sent - received} (${share}.00%)`,
        ];
      },
    }),
  }),
  tool('tcpdump', {
    timed: true,
    endless: true,
    whole: true,
    lines: packets(
      (i, at) => `${at} IP 192.0.2.9 > ${TARGET}: ICMP echo request, id 17, seq ${i + 1}, length 64`,
      (i, at) => `${at} IP ${TARGET} > 192.0.2.9: ICMP echo reply, id 17, seq ${i + 1}, length 64`,
      fine,
    ),
  }),
  tool('tcpdump, SYN', {
    timed: true,
    endless: true,
    whole: true,
    lines: packets(
      (i, at) =>
        `${at} IP 192.0.2.9.${40_000 + i} > ${TARGET}.443: Flags [S], seq 1${i}, win 64240, length 0`,
      (i, at) =>
        `${at} IP ${TARGET}.443 > 192.0.2.9.${40_000 + i}: Flags [S.], seq 9, ack 1${i + 1}, win 65160, length 0`,
      epoch,
    ),
  }),
  tool('tshark', {
    timed: true,
    endless: true,
    lines: packets(
      (i, at) =>
        `  ${2 * i + 1} ${at}    192.0.2.9 → ${TARGET}    ICMP 98 Echo (ping) request  id=0x32f8, seq=${i + 1}/${256 * (i + 1)}, ttl=64`,
      (i, at) =>
        `  ${2 * i + 2} ${at}    ${TARGET} → 192.0.2.9    ICMP 98 Echo (ping) reply    id=0x32f8, seq=${i + 1}/${256 * (i + 1)}, ttl=64`,
      (us, from) => ((us - from) / 1e6).toFixed(9),
    ),
  }),
  tool('mikrotik', {
    lines: written({
      heading: () => ['  SEQ HOST                                     SIZE TTL TIME  STATUS'],
      good: (i) => `${String(i).padStart(5)} ${TARGET}                                56  64 1ms`,
      lost: (i) => `${String(i).padStart(5)} ${TARGET}                                               timeout`,
      summary: (truth) => {
        const { sent, received, share } = counts(truth);
        return [
          `    sent=${sent} received=${received} packet-loss=${share}% min-rtt=1ms avg-rtt=1ms max-rtt=1ms`,
        ];
      },
    }),
  }),
  tool('hping3', {
    whole: true,
    lines: written({
      heading: () => [`HPING ${TARGET} (eth0 ${TARGET}): S set, 40 headers + 0 data bytes`],
      good: (i, { rtt_us }) =>
        `len=46 ip=${TARGET} ttl=64 DF id=0 sport=80 flags=SA seq=${i} win=64240 rtt=${ms(rtt_us, 1)} ms`,
      lost: null,
      summary: (truth) => {
        const { sent, received, share } = counts(truth);
        return [
          '',
          `--- ${TARGET} hping statistic ---`,
          `${sent} packets transmitted, ${received} packets received, ${share}% packet loss`,
        ];
      },
    }),
  }),
  tool('nping', {
    timed: true,
    lines: (truth) => {
      const { sent, received } = counts(truth);
      const first = truth.sends_us[0] as number;
      return [
        { at_us: first, text: 'Starting Nping 0.7.93 ( https://nmap.org/nping ) at 2026-11-29 14:34 UTC' },
        ...packets(
          (i, at) =>
            `SENT (${at}s) ICMP [192.0.2.9 > ${TARGET} Echo request (type=8/code=0) id=10638 seq=${i + 1}] IP [ttl=64 id=9458 iplen=28 ]`,
          (i, at) =>
            `RCVD (${at}s) ICMP [${TARGET} > 192.0.2.9 Echo reply (type=0/code=0) id=10638 seq=${i + 1}] IP [ttl=64 id=60250 iplen=28 ]`,
          (us, from) => ((us - from) / 1e6 + 0.05).toFixed(4),
        )(truth),
        {
          at_us: truth.sends_us.at(-1) as number,
          text: `Raw packets sent: ${sent} (1.400KB) | Rcvd: ${received} (1.092KB) | Lost: ${sent - received} (22.00%)`,
        },
      ];
    },
  }),
  tool('mtr --raw', {
    endless: true,
    lines: (truth) =>
      truth.sends_us.flatMap((sent, i) => [
        { at_us: sent, text: `x 0 ${33_000 + i}` },
        ...(truth.answered[i] === true
          ? [
              ...(i === 0 ? [{ at_us: sent + truth.rtt_us, text: `h 0 ${TARGET}` }] : []),
              { at_us: sent + truth.rtt_us, text: `p 0 ${truth.rtt_us} ${33_000 + i}` },
            ]
          : []),
      ]),
  }),
  tool('httping', {
    wait_us: 3 * S,
    pauses: true,
    whole: true,
    lines: written({
      heading: () => [`PING ${TARGET}:80 (/):`],
      good: (i, { rtt_us }) => `connected to ${TARGET}:80 (294 bytes), seq=${i} time=  ${ms(rtt_us, 2)} ms `,
      lost: () => 'timeout while connecting to host',
      summary: (truth) => {
        const { sent, received, share } = counts(truth);
        return [
          `--- http://${TARGET}/ ping statistics ---`,
          `${sent} connects, ${received} ok, ${share}.00% failed, time 9000ms`,
          'round-trip min/avg/max = 1.1/1.2/1.3 ms',
        ];
      },
    }),
  }),
  tool('vmping', {
    timed: true,
    endless: true,
    wait_us: 2 * S,
    pauses: true,
    lines: written({
      good: (_i, _truth, at) => `[${american(at)}] ${TARGET}\t1ms`,
      lost: (_i, _truth, at) => `[${american(at)}] ${TARGET}\tRequest timed out.`,
    }),
  }),
];
