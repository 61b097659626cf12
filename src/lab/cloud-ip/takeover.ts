import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeName } from '../ground/topology.js';
import type { CloudClient, Reply } from './cloud-client.js';
import { SIDES, virtualAddress } from './topology.js';

interface Patience {
  readonly poll_ms: number;
  readonly signal: AbortSignal;
}

const NOT_NOW: Reply = { kind: 'not-now', retryAfter_ms: 0 };

/** Asks each `poll_ms` whether an operation is over. A question without an answer is asked again. */
const succeeds = async (cloud: CloudClient, operation: string, patience: Patience): Promise<boolean> => {
  for (;;) {
    await sleep(patience.poll_ms, null, { signal: patience.signal });
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
        await sleep(Math.max(reply.retryAfter_ms, patience.poll_ms), null, { signal: patience.signal });
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
