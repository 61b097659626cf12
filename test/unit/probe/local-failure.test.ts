import { describe, expect, test } from 'vitest';
import { localFailure } from '../../../src/probe/send/local-failure.js';
import { connectFailure } from '../../../src/probe/stream/tcp.js';

describe('localFailure', () => {
  test.each([
    ['No route to host', 'unresolved', 'EHOSTUNREACH'],
    ['send EHOSTUNREACH 10.0.0.1', 'unresolved', 'EHOSTUNREACH'],
    ['Network is unreachable', 'unreachable', 'ENETUNREACH'],
    ['Operation not permitted', 'local-blocked', 'operation-not-permitted'],
    ['No buffer space available', 'local-blocked', 'no-buffer-space-available'],
    ['send EPERM', 'local-blocked', 'EPERM'],
    ['Message too long, mtu=1500.', 'local-blocked', 'message-too-long-mtu-1500'],
  ])('%s is %s', (message, outcome, cause) => {
    expect(localFailure(message)).toEqual({ outcome, cause });
  });
});

describe('connectFailure', () => {
  test.each([
    ['ECONNREFUSED', 'refused'],
    ['ECONNRESET', 'refused'],
    ['ETIMEDOUT', 'lost'],
    ['EHOSTUNREACH', 'unreachable'],
    ['ENETUNREACH', 'unreachable'],
    ['EADDRNOTAVAIL', 'local-blocked'],
    ['EMFILE', 'local-blocked'],
    ['EACCES', 'local-blocked'],
    ['EPERM', 'local-blocked'],
  ])('%s is %s', (code, outcome) => {
    expect(connectFailure(code)).toEqual({ outcome, cause: code });
  });

  test('a cause never needs quoting in CSV', () => {
    expect(connectFailure('something, "odd"\n').cause).toBe('something-odd');
  });
});
