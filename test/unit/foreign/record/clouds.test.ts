import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { linesOf, recordOf } from './context.js';

const azure = (status: string, second: string): unknown => ({
  eventTimestamp: `2026-11-30T07:00:${second}Z`,
  operationName: { value: 'Microsoft.Network/routeTables/routes/write' },
  status: { value: status },
  resourceId: '/subscriptions/0/resourceGroups/ha/providers/Microsoft.Network/routeTables/rt/routes/default/',
});

const ACCEPTED =
  '2026-11-30T07:00:06.500Z +1 ms, Azure, 1: operation-accepted default = Microsoft.Network/routeTables/routes/write';

describe('the Azure activity log', () => {
  const list = [azure('Started', '06.500'), azure('Succeeded', '54.1')];

  test.each([
    ['as the CLI prints it', JSON.stringify(list, null, 2)],
    ['as the API answers', JSON.stringify({ nextLink: null, value: list })],
    ['packed', gzipSync(JSON.stringify(list))],
    ['with a byte order mark', `\ufeff${JSON.stringify(list)}`],
    ['as PowerShell redirects it', Buffer.from(`\ufeff${JSON.stringify(list, null, 2)}`, 'utf16le')],
  ])('%s', async (_name, content) => {
    const record = await recordOf(content);
    expect(record).toMatchObject({ form: 'Azure activity log', zoned: true });
    expect(linesOf(record)).toEqual([
      ACCEPTED,
      '2026-11-30T07:00:54.100Z +100 ms, Azure, 2: operation-done default = Microsoft.Network/routeTables/routes/write',
    ]);
    expect(record.notes.join()).not.toMatch(/missing|understood/);
  });

  test('its clock is its own, whoever the file is said to be of', async () => {
    const { evidence } = await recordOf(JSON.stringify(list), { owner: 'fw-a' });
    expect(new Set(evidence.map(({ clock }) => clock))).toEqual(new Set(['Azure']));
  });

  test('an entry that is none is counted', async () => {
    const record = await recordOf(JSON.stringify([...list, { eventTimestamp: 5 }]));
    expect(record.evidence).toHaveLength(2);
    expect(record.notes).toContain('not understood, and passed over: 1 entry');
  });
});

test('CloudTrail, as it is looked up', async () => {
  const event = {
    eventTime: '2026-11-30T07:00:06Z',
    eventSource: 'ec2.amazonaws.com',
    eventName: 'ReplaceRoute',
    requestParameters: {
      routeTableId: 'rtb-1',
      destinationCidrBlock: '0.0.0.0/0',
      networkInterfaceId: 'eni-2',
    },
  };
  const content = JSON.stringify({
    Events: [
      {
        EventId: 'x',
        EventName: 'ReplaceRoute',
        EventTime: 1796022006,
        CloudTrailEvent: JSON.stringify(event),
      },
    ],
  });
  expect(linesOf(await recordOf(content))).toEqual([
    '2026-11-30T07:00:06.000Z +1000 ms, AWS, 1: operation-accepted eni-2 = ReplaceRoute',
  ]);
});

test('an operation of Google Cloud that is still going on is accepted, and no more', async () => {
  const content = JSON.stringify([
    {
      insertTime: '2026-11-29T23:00:31.903-08:00',
      operationType: 'reset',
      status: 'RUNNING',
      targetLink: 'https://www.googleapis.com/compute/v1/projects/p/zones/z/instances/fw-b',
    },
  ]);
  expect(linesOf(await recordOf(content))).toEqual([
    '2026-11-30T07:00:31.903Z +1 ms, Google Cloud, 1: operation-accepted fw-b = reset',
  ]);
});
