import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { encodeProbe, PROBE_COLUMNS } from '../build/model/probe.js';

const EVERY_NS = 10e6;
const PERIODS = 1_000;
const S = 1e9;

/** Mulberry32: the same history each time. */
const seeded = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

/** A recorded run has everything that a record must have. */
const template = (flows) => {
  const example = join(import.meta.dirname, '../results/example/lab-vrrp-timer/latest/run.json');
  const record = JSON.parse(readFileSync(example, 'utf8'));
  const [stream] = record.scenario.streams;
  return {
    ...record,
    scenario: { ...record.scenario, streams: [{ ...stream, every_ns: EVERY_NS, flows }] },
    trials_planned: 1,
    trials_done: 1,
  };
};

const event = (at_ns, body) => `${JSON.stringify({ at_ns, ...body })}\n`;

const events = (name, seconds) => {
  const TRIGGER_NS = (seconds / 2) * S;
  const phase = (at_ns, of) => event(at_ns, { event: 'phase', phase: of, of: 'failover' });
  const role = (at_ns, node, word, when) =>
    event(at_ns, { event: 'role', node, role: word, raw: word, when });
  return [
    role(1e6, 'fw-a', 'active', 'before'),
    role(2e6, 'fw-b', 'standby', 'before'),
    phase(3e6, 'steady'),
    event(4e6, { event: 'resolved', stream: name, address: '10.4.4.4', family: 4, engine: 'net-ping' }),
    phase(TRIGGER_NS - 1e6, 'trigger'),
    event(TRIGGER_NS, { event: 'trigger-issued', of: 'failover', node: 'fw-a', action: 'crash' }),
    phase(TRIGGER_NS + 1e8, 'outage'),
    phase(TRIGGER_NS + 5 * S, 'recovered'),
    role(TRIGGER_NS + 11 * S, 'fw-b', 'active', 'after'),
    phase(seconds * S, 'drain'),
  ].join('');
};

/** What an agent of a quiet host says of itself: microseconds late, with a tail. */
const tail = (random, mean_ns) => Math.floor(-Math.log(1 - random()) * mean_ns);

/** An agent hands on what it has of each flow ten times a second. */
const CHUNK = 10;

/**
 * Makes a run of one trial as it is before its logs are put away: flows at 100/s, an outage of 3.2 s in the middle of each, and
 * a thousand single losses. @returns the number of its probes.
 */
export const writeLongRun = async (folder, seconds, flows) => {
  const random = seeded(7);
  const record = template(flows);
  const [{ name }] = record.scenario.streams;
  mkdirSync(join(folder, 'trial-01'), { recursive: true });
  writeFileSync(join(folder, 'run.json'), JSON.stringify(record));
  writeFileSync(join(folder, 'trial-01', 'events.jsonl'), events(name, seconds));
  writeFileSync(join(folder, 'trial-01', 'heartbeats.csv'), 'session,connection,seq,sent_ns,echoed_ns\n');
  const file = createWriteStream(join(folder, 'trial-01', 'probes.csv'));
  const slots = Math.round((seconds * S) / EVERY_NS);
  const share = PERIODS / (slots * flows);
  const down_ns = (seconds / 2) * S + 2e8;
  const row = (flow, seq) => {
    const intended_ns = Math.round(seq * EVERY_NS + flow * 5e5);
    const sent_ns = intended_ns + 15_000 + tail(random, 8000);
    const down = sent_ns > down_ns && sent_ns < down_ns + 3.2 * S + flow * 1e7;
    const lost = down || random() < share;
    return encodeProbe({
      ...{ stream: name, flow, seq, intended_ns, outcome: lost ? 'lost' : 'answered', sent_ns },
      accepted_ns: sent_ns + 3000 + tail(random, 3000),
      received_ns: lost ? null : sent_ns + 400_000 + tail(random, 100_000),
      ...{ ttl: lost ? null : 62, cause: null },
    });
  };
  let chunk = `${PROBE_COLUMNS.join(',')}\n`;
  for (let from = 0; from < slots; from += CHUNK) {
    for (let flow = 0; flow < flows; flow += 1)
      for (let seq = from; seq < Math.min(from + CHUNK, slots); seq += 1) chunk += `${row(flow, seq)}\n`;
    if (chunk.length > 1 << 20) {
      if (!file.write(chunk)) await once(file, 'drain');
      chunk = '';
    }
  }
  file.end(chunk);
  await once(file, 'finish');
  return slots * flows;
};

/** `seqgap report` of a run: elapsed and CPU seconds, and peak memory, by GNU time. */
export const reportOf = (folder) => {
  const { stderr } = spawnSync(
    '/usr/bin/time',
    [
      '-f',
      'measured %e %U %S %M',
      process.execPath,
      join(import.meta.dirname, '../dist/cli.js'),
      'report',
      folder,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' },
  );
  const found = /measured (\S+) (\S+) (\S+) (\S+)/.exec(stderr);
  if (found === null || /^seqgap: /m.test(stderr)) throw new Error(stderr);
  const [elapsed_s, user_s, system_s, rss_kib] = found.slice(1).map(Number);
  return { elapsed_s, cpu_s: user_s + system_s, rss_mib: rss_kib / 1024 };
};
