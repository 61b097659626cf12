/**
 * The balancer's control plane: `node balancer.program.js '{"design":"lb",…}'` in the network of the machine `lb`. Probes the
 * nodes' health, steers flows accordingly, and answers on its API. Writes the true instants down.
 */
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { monotonicNow } from '../../clock.js';
import type { LbPlan } from '../../model/lab-plan.js';
import { ns, toMs } from '../../model/time.js';
import { raisePriority } from '../../probe/agent/priority.js';
import { connects } from '../ground/settle.js';
import { isNode, NODES, type NodeName } from '../ground/topology.js';
import { epochSeconds, recordTransition } from '../ground/transitions.js';
import { probeOf } from './arms.js';
import { forgetFlows, steer } from './flow-table.js';
import {
  TARGETS_FILE,
  type TargetRecord,
  failed,
  inService,
  newTarget,
  probed,
  stateOf,
  type Target,
} from './targets.js';
import { LB_API } from './topology.js';

const plan = JSON.parse(process.argv[2] ?? '') as LbPlan;
const targets = new Map(NODES.map((name) => [name, newTarget(name)]));
const since = new Map(NODES.map((name) => [name, epochSeconds()]));
let steering: Promise<void> = Promise.resolve();
let served = '';

const targetOf = (name: NodeName): Target => targets.get(name) ?? newTarget(name);

const records = (): TargetRecord[] =>
  NODES.map((name) => ({
    target: name,
    address: probeOf(plan.arms, name).host,
    state: stateOf(targetOf(name)),
    since: new Date((since.get(name) ?? 0) * 1000).toISOString(),
  }));

/** For whoever asks the lab's state; whole at any time. */
const publish = (): void => {
  writeFileSync(`${TARGETS_FILE}.new`, JSON.stringify(records()));
  renameSync(`${TARGETS_FILE}.new`, TARGETS_FILE);
};

/** Moves flows to the nodes that are in service by then. `dead`: what it has is hashed anew, or reset. */
const move = async (dead: NodeName | null): Promise<void> => {
  const all = [...targets.values()];
  const nodes = inService(all);
  const serving = NODES.filter((name) => nodes.has(name)).join(' ') || 'all';
  if (serving === served && dead === null) return;
  const after = epochSeconds();
  await steer(plan.existing, nodes, failed(all));
  if (dead !== null && plan.existing === 'rebalance') await forgetFlows(dead);
  served = serving;
  const when = { after, before: epochSeconds() };
  recordTransition({ what: 'steering', subject: 'flows', value: serving, ...when });
  if (dead !== null && nodes.size > 0 && plan.existing === 'reset')
    recordTransition({ what: 'reset', subject: dead, value: 'tcp', ...when });
};

const change = (next: Target): void => {
  const last = targetOf(next.name);
  const after = epochSeconds();
  targets.set(next.name, next);
  if (stateOf(next) !== stateOf(last)) {
    since.set(next.name, after);
    const what = { what: 'health', subject: next.name, value: stateOf(next) };
    recordTransition({ ...what, after, before: epochSeconds() });
    publish();
  }
  const dead = last.healthy === true && next.healthy === false ? next.name : null;
  steering = steering
    .then(() => move(dead))
    .catch((error: unknown) => void process.stderr.write(`balancer: ${String(error)}\n`));
};

/** Probes on an absolute schedule: `probe` apart, each with that long for its answer. Slots that were missed are skipped. */
const watch = async (name: NodeName): Promise<never> => {
  const { host, port } = probeOf(plan.arms, name);
  for (let due = monotonicNow(); ;) {
    const good = await connects(host, port, toMs(plan.probe_ns));
    change(probed(targetOf(name), good, plan.threshold));
    due = ns(due + plan.probe_ns);
    const now = monotonicNow();
    // A probe that took all its time ends just when the next one is due.
    while (due + plan.probe_ns <= now) due = ns(due + plan.probe_ns);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, toMs(ns(due - now)))));
  }
};

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

const reply = (method: string, path: string): Reply => {
  if (method === 'GET' && path === '/targets') return { status: 200, body: { targets: records() } };
  const [, name = '', , order = null] = /^\/targets\/([^/]+)(\/(drain|register))?$/.exec(path) ?? [];
  if (!isNode(name)) return { status: 404, body: { error: `nothing at ${path}` } };
  if (method !== (order === null ? 'GET' : 'POST'))
    return { status: 405, body: { error: `${method} is not for ${path}` } };
  // Taken out, its flows stay and new ones go elsewhere.
  if (order !== null) change({ ...targetOf(name), registered: order === 'register' });
  return { status: 200, body: records().find(({ target }) => target === name) };
};

/**
 * The API on the management network, plain HTTP on port 80, JSON: `GET /targets`, `GET /targets/NAME` (`state`: initial,
 * healthy, unhealthy, draining), `POST /targets/NAME/drain`, `POST /targets/NAME/register`.
 */
const api = createServer((request, response) => {
  request.resume();
  const { status, body } = reply(request.method ?? '', request.url ?? '');
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}).listen(80, LB_API);
await once(api, 'listening');
raisePriority();
publish();
for (const name of NODES) void watch(name);
process.stdout.write('balancing\n');
