/**
 * One agent at 1,000 probes/s over a veth pair of its own, fping beside it at the same time and rate: how late the
 * probes leave, and what each costs. `node bench/prober.mjs [seconds]`, as root, after `npm run build`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAgent } from './agent.mjs';
import { openVethPair, usageOf } from './veth.mjs';

const duration_s = Number(process.argv[2] ?? 60);
const pair = await openVethPair();
try {
  const agent = await startAgent(pair.prefix, pair.target);
  // -l: for ever; -p 1 -i 1: every millisecond, counted from the last send, not from a schedule; -D: with stamps.
  const [command, ...prefix] = pair.prefix;
  const fping = spawn(command, [...prefix, 'fping', '-D', '-l', '-p', '1', '-i', '1', pair.target], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let summary = '';
  fping.stderr.on('data', (data) => (summary += data));
  await sleep(1000);

  const atStart = { agent: usageOf(agent.pid), fping: usageOf(fping.pid) };
  const began = performance.now();
  await sleep((duration_s / 2) * 1000);
  const middle = { agent: usageOf(agent.pid), fping: usageOf(fping.pid) };
  await sleep((duration_s / 2) * 1000);
  const atEnd = { agent: usageOf(agent.pid), fping: usageOf(fping.pid) };
  const took_s = (performance.now() - began) / 1e3;

  fping.kill('SIGINT');
  await once(fping, 'close');
  const figures = await agent.end();
  const cpu = (who) => ((atEnd[who].cpu_s - atStart[who].cpu_s) / took_s) * 100;
  const rss = (who) => [atStart, middle, atEnd].map((at) => at[who].rss_mib.toFixed(0)).join(' ');
  const sent = Number(/= (\d+)\/\d+/.exec(summary)?.[1]);
  const row = (name, ours, theirs) =>
    console.log(`${name.padEnd(34)}${String(ours).padStart(14)}${String(theirs).padStart(14)}`);
  row(`${duration_s} s at 1,000 probes/s`, 'seqgap agent', 'fping');
  row('sent', figures.sent, sent);
  row('unsent', figures.unsent, '-');
  row('local-blocked', figures.local_blocked, '-');
  row('send lateness p50, ms', figures.lateness_p50_ms.toFixed(3), '-');
  row('send lateness p99, ms', figures.lateness_p99_ms.toFixed(3), '-');
  row('send lateness max, ms', figures.lateness_max_ms.toFixed(3), '-');
  row('CPU, % of one core', cpu('agent').toFixed(1), cpu('fping').toFixed(1));
  row('CPU, multiple of fping', (cpu('agent') / cpu('fping')).toFixed(2), 1);
  row('memory at start, middle, end, MiB', rss('agent'), rss('fping'));
  console.log(`rows of the agent: ${JSON.stringify(agent.counts)}`);
} finally {
  pair.close();
}
