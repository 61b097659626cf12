import { KnownError } from '../../model/error.js';
import type { Transition } from '../ground/transitions.js';
import { changedDelays, writtenDelays, setFaults, type Faults } from './delays.js';
import type { Fabric, Interface, Operation, Outcome } from './fabric.js';
import { nodeAddress, USER_ROUTES, virtualAddress, type Side } from './topology.js';

/*
 * What the nodes and people ask of http://10.4.0.5. NIC is fw-a-trust, fw-a-untrust, fw-b-trust or fw-b-untrust.
 *
 * GET /networkInterfaces[/NIC]: interfaces with `ipConfigurations` and `provisioningState`
 * PUT /networkInterfaces/NIC/ipConfigurations/NAME: attaches `{"properties":{"privateIPAddress":"10.4.1.100"}}`: 202 with
 *   `Azure-AsyncOperation`, 204 if it is there
 * DELETE /networkInterfaces/NIC/ipConfigurations/NAME: detaches it: 202, or 204 if there is none; 409 where another
 *   interface has the address or is being changed
 * GET /operations/ID: `status`: InProgress, Succeeded or Failed
 * GET /routeTables[/NAME]: client-routes, server-routes; …/NAME/effectiveRoutes: where the network really sends it
 *   (`nextHopNetworkInterface`)
 * GET, PATCH /lab/delays: the delays now; `{"attach":{"least":"2s","most":"8s","distribution":"long-tail"}}` changes just that
 * GET, PATCH /lab/faults: `{"throttle":2,"retryAfter":5,"fail":1,"lose":1}`: so many of the nodes' next requests go wrong
 */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  /** JSON; null: there was none. */
  readonly body: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** null: empty. */
  readonly body: unknown;
}

/** The API's state. */
export interface Cloud {
  readonly fabric: Fabric;
  readonly faults: Faults;
  /** Where the nodes' software reports its own true transitions. */
  readonly tell: (transition: Transition) => void;
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): ApiAnswer => ({
  status,
  headers,
  body,
});

const failure = (status: number, code: string, message: string): ApiAnswer =>
  json(status, { error: { code, message } });

const interfaceBody = ({ name, node, side, attachment }: Interface): unknown => ({
  name,
  properties: {
    provisioningState: attachment === null || attachment.operation === null ? 'Succeeded' : 'Updating',
    virtualMachine: { id: node },
    ipConfigurations: [
      {
        name: 'primary',
        properties: {
          privateIPAddress: nodeAddress(node, side),
          primary: true,
          provisioningState: 'Succeeded',
        },
      },
      ...(attachment === null
        ? []
        : [
            {
              name: attachment.config,
              properties: {
                privateIPAddress: attachment.address,
                primary: false,
                provisioningState: attachment.state,
              },
            },
          ]),
    ],
  },
});

const operationBody = ({ id, status, started, ended }: Operation): unknown => ({
  name: id,
  status,
  startTime: new Date(started * 1e3).toISOString(),
  ...(ended === null ? {} : { endTime: new Date(ended * 1e3).toISOString() }),
  ...(status === 'Failed' ? { error: { code: 'InternalServerError', message: 'An error occurred.' } } : {}),
});

const outcomeAnswer = (outcome: Outcome): ApiAnswer => {
  switch (outcome.outcome) {
    case 'accepted':
      return json(202, operationBody(outcome.operation), {
        'azure-asyncoperation': `/operations/${outcome.operation.id}`,
      });
    case 'nothing-to-do':
      return { status: 204, headers: {}, body: null };
    case 'conflict':
      return failure(409, outcome.code, outcome.message);
  }
};

const routeTableBody = ({ table, to, side }: (typeof USER_ROUTES)[number]): unknown => ({
  name: table,
  properties: {
    routes: [
      {
        name: 'through-the-pair',
        properties: {
          addressPrefix: to,
          nextHopType: 'VirtualAppliance',
          nextHopIpAddress: virtualAddress(side),
        },
      },
    ],
  },
});

/**
 * What the network does with it. A real effective route names the address alone and stays `Active`; that the lab also
 * says which interface gets the packets, and that none does, is what a real cloud leaves one to guess.
 */
const effectiveRoute = (fabric: Fabric, side: Side, to: string): unknown => {
  const node = fabric.nextHop(side);
  return {
    source: 'User',
    state: node === null ? 'Blackhole' : 'Active',
    addressPrefix: [to],
    nextHopType: 'VirtualAppliance',
    nextHopIpAddress: [virtualAddress(side)],
    nextHopNetworkInterface: node === null ? null : `${node}-${side}`,
  };
};

