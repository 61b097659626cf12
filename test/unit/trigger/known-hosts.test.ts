import { describe, expect, test } from 'vitest';
import { checkHostKey, hostKeyAlgorithms, keysOfHost, keyType } from '../../../src/ssh/known-hosts.js';

const blob = (type: string, body: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), Buffer.from(body)]);
};
const line = (hosts: string, key: Buffer): string => `${hosts} ${keyType(key)} ${key.toString('base64')}`;
const ed = blob('ssh-ed25519', 'one');
const other = blob('ssh-ed25519', 'two');
const rsa = blob('ssh-rsa', 'three');

const verdict = (file: string, key: Buffer, host = 'fw-a.example', port = 22): string =>
  checkHostKey(keysOfHost(file, host, port), key);

describe('a known_hosts line', () => {
  test.each([
    ['names the host', 'fw-a.example'],
    ['names it among others', 'other,fw-a.example,10.0.0.1'],
    ['whatever its case', 'FW-A.Example'],
    ['matches by pattern', 'fw-?.*'],
  ])('%s', (_, hosts) => expect(verdict(line(hosts, ed), ed)).toBe('known'));

  test.each([
    ['of another host', 'fw-b.example'],
    ['that excludes it', '*.example,!fw-a.example'],
    ['whose dots are dots', 'fw-aXexample'],
    ['of another port', '[fw-a.example]:2222'],
    ['in a comment', '# fw-a.example'],
  ])('%s says nothing', (_, hosts) => expect(verdict(line(hosts, ed), ed)).toBe('unknown'));

  test('with a port is for that port only', () => {
    expect(verdict(line('[fw-a.example]:2222', ed), ed, 'fw-a.example', 2222)).toBe('known');
    expect(verdict(line('fw-a.example', ed), ed, 'fw-a.example', 2222)).toBe('unknown');
  });

  // ssh-keygen -H of OpenSSH 9.2 on "fw-a.example".
  test('may be hashed', () => {
    const hashed = '|1|S1y2eDm4excrnf6Qd4tiUFKplrY=|weJ6EJALbsIPfsS0FWzY0OPsHhA=';
    expect(verdict(line(hashed, ed), ed)).toBe('known');
    expect(verdict(line(hashed, ed), ed, 'other.example')).toBe('unknown');
    expect(verdict(line('|1|broken', ed), ed)).toBe('unknown');
  });

  test('that is torn or a certificate authority is passed over', () => {
    const file = [
      'fw-a.example ssh-ed25519',
      '',
      `@cert-authority ${line('*', other)}`,
      line('fw-a.example', ed),
    ];
    expect(verdict(file.join('\r\n'), ed)).toBe('known');
    expect(verdict(file.join('\n'), other)).toBe('changed');
  });
});

describe('the key presented', () => {
  test('is known if any line has it', () =>
    expect(verdict([line('fw-a.example', other), line('fw-a.example', ed)].join('\n'), ed)).toBe('known'));
  test('has changed if there is another of its type', () =>
    expect(verdict(line('fw-a.example', other), ed)).toBe('changed'));
  test('is unknown if there are only other types', () =>
    expect(verdict(line('fw-a.example', rsa), ed)).toBe('unknown'));
  test('is revoked even if it is known too', () =>
    expect(verdict([line('fw-a.example', ed), `@revoked ${line('*', ed)}`].join('\n'), ed)).toBe('revoked'));
  test('is not changed by a revoked one of its type', () =>
    expect(verdict(`@revoked ${line('*', other)}`, ed)).toBe('unknown'));
});

test('algorithms of known types are offered first, all others after', () => {
  const algorithms = hostKeyAlgorithms(keysOfHost(line('fw-a.example', rsa), 'fw-a.example', 22));
  expect(algorithms.slice(0, 4)).toEqual(['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa', 'ssh-ed25519']);
  expect(algorithms).toHaveLength(7);
});
