import { describe, expect, test } from 'vitest';
import type { StreamPlan } from '../../../src/model/plan.js';
import { messageOf } from '../../../src/model/error.js';
import { streamPlans, stream } from '../../../src/scenario/stream.js';
import { describePlan } from '../../../src/scenario/words.js';
import { loaded } from './written.js';

const plans = (index: number, written: Record<string, string>): StreamPlan[] =>
  streamPlans(
    stream.parse({ name: 'udp', type: 'stamp', to: '10.4.4.4', every: '10ms', ...written }),
    index,
    '/tmp/scenario.yaml',
  );

describe('a STAMP stream', () => {
  test('has the port, the size and the patience of its kind', () => {
    expect(plans(0, {})).toMatchObject([
      {
        ...{ name: 'udp', host: '10.4.4.4', port: 862, size: 44, wait_ns: 10e9, flows: 1 },
        stamp: { ssid: 256, timestamps: 'ntp', end: null },
      },
    ]);
  });

  test('has session identifiers of its own', () => {
    const first = (index: number): number => plans(index, {})[0]?.stamp?.ssid ?? 0;
    expect([first(0), first(1), first(126)]).toEqual([256, 512, 127 * 256]);
  });

  test('with a far end is two streams on the same flows', () => {
    const both = plans(2, {
      to: '[fd00::4]:1862',
      flows: '4',
      'far-end': 'true',
      far: 'server',
      timestamps: 'ptp',
    });
    expect(both).toMatchObject([
      {
        name: 'udp',
        from: 'local',
        port: 1862,
        flows: 4,
        stamp: { ssid: 768, timestamps: 'ptp', end: 'near' },
      },
      {
        name: 'udp.far',
        from: 'server',
        port: 1862,
        flows: 4,
        stamp: { ssid: 768, timestamps: 'ptp', end: 'far' },
      },
    ]);
  });

  test('without `far-end: true` is one', () => {
    expect(plans(0, { 'far-end': 'false' })).toHaveLength(1);
  });
});

describe('name resolution', () => {
  test('a dns stream asks its resolver, on port 53, for an IPv4 address', () => {
    expect(plans(0, { type: 'dns', to: '10.4.3.53', query: 'www.lab.test' })).toMatchObject([
      { host: '10.4.3.53', port: 53, wait_ns: 10e9, size: 0, dns: { query: 'www.lab.test', record: 'A' } },
    ]);
  });

  test('an http stream resolves once, unless it says otherwise', () => {
    expect(plans(0, { type: 'http', to: 'www.lab.test' })).toMatchObject([
      {
        host: 'www.lab.test',
        port: 80,
        wait_ns: 900e6,
        http: { path: '/', resolve: 'once', resolver: null },
      },
    ]);
    const given = { resolve: 'cached', resolver: '[fd00::53]:5353', path: '/health' };
    expect(plans(0, { type: 'http', to: 'www.lab.test:8080', ...given })[0]).toMatchObject({
      port: 8080,
      http: { path: '/health', resolve: 'cached', resolver: { address: 'fd00::53', port: 5353 } },
    });
  });
});

describe('flows of new connections', () => {
  const tcp = (written: Record<string, string>): StreamPlan | undefined =>
    plans(0, { type: 'tcp', to: '10.4.4.4:80', ...written })[0];

  test('are given up when their port is needed again', () => {
    expect(tcp({ every: '50ms', flows: '16' })).toMatchObject({ wait_ns: 50e6, flows: 16, stamp: null });
    expect(tcp({ every: '2s', flows: '16' })?.wait_ns).toBe(900e6);
  });

  test('one flow takes a new port each time, and waits as ever', () => {
    expect(tcp({ every: '50ms' })?.wait_ns).toBe(900e6);
  });
});

const told = (stream: string): Promise<string> =>
  loaded(`
name: ports
streams: [{ name: s, every: 100ms, ${stream} }]
trigger: { action: manual }
`).then(({ scenario }) => describePlan(scenario).replaceAll(/\s+/g, ' '), messageOf);

describe('a source port', () => {
  test.each([
    [
      'type: stamp, to: 10.4.4.4, source-port: 40000, flows: 2',
      'on each of 2 flows from ports 40000 to 40001',
    ],
    ['type: dns, to: 10.4.4.4, query: a.test, source-port: 40000', 'A from port 40000 from local'],
    ['type: tcp, to: "10.4.4.4:80", source-port: 40000-40099', 'connection from ports 40000 to 40099'],
    ['type: http, to: 10.4.4.4, source-port: 40000-40099', 'from ports 40000 to 40099'],
    ['type: icmp, to: 10.4.4.4, source-port: 40000', 'source-port: is only for tcp, stamp, dns and http'],
    [
      'type: tcp, to: "10.4.4.4:80", source-port: 40000',
      'has 1 for new connections, and 10 may be open at once',
    ],
    ['type: stamp, to: 10.4.4.4, source-port: 40000-40001', 'is a range; here each flow keeps one port'],
    ['type: stamp, to: 10.4.4.4, source-port: 65535, flows: 2', 'has no valid ports'],
    ['type: tcp, to: "10.4.4.4:80", source-port: 5-1', 'has no valid ports'],
  ])('%s', async (stream, words) => {
    expect(await told(stream)).toContain(words);
  });
});

describe('TLS', () => {
  test.each([
    ['type: http, to: web.test, tls: true', 'a GET of / over TLS on a new connection'],
    ['type: http, to: web.test, tls: true', 'to web.test:443'],
    ['type: http, to: web.test, tls: false', 'to web.test:80'],
    [
      'type: http, to: "10.4.4.4:8443", tls: { server-name: web.test, resume: true }',
      'over TLS (web.test), resumed',
    ],
    ['type: http, to: 10.4.4.4, tls: { cert: /c.pem }', 'streams[0].tls.key: is missing'],
    ['type: http, to: 10.4.4.4, tls: { server-name: 10.4.4.4 }', 'is an address; SNI takes names'],
    ['type: tcp, to: "10.4.4.4:443", tls: true', 'tls: is only for http'],
  ])('%s', async (stream, words) => {
    expect(await told(stream)).toContain(words);
  });
});
