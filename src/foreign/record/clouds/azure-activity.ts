import * as z from 'zod';
import type { EvidenceKind } from '../../../model/evidence.js';
import type { CloudForm } from '../cloud.js';

/** The CLI and the REST API write an object, an exported log a word. */
const word = z.union([
  z.string(),
  z.object({ value: z.string().nullish() }).transform(({ value }) => value ?? ''),
]);

const entry = z.object({
  eventTimestamp: z.string(),
  operationName: word,
  status: word,
  resourceId: z.string().nullish(),
  correlationId: z.string().nullish(),
  category: word.nullish(),
  properties: z.object({ currentHealthStatus: z.string().nullish() }).nullish().catch(null),
});

const KINDS: Readonly<Record<string, EvidenceKind>> = {
  Started: 'operation-accepted',
  Accepted: 'operation-accepted',
  Succeeded: 'operation-done',
  Failed: 'operation-failed',
};

/** Of machines, and of what carries addresses and routes. */
const TELLING = /^Microsoft\.(?:Network|Compute)\//i;

const lastOf = (id: string): string => id.replace(/\/+$/, '').split('/').at(-1) ?? id;

export const azureActivity: CloudForm = {
  name: 'Azure activity log',
  clock: 'Azure',
  knows: (head) => head.includes('"eventTimestamp"') && head.includes('"operationName"'),
  keys: ['value'],
  read: (raw) => {
    const { data } = entry.safeParse(raw);
    if (data === undefined) return null;
    const { eventTimestamp: time, operationName, status, resourceId, category, properties } = data;
    const subject = lastOf(resourceId ?? '');
    if (category === 'ResourceHealth') {
      const health = properties?.currentHealthStatus ?? status;
      const value = health === 'Available' ? 'healthy' : health === 'Unavailable' ? 'unhealthy' : health;
      return [{ told: { kind: 'health', subject, value }, time }];
    }
    const kind = Object.hasOwn(KINDS, status) ? KINDS[status] : undefined;
    if (kind === undefined || subject === '' || !TELLING.test(operationName)) return [];
    return [{ told: { kind, subject, value: operationName }, time }];
  },
  notes: [],
};
