import { describe, expect, test } from 'vitest';
import { KnownError } from '../../../src/model/error.js';
import { doubtOf, parseTargets, watchVantage } from '../../../src/cli/watch/scenario.js';
import { scenarioOf } from './rows.js';

describe('targets on the command line', () => {
  test('a host is ICMP, a host with a port is TCP', () => {
    expect(parseTargets(['10.4.4.4', 'server.example:443', '[::1]:22', 'fd00::4', '10.4.4.4'], null)).toEqual(
      [
        { name: '10.4.4.4', host: '10.4.4.4', port: null },
        { name: 'server.example:443', host: 'server.example', port: 443 },
        { name: '[::1]:22', host: '::1', port: 22 },
        { name: 'fd00::4', host: 'fd00::4', port: null },
      ],
    );
  });

  test('--tcp makes TCP of all that have no port', () => {
    expect(parseTargets(['10.4.4.4', 'fd00::4', 'a:22'], 443).map(({ name }) => name)).toEqual([
      '10.4.4.4:443',
      '[fd00::4]:443',
      'a:22',
    ]);
  });

  test.each([
    ['::1:22', '::1:22 is taken for an address; port 22 of ::1 is written [::1]:22'],
    ['fd00::4:443', 'fd00::4:443 is taken for an address; port 443 of fd00::4 is written [fd00::4]:443'],
    ['fd00::4', null],
    ['fd00::4:beef', null],
    ['[fd00::4]:22', null],
    ['10.4.4.4:22', null],
  ])('%s: what its end may have been meant for', (text, doubt) => {
    expect(parseTargets([text], null).map(doubtOf)).toEqual([doubt]);
  });

  test.each([
    '',
    '10.4.4',
    '10.4.4.4:',
    '10.4.4.4:0',
    '10.4.4.4:70000',
    'http://10.4.4.4',
    '[10.4.4.4]:22',
    '10.0.0.0/24',
  ])('refuses "%s" with an example', (text) => {
    expect(() => parseTargets([text], null)).toThrow(
      expect.objectContaining({
        exitCode: 64,
        remedy: expect.stringContaining('seqgap watch 10.4.4.4') as string,
      }),
    );
  });

  test.each([0, 1.5, 65_536, Number.NaN])('refuses --tcp %d', (port) => {
    expect(() => parseTargets(['a'], port)).toThrow(KnownError);
  });
});

describe('the place that probes', () => {
  test('a prefix on this host starts this program, one that leads elsewhere an agent there', () => {
    expect(watchVantage(null)).toMatchObject({ kind: 'local', prefix: [] });
    expect(watchVantage(' ip netns  exec client ')).toMatchObject({
      prefix: ['ip', 'netns', 'exec', 'client'],
      agent: null,
    });
    expect(watchVantage('sudo docker exec -i client')).toMatchObject({
      kind: 'exec',
      agent: ['seqgap', 'agent'],
    });
  });

  test.each(['', ' ', "sh -c 'x'"])('refuses %j', (from) => {
    expect(() => watchVantage(from)).toThrow(expect.objectContaining({ exitCode: 64 }));
  });
});

test('late can be told from lost, whatever the threshold', () => {
  const [icmp] = scenarioOf(['10.4.4.4'], 5000).streams;
  expect(icmp?.wait_ns).toBeGreaterThan(5e9);
});
