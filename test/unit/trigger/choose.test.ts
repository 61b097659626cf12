import { describe, expect, test } from 'vitest';
import type { Role } from '../../../src/model/event.js';
import { rolesProblem } from '../../../src/trigger/ask/health.js';
import { chooseNode, expectedActive, type NodeRole } from '../../../src/trigger/ask/role.js';

const is = (node: string, role: Role, raw = role.toUpperCase(), error: string | null = null): NodeRole => ({
  node,
  role,
  raw,
  error,
});
const known = (what: unknown) =>
  expect.objectContaining({ name: 'KnownError', exitCode: 2, ...(what as object) });

describe('the node to act on', () => {
  const healthy = [is('fw-a', 'standby', 'BACKUP'), is('fw-b', 'active', 'MASTER')];

  test('is the active one', () => expect(chooseNode({ node: 'active' }, healthy)).toBe('fw-b'));
  test('is the one named', () => expect(chooseNode({ node: 'fw-a' }, healthy)).toBe('fw-a'));
  test('must exist', () =>
    expect(() => chooseNode({ node: 'fw-c' }, healthy)).toThrow(
      known({ message: expect.stringContaining('there is no node "fw-c"') }),
    ));

  test.each(['active', 'fw-a'])('is none of two actives (%s)', (node) =>
    expect(() =>
      chooseNode({ node }, [is('fw-a', 'active', 'MASTER'), is('fw-b', 'active', 'MASTER')]),
    ).toThrow(
      known({ message: 'split brain: 2 nodes are active (fw-a: active (MASTER), fw-b: active (MASTER))' }),
    ),
  );

  test('is none if none is active, and every word is said', () =>
    expect(() =>
      chooseNode({ node: 'active' }, [is('fw-a', 'suspended', 'STOPPED'), is('fw-b', 'faulted', 'FAULT')]),
    ).toThrow(known({ message: 'no node is active (fw-a: suspended (STOPPED), fw-b: faulted (FAULT))' })));

  test('is none if the peer might be active too', () =>
    expect(() =>
      chooseNode({ node: 'active' }, [
        is('fw-a', 'active', 'MASTER'),
        is('fw-b', 'unknown', '', 'timed out'),
      ]),
    ).toThrow(
      known({
        message: 'cannot tell whether fw-b is active too (fw-a: active (MASTER), fw-b: unknown (timed out))',
      }),
    ));
});

describe('where all nodes are to be active', () => {
  const healthy = [is('fw-a', 'active', 'healthy'), is('fw-b', 'active', 'healthy')];

  test('the node to act on is the one named', () =>
    expect(chooseNode({ node: 'fw-b' }, healthy, 'all')).toBe('fw-b'));
  test('it has to be named', () =>
    expect(() => chooseNode({ node: 'active' }, healthy, 'all')).toThrow(
      known({
        message:
          'trigger: all nodes are to be active (fw-a: active (healthy), fw-b: active (healthy)): which one is meant?',
        remedy: expect.stringContaining('node: fw-a'),
      }),
    ));

  test('two nodes are in service only if both drivers say that all are', () => {
    expect(expectedActive([{ active: 'all' }, { active: 'all' }])).toBe('all');
    expect(expectedActive([{ active: 'all' }, { active: 'one' }])).toBe('one');
  });

  test.each<[readonly Role[], boolean]>([
    [['active', 'active'], true],
    [['active', 'standby'], false],
    [['active', 'faulted'], false],
  ])('%j: %s', (roles, sane) =>
    expect(
      rolesProblem(
        roles.map((role, index) => is(`n${index}`, role)),
        'all',
      ) === null,
    ).toBe(sane),
  );
});

describe('roles are sane', () => {
  test.each<[readonly Role[], boolean]>([
    [['active', 'standby'], true],
    [['standby', 'active', 'standby'], true],
    [['active', 'active'], false],
    [['standby', 'standby'], false],
    [['active', 'suspended'], false],
    [['active', 'unknown'], false],
    [['transitioning', 'active'], false],
  ])('%j: %s', (roles, sane) =>
    expect(rolesProblem(roles.map((role, index) => is(`n${index}`, role))) === null).toBe(sane),
  );
});
