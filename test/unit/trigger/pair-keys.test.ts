import { describe, expect, test } from 'vitest';
import type { HttpLogin, SshLogin } from '../../../src/model/login.js';
import type { NodePlan } from '../../../src/model/plan.js';
import { ns } from '../../../src/model/time.js';
import { PairKeys } from '../../../src/trigger/act/pair-keys.js';

const node = (name: string, login: Partial<Pick<NodePlan, 'ssh' | 'http'>> = {}): NodePlan => ({
  name,
  driver: 'panos',
  ssh: null,
  http: null,
  serial: null,
  params: {},
  power: null,
  ...login,
});
const ssh = (host: string, port = 22): Pick<NodePlan, 'ssh'> => ({ ssh: { host, port } as SshLogin });
const http = (url: string): Pick<NodePlan, 'http'> => ({
  http: { url, timeout_ns: ns(1) } as HttpLogin,
});
const keysOf = (...nodes: NodePlan[]): PairKeys => new PairKeys({ nodes, lab: null }, '/state');
const pair = (...logins: Partial<Pick<NodePlan, 'ssh' | 'http'>>[]): PairKeys =>
  keysOf(...logins.map((login, index) => node(`fw-${index}`, login)));

const OVER_SSH = pair(ssh('192.0.2.1'), ssh('192.0.2.2')).known();

describe('a pair is known by the addresses of its nodes', () => {
  test.each<[string, PairKeys]>([
    ['in any order', pair(ssh('192.0.2.2'), ssh('192.0.2.1'))],
    ['by another transport', pair(http('https://192.0.2.1'), http('https://192.0.2.2:8443/base'))],
    ['at another port', pair(ssh('192.0.2.1', 2222), ssh('192.0.2.2', 22))],
    ['with other names', keysOf(node('a', ssh('192.0.2.1')), node('b', ssh('192.0.2.2')))],
  ])('%s', (_, keys) => expect(keys.known()).toEqual(OVER_SSH));

  test.each<[string, string, string]>([
    ['case', 'FW-A.example.net', 'fw-a.example.net'],
    ['the dot at the end', 'fw-a.example.net.', 'fw-a.example.net'],
    ['how an IPv6 address is written', '2001:DB8::1', '2001:db8:0:0::1'],
  ])('%s makes no difference', (_, one, other) =>
    expect(pair(ssh(one), ssh('192.0.2.2')).known()).toEqual(pair(ssh(other), ssh('192.0.2.2')).known()),
  );

  test('an IPv6 address in a URL is the same', () =>
    expect(pair(http('https://[2001:db8::1]'), ssh('192.0.2.2')).known()).toEqual(
      pair(ssh('2001:db8:0::1'), ssh('192.0.2.2')).known(),
    ));

  test('another address is another pair', () =>
    expect(pair(ssh('192.0.2.1'), ssh('192.0.2.3')).known()).not.toEqual(OVER_SSH));

  test('behind one address for both the ports tell pairs apart', () => {
    const forwarded = (...ports: number[]) => pair(...ports.map((port) => ssh('127.0.0.1', port))).known();
    expect(forwarded(2201, 2202)).toEqual(forwarded(2202, 2201));
    expect(forwarded(2201, 2202)).not.toEqual(forwarded(2203, 2204));
  });

  test('or by its names, without a login', () => {
    const keys = keysOf(node('fw-a'), node('fw-b'));
    expect(keys.known()).toEqual(keysOf(node('FW-B'), node('fw-a')).known());
    expect(keys.nodes).toEqual(['fw-a', 'fw-b']);
  });

  test('without nodes nothing is known', () => {
    const none = keysOf();
    none.learn([]);
    expect(none.known()).toEqual([]);
  });
});

describe('and by who they say they are', () => {
  const learned = (host: string, ...identities: string[]): readonly string[] => {
    const keys = pair(ssh(host), ssh('192.0.2.2'));
    keys.learn(identities);
    return keys.known();
  };

  test('as soon as both have said it, in any order, once', () => {
    const [byName, sameName] = learned('fw-a.example.net', 'SN1', 'SN2');
    const [byAddress, sameAddress] = learned('192.0.2.1', 'SN2', 'SN1');
    expect(byName).not.toBe(byAddress);
    expect(sameName).toBe(sameAddress);
    expect(sameName).toBeDefined();
  });

  test('but not where one cannot say it', () => expect(learned('192.0.2.1', 'SN1')).toEqual(OVER_SSH));
});
