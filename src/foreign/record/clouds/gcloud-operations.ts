import * as z from 'zod';
import type { CloudForm, EntryTold } from '../cloud.js';

const operation = z.object({
  insertTime: z.string(),
  endTime: z.string().nullish(),
  status: z.string(),
  operationType: z.string(),
  targetLink: z.string().nullish(),
  error: z.unknown().optional(),
  httpErrorStatusCode: z.number().nullish(),
});

export const gcloudOperations: CloudForm = {
  name: 'Google Cloud operations',
  clock: 'Google Cloud',
  knows: (head) => head.includes('"insertTime"') && head.includes('"operationType"'),
  keys: ['items'],
  read: (raw) => {
    const { data } = operation.safeParse(raw);
    if (data === undefined) return null;
    const {
      insertTime,
      endTime,
      status,
      operationType: value,
      targetLink,
      error,
      httpErrorStatusCode,
    } = data;
    const subject = targetLink?.split('/').at(-1) ?? '';
    if (subject === '') return [];
    const accepted: EntryTold = { told: { kind: 'operation-accepted', subject, value }, time: insertTime };
    if (status !== 'DONE' || endTime === null || endTime === undefined) return [accepted];
    const failed = (error !== undefined && error !== null) || (httpErrorStatusCode ?? 0) >= 400;
    return [
      accepted,
      { told: { kind: failed ? 'operation-failed' : 'operation-done', subject, value }, time: endTime },
    ];
  },
  notes: [],
};
