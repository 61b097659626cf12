/**
 * How fast `seqgap analyze` reads the logs of other tools, and in how much memory, beside a one-line mawk gap script on the
 * same file, in turns; user and system time of each process. `node bench/logs.mjs [--rows 10000000] [--rounds 3] [--only
 * WORD]`, after `npm run build`. Where a line has no fraction of a second, the script looks at the numbers instead, or, of
 * Windows, only counts what timed out.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
  },
});

const EVERY_S = 0.01;
const FROM_S = 1_700_000_000;

/** What someone would do without us: the gaps between replies that are longer than two intervals. */
const gaps = (time) => `/bytes/{t=${time};if(g&&t-g>.025)print g,t-g;g=t}`;
/** Of a time of day. */
const CLOCK = (field, from) =>
  gaps(`substr(${field},${from},2)*3600+substr(${field},${from + 3},2)*60+substr(${field},${from + 6})`);
/** Where the times are too coarse or missing, the numbers tell. */
const NUMBERS = '/bytes/{split($0,a,"seq=");t=a[2]+0;if(g&&t-g>1)print g,t-g;g=t}';

const iso = (at_s) => new Date(at_s * 1000).toISOString();
const nanoseconds = (at_s, index) =>
  `${iso(Math.floor(at_s)).slice(0, 19)}.${String(Math.floor((at_s % 1) * 1e6)).padStart(6, '0')}${String((index * 7919) % 1000).padStart(3, '0')}Z`;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const WEEKDAYS = 'Sun Mon Tue Wed Thu Fri Sat'.split(' ');
const parts = (at_s) => {
  const date = new Date(at_s * 1000);
  return { day: String(date.getUTCDate()).padStart(2), month: MONTHS[date.getUTCMonth()], date };
};
const syslog = (at_s) => {
  const { day, month } = parts(at_s);
  return `${month} ${day} ${iso(at_s).slice(11, 19)}`;
};
const dated = (at_s) => `${WEEKDAYS[parts(at_s).date.getUTCDay()]} ${syslog(at_s)} UTC 2023`;

const reply = (probe) =>
  `64 bytes from 10.4.4.4: icmp_seq=${(probe.index + 1) & 0xffff} ttl=62 time=${(probe.rtt_s * 1e3).toFixed(3)} ms`;
/** Written when the reply came. */
const arrival = (probe) => FROM_S + probe.index * EVERY_S + probe.rtt_s;

const irttTrip = (probe) => {
  const sent = Math.round(probe.index * EVERY_S * 1e9);
  const received = sent + Math.round(probe.rtt_s * 1e9);
  const wall = FROM_S * 1e9;
  const answered = !probe.lost;
  const stamp = (at) => ({ wall: wall + at, monotonic: at });
  return {
    seqno: probe.index,
    lost: answered ? 'false' : 'true',
    timestamps: {
      client: { receive: answered ? stamp(received) : {}, send: stamp(sent) },
      server: {
        receive: answered ? stamp(sent + 40_000) : {},
        send: answered ? stamp(sent + 41_000) : {},
      },
    },
    delay: answered ? { receive: 60_000, rtt: received - sent, send: 40_000 } : {},
    ipdv: answered ? { receive: -10, rtt: 12, send: 22 } : {},
  };
};

const IRTT_HEAD = {
  version: { irtt: '0.9.0', protocol: 1, json_format: 1 },
  config: { remote_address: '10.4.4.4:2112', params: { interval: EVERY_S * 1e9 } },
  round_trips: [],
};

/** Each makes a line of a probe (null: it has none), and says how mawk would find the gaps in it. */
const KINDS = {
  'ping -D': {
    line: (probe) => (probe.lost ? null : `[${arrival(probe).toFixed(6)}] ${reply(probe)}`),
    mawk: gaps('substr($1,2)+0'),
  },
  'ping -D, (DNS) name': {
    line: (probe) =>
      probe.lost
        ? null
        : `[${arrival(probe).toFixed(6)}] ${reply(probe).replace('10.4.4.4', 'fw.example.net (10.4.4.4)')}`,
    mawk: gaps('substr($1,2)+0'),
  },
  'no times': { line: (probe) => (probe.lost ? null : reply(probe)), mawk: NUMBERS },
  date: {
    line: (probe) => (probe.lost ? null : `${dated(arrival(probe))}: ${reply(probe)}`),
    mawk: NUMBERS,
  },
  'ISO, ts %.S': {
    line: (probe) => (probe.lost ? null : `${iso(arrival(probe)).slice(0, -1)} ${reply(probe)}`),
    mawk: CLOCK('$1', 12),
  },
  'docker logs -t': {
    line: (probe) => (probe.lost ? null : `${nanoseconds(arrival(probe), probe.index)} ${reply(probe)}`),
    mawk: CLOCK('$1', 12),
  },
  'docker compose logs -t': {
    line: (probe) =>
      probe.lost ? null : `pinger-1  | ${nanoseconds(arrival(probe), probe.index)} ${reply(probe)}`,
    mawk: CLOCK('$3', 12),
  },
  'kubectl --prefix': {
    line: (probe) =>
      probe.lost ? null : `[pod/pinger/ping] ${nanoseconds(arrival(probe), probe.index)} ${reply(probe)}`,
    mawk: CLOCK('$2', 12),
  },
  syslog: {
    line: (probe) => (probe.lost ? null : `${syslog(arrival(probe))} fw-probe ping[1234]: ${reply(probe)}`),
    mawk: NUMBERS,
  },
  'fping -D': {
    line: (probe) =>
      `[${(probe.lost ? arrival(probe) + EVERY_S : arrival(probe)).toFixed(5)}] 10.4.4.4 : [${probe.index}], ` +
      (probe.lost
        ? 'timed out (NaN avg, 1% loss)'
        : `64 bytes, ${(probe.rtt_s * 1e3).toPrecision(3)} ms (0.34 avg, 0% loss)`),
    mawk: gaps('substr($1,2)+0'),
  },
  'Windows ping -t': {
    line: (probe) =>
      probe.lost
        ? 'Request timed out.'
        : `Reply from 10.4.4.4: bytes=32 time=${1 + (probe.index % 3)}ms TTL=62`,
    mawk: '/timed out/{n++;next}n{print NR-n,n;n=0}',
    interval: '10ms',
  },
  'Windows, Get-Date': {
    line: (probe) =>
      `${iso(arrival(probe)).slice(0, 10)} ${iso(arrival(probe)).slice(11, 23)} ` +
      (probe.lost
        ? 'Request timed out.'
        : `Reply from 10.4.4.4: bytes=32 time=${1 + (probe.index % 3)}ms TTL=62`),
    mawk: '/timed out/{n++;next}n{print NR-n,n;n=0}',
  },
  irtt: {
    head: JSON.stringify(IRTT_HEAD, null, 4).replace(']\n}', ''),
    line: (probe) =>
      `        ${JSON.stringify(irttTrip(probe), null, 4).replaceAll('\n', '\n        ')}${probe.last ? '' : ','}`,
    tail: '    ]\n}\n',
    // Nobody reads that with mawk.
    mawk: null,
  },
};

