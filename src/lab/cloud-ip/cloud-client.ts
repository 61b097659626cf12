import { API_URL } from './topology.js';

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
