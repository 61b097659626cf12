/**
 * The monitor: `node monitor.program.js '{"plan":…,"key":…}'` in the network of its machine. Probes the node that the record
 * points at; after so many failures it starts the service of the other one by SSH and rewrites the record. Says
 * `watching` when the first probe came back.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../model/error.js';
import type { DnsPlan } from '../../model/lab-plan.js';
import { toMs } from '../../model/time.js';
import { raisePriority } from '../../probe/agent/priority.js';
import { labPaths } from '../paths.js';
import { connects } from '../ground/settle.js';
import { LOGIN_ADDRESS, peerOf, type NodeName } from '../ground/topology.js';
import { epochSeconds, recordTransition } from '../ground/transitions.js';
import { stateChanges } from './gateway.js';
import { ttlSeconds, type UpdateKey } from './name-service.js';
import { SERVICE_ADDRESS, SERVICE, UPDATE_SERVER, ZONE } from './topology.js';
import { NEW_WATCH, watched } from './watch.js';

export interface MonitorOrder {
  readonly plan: DnsPlan;
  readonly key: UpdateKey;
}

/** The service's port that is probed, through the node. */
const PROBED_PORT = 80;

const { plan, key } = JSON.parse(process.argv[2] ?? '') as MonitorOrder;
const every_ms = toMs(plan.monitor_ns);

const complain = (what: string): void => void process.stderr.write(`monitor: ${what}\n`);

/** Runs a program to its end. Throws with its last words. */
const run = async (program: string, args: readonly string[], input = ''): Promise<string> => {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(child, 'close') as Promise<[number | null]>;
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [output, words] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await ended;
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${words.trim()}`);
  return output;
};

/** A verb of the node's service, by SSH; what became of the service is written down. */
const service = async (node: NodeName, verb: 'start' | 'start-now' | 'stop'): Promise<void> => {
  const options = ['BatchMode=yes', 'ConnectTimeout=2', `UserKnownHostsFile=${labPaths.knownHosts}`];
  const output = await run('ssh', [
    ...['-i', labPaths.sshKey],
    ...options.flatMap((option) => ['-o', option]),
    `root@${LOGIN_ADDRESS[node]}`,
    `service gateway ${verb}`,
  ]);
  for (const change of stateChanges(output)) recordTransition({ what: 'role', subject: node, ...change });
};

/** A dynamic update (RFC 2136), signed. */
const rewriteRecord = async (node: NodeName): Promise<void> => {
  const value = SERVICE_ADDRESS[node];
  const lines = [
    `server ${UPDATE_SERVER}`,
    `zone ${ZONE}.`,
    `del ${SERVICE}. A`,
    `add ${SERVICE}. ${ttlSeconds(plan)} A ${value}`,
    'send',
    '',
  ];
  const after = epochSeconds();
  await run('knsupdate', ['-y', `${key.algorithm}:${key.name}:${key.secret}`], lines.join('\n'));
  recordTransition({ what: 'record', subject: SERVICE, value, after, before: epochSeconds() });
};

/** Is a connection made to the service, through the node, before the next probe is due? */
const isUp = (node: NodeName): Promise<boolean> => connects(SERVICE_ADDRESS[node], PROBED_PORT, every_ms);

const failOver = async (from: NodeName, to: NodeName): Promise<void> => {
  const now = epochSeconds();
  recordTransition({ what: 'detected', subject: from, value: 'dead', after: now, before: now });
  // Whatever is left of it must not go on: nobody waits for a node that does not answer.
  void service(from, 'stop').catch(() => undefined);
  await service(to, 'start');
  const { least_ns, most_ns } = plan.update;
  await sleep(toMs(least_ns) + Math.random() * (toMs(most_ns) - toMs(least_ns)));
  await rewriteRecord(to);
};

raisePriority();
let active: NodeName = 'fw-a';
let watch = NEW_WATCH;
await service(active, 'start-now');
while (!(await isUp(active))) await sleep(20);
process.stdout.write('watching\n');

let due = performance.now();
for (;;) {
  due = Math.max(due + every_ms, performance.now());
  await sleep(due - performance.now());
  const after = watched(watch, await isUp(active), plan.missed);
  watch = after.watch;
  if (!after.act) continue;
  const standby = peerOf(active);
  try {
    await failOver(active, standby);
    active = standby;
    watch = NEW_WATCH;
  } catch (error) {
    // The standby may still be booting itself: tried again as long as the active node is not back.
    complain(messageOf(error));
  }
}