/** Mulberry32: the same file each time. */
const seeded = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

/** A probe every 10 ms, 20 outages of 0.05 to 3 s. */
const writeLog = async (path, kind, rows) => {
  const random = seeded(7);
  const outages = Array.from({ length: 20 }, (_, index) => {
    const from = Math.floor(((index + 0.5) / 20) * rows);
    return { from, to: from + Math.min(Math.floor(rows / 40), Math.floor((0.05 + random() * 3) / EVERY_S)) };
  });
  const file = createWriteStream(path);
  let chunk = kind.head === undefined ? '' : `${kind.head}\n`;
  for (let index = 0; index < rows; index += 1) {
    while (outages.length > 0 && index >= outages[0].to) outages.shift();
    const lost = outages.length > 0 && index >= outages[0].from;
    const last = index === rows - 1;
    const line = kind.line({ index, last, lost, rtt_s: 3e-4 + random() * 2e-4 });
    if (line !== null) chunk += `${line}\n`;
    if (chunk.length > 1 << 20) {
      if (!file.write(chunk)) await once(file, 'drain');
      chunk = '';
    }
  }
  file.end(chunk + (kind.tail ?? ''));
  await once(file, 'finish');
};

/** Runs a command to its end; what it printed, its CPU time (as `times` of a shell that waited for it) and most memory. */
const measure = async (command, args) => {
  const child = spawn(
    'bash',
    [
      '-c',
      '"$@" & pid=$!; echo $pid >&3; wait $pid; code=$?; times >&2; exit $code',
      'bash',
      command,
      ...args,
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    },
  );
  let rss_mib = 0;
  let output = '';
  let times = '';
  let look;
  child.stdout.on('data', (data) => (output += data));
  child.stderr.on('data', (data) => (times += data));
  child.stdio[3].once('data', (data) => {
    const status = `/proc/${Number(String(data))}/status`;
    look = setInterval(() => {
      try {
        rss_mib =
          Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(status, 'utf8'))?.[1] ?? rss_mib * 1024) / 1024;
      } catch {
        // It has ended.
      }
    }, 20);
  });
  const [code] = await once(child, 'close');
  clearInterval(look);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${times}`);
  const last = times.trim().split('\n').at(-1);
  const cpu_s = [...last.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, m, s]) => sum + Number(m) * 60 + Number(s),
    0,
  );
  return { cpu_s, rss_mib, output };
};

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const main = async (rows, rounds) => {
  const folder = mkdtempSync(join(tmpdir(), 'seqgap-bench-'));
  const cli = join(import.meta.dirname, '..', 'dist', 'cli.js');
  console.log(`${rows.toLocaleString('en')} probes, medians of ${rounds}, CPU time`);
  console.log(`${''.padEnd(24)}    MiB     mawk   seqgap  times   rows/s  peak memory  gaps`);
  try {
    for (const [name, kind] of Object.entries(KINDS)) {
      if (!name.includes(values.only)) continue;
      const path = join(folder, 'log');
      await writeLog(path, kind, rows);
      const ours = [];
      const theirs = [];
      const interval = kind.interval === undefined ? [] : ['--interval', kind.interval];
      for (let round = 0; round < rounds; round += 1) {
        ours.push(await measure(process.execPath, [cli, 'analyze', '--json', ...interval, path]));
        if (kind.mawk !== null) theirs.push(await measure('mawk', [kind.mawk, path]));
      }
      const [own, other] = [ours, theirs].map((all) => median(all.map(({ cpu_s }) => cpu_s)));
      const { outages } = JSON.parse(ours[0].output);
      console.log(
        [
          name.padEnd(24),
          (statSync(path).size / 2 ** 20).toFixed(0).padStart(6),
          (other === undefined ? '-' : `${other.toFixed(2)} s`).padStart(8),
          `${own.toFixed(2)} s`.padStart(8),
          (other === undefined ? '-' : (own / other).toFixed(2)).padStart(6),
          `${(rows / own / 1e6).toFixed(2)} M`.padStart(8),
          `${median(ours.map(({ rss_mib }) => rss_mib)).toFixed(0)} MiB`.padStart(12),
          `${outages.length}${other === undefined ? '' : `, mawk ${theirs[0].output.trim().split('\n').length}`}`,
        ].join(' '),
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

await main(Number(values.rows), Number(values.rounds));