const addressOf = (body: unknown): string | null => {
  const { properties } = (body ?? {}) as { properties?: { privateIPAddress?: unknown } };
  const address = properties?.privateIPAddress;
  return typeof address === 'string' ? address : null;
};

const configurations = (
  { fabric }: Cloud,
  request: ApiRequest,
  nic: Interface,
  config: string,
): ApiAnswer => {
  if (config === 'primary') return failure(400, 'PrimaryIPConfiguration', 'the primary address stays');
  if (request.method === 'DELETE') return outcomeAnswer(fabric.detach(nic, config));
  if (request.method !== 'PUT') return failure(405, 'MethodNotAllowed', `no ${request.method} here`);
  const address = addressOf(request.body);
  if (address === null) return failure(400, 'InvalidRequestFormat', 'properties.privateIPAddress is missing');
  return outcomeAnswer(fabric.attach(nic, config, address));
};

const networkInterfaces = (cloud: Cloud, request: ApiRequest, path: readonly string[]): ApiAnswer => {
  const [name, below, config] = path;
  const all = cloud.fabric.interfaces();
  if (name === undefined) return json(200, { value: all.map(interfaceBody) });
  const nic = all.find((each) => each.name === name);
  if (nic === undefined) return failure(404, 'ResourceNotFound', `there is no interface ${name}`);
  if (below === undefined) return json(200, interfaceBody(nic));
  if (below === 'ipConfigurations' && config !== undefined)
    return configurations(cloud, request, nic, config);
  return failure(404, 'ResourceNotFound', `${name} has no ${below}`);
};

const routeTables = ({ fabric }: Cloud, path: readonly string[]): ApiAnswer => {
  const [name, below] = path;
  if (name === undefined) return json(200, { value: USER_ROUTES.map(routeTableBody) });
  const table = USER_ROUTES.find((each) => each.table === name);
  if (table === undefined) return failure(404, 'ResourceNotFound', `there is no route table ${name}`);
  return below === 'effectiveRoutes'
    ? json(200, { value: [effectiveRoute(fabric, table.side, table.to)] })
    : json(200, routeTableBody(table));
};

/** The lab's own part: how slow and how faulty the cloud is. */
const lab = (cloud: Cloud, { method, body }: ApiRequest, what: string): ApiAnswer => {
  const { fabric, faults } = cloud;
  switch (what) {
    case 'delays':
      if (method === 'PATCH') fabric.delays = changedDelays(fabric.delays, body);
      return json(200, writtenDelays(fabric.delays));
    case 'faults':
      if (method === 'PATCH') setFaults(faults, body);
      return json(200, faults);
    case 'transitions':
      cloud.tell(body as Transition);
      return { status: 204, headers: {}, body: null };
    default:
      return failure(404, 'ResourceNotFound', `the lab has no "${what}"`);
  }
};

const operations = ({ fabric }: Cloud, id: string | undefined): ApiAnswer => {
  const operation = fabric.operations.find(id ?? '');
  return operation === null
    ? failure(404, 'OperationNotFound', `there is no operation ${id}`)
    : json(200, operationBody(operation));
};

const resource = (cloud: Cloud, request: ApiRequest): ApiAnswer => {
  const [kind = '', ...path] = request.path.split('/').filter(Boolean);
  switch (kind) {
    case 'networkInterfaces':
      return networkInterfaces(cloud, request, path);
    case 'routeTables':
      return routeTables(cloud, path);
    case 'operations':
      return operations(cloud, path[0]);
    case 'lab':
      return lab(cloud, request, path[0] ?? '');
    default:
      return failure(404, 'ResourceNotFound', `there is no "${kind}"`);
  }
};

/** Those that nobody but the nodes sends: an observer's questions never use up a fault. */
const isOfNodes = ({ method, path }: ApiRequest): boolean =>
  path.startsWith('/operations/') || (!path.startsWith('/lab/') && (method === 'PUT' || method === 'DELETE'));

const consume = (faults: Faults, which: 'throttle' | 'lose'): boolean => {
  if (faults[which] === 0) return false;
  faults[which] -= 1;
  return true;
};

/** Carries out a request. `lost`: it was carried out, and nobody is told. */
export const answerRequest = (cloud: Cloud, request: ApiRequest): ApiAnswer | 'lost' => {
  const { faults } = cloud;
  if (isOfNodes(request) && consume(faults, 'throttle'))
    return json(
      429,
      { error: { code: 'TooManyRequests', message: 'The request was throttled.' } },
      { 'retry-after': String(faults.retryAfter) },
    );
  try {
    const answer = resource(cloud, request);
    return isOfNodes(request) && consume(faults, 'lose') ? 'lost' : answer;
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return failure(400, 'InvalidRequestFormat', error.message);
  }
};
