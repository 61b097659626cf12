import { describe, expect, test } from 'vitest';
import { parseSession } from '../../../src/cli/watch/session-target.js';

describe('a session that is kept while it is watched', () => {
  test.each([
    ['10.4.4.4:7', { type: 'tcp', host: '10.4.4.4', port: 7 }],
    ['[fd00::4]:7', { type: 'tcp', host: 'fd00::4', port: 7 }],
    ['ssh://ada@10.4.4.4', { type: 'ssh', host: '10.4.4.4', port: 22, login: { user: 'ada', agent: true } }],
    ['ssh://ada@[fd00::4]:2222', { type: 'ssh', host: 'fd00::4', port: 2222 }],
    ['http://server.example', { type: 'http', host: 'server.example', port: 80, path: '/' }],
    ['http://10.4.4.4:8080/x?y=1', { type: 'http', port: 8080, path: '/x?y=1' }],
    ['https://server.example/', { type: 'http', port: 443, tls: { serverName: null } }],
  ])('%s', (text, expected) => {
    expect(parseSession(text)).toMatchObject({ name: text, heartbeat_ns: 200e6, count: 1, ...expected });
  });

  test.each([
    ['10.4.4.4', /--session 10\.4\.4\.4 .*port/],
    ['ssh://10.4.4.4', /names no user/],
    ['ssh://a:secret@10.4.4.4', /^--session with a password is refused/],
    ['ftp://10.4.4.4', /is neither/],
    ['http://', /is no URL/],
    ['a b', /is not a target/],
    ['a,b:7', /is not a target/],
  ])('%s is refused', (text, message) => {
    expect(() => parseSession(text)).toThrow(message);
  });
});
