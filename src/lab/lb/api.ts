import { createServer, type Server } from 'node:http';
import { isNode, type NodeName } from '../ground/topology.js';
import type { TargetRecord } from './targets.js';
import { LB_API } from './topology.js';

export interface ApiOptions {
  readonly records: () => readonly TargetRecord[];
  /** Takes a node in again, or out: its flows stay, new ones go elsewhere. */
  readonly register: (name: NodeName, registered: boolean) => void;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

const answer = ({ records, register }: ApiOptions, method: string, path: string): Reply => {
  if (method === 'GET' && path === '/targets') return { status: 200, body: { targets: records() } };
  const [, name = '', , order = null] = /^\/targets\/([^/]+)(\/(drain|register))?$/.exec(path) ?? [];
  if (!isNode(name)) return { status: 404, body: { error: `nothing at ${path}` } };
  if (method !== (order === null ? 'GET' : 'POST'))
    return { status: 405, body: { error: `${method} is not for ${path}` } };
  if (order !== null) register(name, order === 'register');
  return { status: 200, body: records().find(({ target }) => target === name) };
};

/**
 * The balancer's API on the management network, plain HTTP on port 80, JSON: `GET /targets`, `GET /targets/NAME`,
 * `POST /targets/NAME/drain`, `POST /targets/NAME/register`.
 */
export const serveApi = (options: ApiOptions): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      request.resume();
      const { status, body } = answer(options, request.method ?? '', request.url ?? '');
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify(body)}\n`);
    });
    server.on('error', reject);
    server.listen(80, LB_API, () => resolve(server));
  });
