import { AgentClient } from '../build/probe/agent/agent-client.js';
import { systemClock } from '../build/clock.js';
import { children } from './veth.mjs';

/** One agent that sends ICMP, or STAMP to a port, at 1,000/s; `counts` holds the rows by outcome, `figures` the agent's own. */
export const startAgent = async (prefix, target, every_ns = 1e6, engine = 'auto', port = null) => {
  const before = new Set(children());
  const counts = {};
  let figures = null;
  const agent = await AgentClient.start(
    { name: 'bench', kind: 'exec', prefix, agent: null },
    {
      probes: (chunk) => {
        for (const line of chunk.trimEnd().split('\n')) {
          const outcome = line.split(',', 4)[3];
          counts[outcome] = (counts[outcome] ?? 0) + 1;
        }
      },
      heartbeats: () => {},
      message: (message) => {
        if (message.say === 'end') figures = message.self[0].figures;
        if (message.say === 'note') console.error(message.text);
      },
      failed: (error) => console.error(`${error.message}\n  → ${error.remedy}`),
    },
    systemClock,
  );
  const pid = children().find((child) => !before.has(child));
  const stream = {
    name: 'ping',
    type: port === null ? 'icmp' : 'stamp',
    from: 'bench',
    host: target,
    port,
    family: 4,
    control: false,
  };
  const stamp = port === null ? null : { ssid: 1, timestamps: 'ntp', end: null };
  const rest = { every_ns, wait_ns: 10e9, size: 56, engine, flows: 1, stamp };
  agent.begin(systemClock.monotonic(), [{ ...stream, ...rest }], []);
  return {
    pid,
    counts,
    end: async () => {
      await agent.drain(1e9);
      return figures;
    },
  };
};
