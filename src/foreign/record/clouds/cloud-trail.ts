import * as z from 'zod';
import type { CloudForm } from '../cloud.js';

const event = z.object({
  eventTime: z.string(),
  eventName: z.string(),
  eventSource: z.string(),
  errorCode: z.string().nullish(),
  readOnly: z.union([z.boolean(), z.string().transform((said) => said === 'true')]).nullish(),
  requestParameters: z.record(z.string(), z.unknown()).nullish().catch(null),
});

/** `aws cloudtrail lookup-events` has the event as a text inside. */
const found = z.object({ CloudTrailEvent: z.string() });

/** What an order is about, the nearest to an address first. */
const ABOUT = [
  'networkInterfaceId',
  'routeTableId',
  'publicIp',
  'allocationId',
  'instanceId',
  'targetGroupArn',
  'hostedZoneId',
  'attachmentId',
];
const DEEPEST = 6;

const valueOf = (value: unknown, key: string, depth = 0): string | null => {
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return null;
  const own: unknown = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  if (typeof own === 'string') return own;
  for (const inner of Object.values(value)) {
    const deeper = valueOf(inner, key, depth + 1);
    if (deeper !== null) return deeper;
  }
  return null;
};

const SOURCES = /^(?:ec2|elasticloadbalancing|route53|autoscaling)\.amazonaws\.com$/;
const READS = /^(?:Describe|Get|List|Lookup|Search)/;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
};

export const cloudTrail: CloudForm = {
  name: 'AWS CloudTrail',
  clock: 'AWS',
  knows: (head) => /"eventName"\s*:|"EventName"\s*:/.test(head) && /"eventTime"|"EventTime"/.test(head),
  keys: ['Records', 'Events'],
  read: (raw) => {
    const inner = found.safeParse(raw).data;
    const { data } = event.safeParse(inner === undefined ? raw : parsed(inner.CloudTrailEvent));
    if (data === undefined) return null;
    const { eventTime: time, eventName, eventSource, errorCode, readOnly, requestParameters } = data;
    if (readOnly === true || READS.test(eventName) || !SOURCES.test(eventSource)) return [];
    const subject = ABOUT.reduce<string | null>((name, key) => name ?? valueOf(requestParameters, key), null);
    const failed = errorCode !== null && errorCode !== undefined;
    return [
      {
        told: {
          kind: failed ? 'operation-failed' : 'operation-accepted',
          subject: subject ?? eventSource,
          value: eventName,
        },
        time,
      },
    ];
  },
  notes: ['CloudTrail tells when an order was taken, not when it was carried out'],
};
