/**
 * Memory of one agent at 1,000 probes/s over time, by one stream or shared by many: it must not grow with the length of a run.
 * `node bench/memory.mjs [--seconds 600] [--streams 1] [--engine auto]`, as root, after `npm run build`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startAgent } from './agent.mjs';
import { openVethPair, usageOf } from './veth.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    streams: { type: 'string', default: '1' },
    engine: { type: 'string', default: 'auto' },
  },
});
const [duration_s, streams] = [values.seconds, values.streams].map(Number);
const SAMPLES = 20;
const pair = await openVethPair();
try {
  const agent = await startAgent(pair.prefix, pair.target, 1e6 * streams, values.engine, streams);
  console.log('time_s  agent_rss_MiB  own_rss_MiB');
  for (let i = 0; i <= SAMPLES; i++) {
    const ours = process.memoryUsage.rss() / 2 ** 20;
    const at_s = ((i * duration_s) / SAMPLES).toFixed(0);
    console.log(
      `${at_s.padStart(6)}  ${usageOf(agent.pid).rss_mib.toFixed(1).padStart(13)}  ${ours.toFixed(1).padStart(11)}`,
    );
    if (i < SAMPLES) await sleep((duration_s * 1000) / SAMPLES);
  }
  await agent.end();
  console.log(`rows: ${JSON.stringify(agent.counts)}`);
} finally {
  pair.close();
}
