import { AgentClient } from '../build/probe/agent/agent-client.js';
import { systemClock } from '../build/clock.js';
import { children } from './veth.mjs';

/**
 * One agent that sends ICMP at 1,000/s, or `streams` of them, or what `given` says of them; `counts` holds the rows by outcome. `end` gives
 * the agent's own figures of the first, `all` of all.
 */
export const startAgent = async (
  prefix,
  target,
  every_ns = 1e6,
  engine = 'auto',
  streams = 1,
  given = {},
) => {
  const before = new Set(children());
  const counts = {};
  let all = [];
  const agent = await AgentClient.start(
    { name: 'bench', kind: prefix.length === 0 ? 'local' : 'exec', prefix, agent: null },
    {
      probes: (chunk) => {
        for (const line of chunk.trimEnd().split('\n')) {
          const outcome = line.split(',', 4)[3];
          counts[outcome] = (counts[outcome] ?? 0) + 1;
        }
      },
      heartbeats: () => {},
      message: (message) => {
        if (message.say === 'end') all = message.self.map(({ figures }) => figures);
        if (message.say === 'note') console.error(message.text);
      },
      failed: (error) => console.error(`${error.message}\n  → ${error.remedy}`),
    },
    systemClock,
  );
  const pid = children().find((child) => !before.has(child));
  const stream = {
    name: 'ping',
    type: 'icmp',
    from: 'bench',
    host: target,
    port: null,
    family: 4,
    control: false,
  };
  const rest = { every_ns, wait_ns: 10e9, size: 56, engine, flows: 1, stamp: null, ...given };
  const plans = Array.from({ length: streams }, (_, i) => ({ ...stream, ...rest, name: `ping${i}` }));
  agent.begin(systemClock.monotonic(), plans, []);
  return {
    pid,
    counts,
    end: async () => {
      await agent.drain(1e9);
      return all[0];
    },
    all: () => all,
  };
};
