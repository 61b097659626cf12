/**
 * The HA software of a node of the lab `cloud-ip`, in the node: `node ha-daemon.program.js`. Heartbeats by UDP over the HA link,
 * the cloud's API over the management network. SIGUSR2 suspends, SIGHUP resumes, SIGTERM stops in good order.
 */
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { toMs } from '../../model/time.js';
import { raisePriority } from '../../probe/agent/priority.js';
import { epochSeconds, type Transition } from '../ground/transitions.js';
import { drawDelay } from './delays.js';
import { HA_FILES, HA_PORT, type HaSettings } from './ha-files.js';
import { HaNode, type HaRole, type Heartbeat } from './ha-node.js';
import { cloudClient, moveAddresses } from './takeover.js';
import { API_URL } from './topology.js';

const settings = JSON.parse(readFileSync(HA_FILES.settings, 'utf8')) as HaSettings;
const heartbeat_ms = toMs(settings.heartbeat_ns);
const execute = promisify(execFile);

// First: `ha-status` takes a daemon without it for stopped, whatever its status says.
writeFileSync(HA_FILES.pid, `${process.pid}\n`);

const write = (path: string, text: string): void => {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
};

/** What truly happened, for the lab's tests; nobody waits for it. */
const tell = (transition: Transition): void => {
  const body = JSON.stringify(transition);
  fetch(`${API_URL}/lab/transitions`, { method: 'POST', body }).catch(() => undefined);
};

let told: HaRole | null = null;
const socket = createSocket('udp4');
// A peer without power does not answer ARP, and one without the software refuses: neither is this node's trouble.
socket.on('error', () => undefined);

const node = await new Promise<HaNode>((resolve) => {
  socket.bind(HA_PORT, settings.own, () =>
    resolve(
      new HaNode(settings, {
        monotonic_ms: () => performance.now(),
        now: epochSeconds,
        send: (heartbeat) => socket.send(JSON.stringify(heartbeat), HA_PORT, settings.far, () => undefined),
        takeOver: async (signal, onStep) => {
          const { peer, node: own, poll_ns, promotion } = settings;
          await moveAddresses(cloudClient, { from: peer, to: own, poll_ms: toMs(poll_ns), signal, onStep });
          onStep('promotion');
          await sleep(toMs(drawDelay({ ...promotion, distribution: 'uniform' }, Math.random)), null, {
            signal,
          });
        },
        forward: async (on) => {
          await execute('sh', [HA_FILES.forward, on ? 'on' : 'off']);
        },
        publish: (status) => {
          const after = epochSeconds();
          write(HA_FILES.status, JSON.stringify(status));
          write(HA_FILES.role, status.role);
          const { node: subject, role: value } = status;
          if (value !== told) tell({ what: 'role', subject, value, after, before: epochSeconds() });
          told = value;
        },
      }),
    ),
  );
});

socket.on('message', (message) => node.hear(JSON.parse(message.toString()) as Heartbeat));
// Heartbeats that have come but were not read yet are read before a tick may find them missing.
setInterval(() => setImmediate(() => node.tick()), heartbeat_ms);

process.on('SIGUSR2', () => node.suspend());
process.on('SIGHUP', () => node.resume());
process.on('SIGTERM', () => {
  void node.stop().finally(() => process.exit());
});

raisePriority();
