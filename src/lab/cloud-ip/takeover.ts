import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeName } from '../ground/topology.js';
import { API_URL, SIDES, virtualAddress } from './topology.js';

/** What the cloud says to a change. */
export type Reply =
  | { readonly kind: 'done' }
  /** Its end has to be asked for there. */
  | { readonly kind: 'accepted'; readonly operation: string }
  | { readonly kind: 'not-now'; readonly retryAfter_ms: number };

export type Progress = 'running' | 'succeeded' | 'failed';

const TIMEOUT_MS = 5000;

const call = (method: string, path: string, body?: unknown): Promise<Response> =>
  fetch(`${API_URL}${path}`, {
    method,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });

const change = async (response: Response): Promise<Reply> => {
  await response.arrayBuffer();
  const operation = response.headers.get('azure-asyncoperation');
  if (response.status === 202 && operation !== null) return { kind: 'accepted', operation };
  if (response.ok) return { kind: 'done' };
  return { kind: 'not-now', retryAfter_ms: Number(response.headers.get('retry-after') ?? 0) * 1000 };
};

const configuration = (nic: string): string => `/networkInterfaces/${nic}/ipConfigurations/vip`;

/** The cloud's API, as a node's HA software uses it. Each throws if no answer comes. Repeating a request does no harm. */
export const cloudClient = {
  detach: async (nic: string): Promise<Reply> => change(await call('DELETE', configuration(nic))),
  attach: async (nic: string, address: string): Promise<Reply> =>
    change(await call('PUT', configuration(nic), { properties: { privateIPAddress: address } })),
  progress: async (operation: string): Promise<Progress> => {
    const response = await call('GET', operation);
    const { status } = (await response.json()) as { status?: string };
    return status === 'Succeeded' ? 'succeeded' : status === 'Failed' ? 'failed' : 'running';
  },
};

export type CloudClient = typeof cloudClient;

interface Patience {
  readonly poll_ms: number;
  readonly signal: AbortSignal;
  /** Milliseconds of this host, if nothing else is given. */
  readonly wait?: (ms: number) => Promise<unknown>;
}

const pause = (ms: number, { signal, wait }: Patience): Promise<unknown> =>
  wait === undefined ? sleep(ms, null, { signal }) : wait(ms);

const NOT_NOW: Reply = { kind: 'not-now', retryAfter_ms: 0 };

/** Asks each `poll_ms` whether an operation is over. A question without an answer is asked again. */
const succeeds = async (cloud: CloudClient, operation: string, patience: Patience): Promise<boolean> => {
  for (;;) {
    await pause(patience.poll_ms, patience);
    const progress = await cloud.progress(operation).catch(() => 'running' as const);
    if (progress !== 'running') return progress === 'succeeded';
  }
};

/**
 * Carries one change to its end. Whatever comes between, a refusal, a failed operation, an answer that is lost: it is
 * asked for again, since the API takes a request that was carried out already for done.
 */
const settle = async (
  cloud: CloudClient,
  request: () => Promise<Reply>,
  patience: Patience,
): Promise<void> => {
  for (;;) {
    patience.signal.throwIfAborted();
    const reply = await request().catch(() => NOT_NOW);
    switch (reply.kind) {
      case 'done':
        return;
      case 'accepted':
        if (await succeeds(cloud, reply.operation, patience)) return;
        break;
      case 'not-now':
        await pause(Math.max(reply.retryAfter_ms, patience.poll_ms), patience);
    }
  }
};

export interface Move extends Patience {
  readonly from: NodeName;
  readonly to: NodeName;
  readonly onStep: (step: 'detach' | 'attach') => void;
}

/**
 * Moves both addresses: first both away from the other node, then both here, as PAN-OS does it on Azure. Ends when the
 * cloud has said that both are attached, however long that takes; rejects only if it is aborted.
 */
export const moveAddresses = async (cloud: CloudClient, move: Move): Promise<void> => {
  move.onStep('detach');
  await Promise.all(SIDES.map((side) => settle(cloud, () => cloud.detach(`${move.from}-${side}`), move)));
  move.onStep('attach');
  await Promise.all(
    SIDES.map((side) => settle(cloud, () => cloud.attach(`${move.to}-${side}`, virtualAddress(side)), move)),
  );
};
