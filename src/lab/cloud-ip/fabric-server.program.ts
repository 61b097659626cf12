/**
 * The cloud of the lab `cloud-ip`: its network and its API, in the fabric's namespace: `node fabric-server.program.js PLAN`. Says
 * `listening` when both addresses are on fw-a and requests are answered; api.ts describes them.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json as readJson } from 'node:stream/consumers';
import type { CloudIpPlan } from '../../model/lab-plan.js';
import { raisePriority } from '../../probe/agent/priority.js';
import { feed } from '../ground/command.js';
import { ipBatch } from '../ground/tool-session.js';
import { epochSeconds, recordTransition } from '../ground/transitions.js';
import { answerRequest, type Cloud } from './api.js';
import { delaysOf, noFaults } from './delays.js';
import { Fabric } from './fabric.js';
import { API_ADDRESS, bypassLines, forwardingLines, SECURED, UNSECURED } from './topology.js';

const network = ipBatch(null);
const plan = JSON.parse(process.argv[2] ?? '') as CloudIpPlan;
const faults = noFaults();
const fabric = new Fabric({
  delays: delaysOf(plan),
  faults,
  random: Math.random,
  now: epochSeconds,
  forward: (side, node) => network.apply(forwardingLines(side, node)),
  secure: (passes) => feed('nft', ['-f', '-'], passes ? SECURED : UNSECURED),
  bypass: plan.replies === 'direct' ? (direct) => network.apply(bypassLines(direct)) : null,
  tell: recordTransition,
});
const cloud: Cloud = { fabric, faults, tell: recordTransition };

const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  // Without a body there is nothing to parse.
  const body: unknown = await readJson(request).catch(() => null);
  const { pathname } = new URL(request.url ?? '/', `http://${API_ADDRESS}`);
  const answer = answerRequest(cloud, { method: request.method ?? 'GET', path: pathname, body });
  if (answer === 'lost') {
    request.socket.destroy();
    return;
  }
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  response.end(answer.body === null ? undefined : `${JSON.stringify(answer.body)}\n`);
};

await fabric.begin();
const server = createServer((request, response) => {
  // An asker that was cut off: nobody is left to answer.
  serve(request, response).catch((error: unknown) => {
    process.stderr.write(`fabric: ${String(error)}\n`);
    response.destroy();
  });
});
server.listen(80, API_ADDRESS, () => {
  raisePriority();
  process.stdout.write('listening\n');
});
