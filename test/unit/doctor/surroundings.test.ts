import { describe, expect, test } from 'vitest';
import { ORDINARY_NEEDS } from '../../../src/cli/doctor/needs.js';
import {
  labFindings,
  resultsFinding,
  sshFinding,
  vantageFindings,
  versionsFinding,
} from '../../../src/cli/doctor/examine.js';
import { KnownError } from '../../../src/model/error.js';
import type { SshLogin } from '../../../src/model/login.js';
import { fromMs } from '../../../src/model/time.js';
import { ended, recorded } from './recorded.js';

const LOGIN: SshLogin = {
  host: '10.4.0.11',
  port: 22,
  user: 'admin',
  key: '/home/me/.ssh/fw',
  passphrase: null,
  password: null,
  agent: false,
  knownHosts: null,
  timeout_ns: fromMs(10_000),
};

test.each([
  ['20.19.0', 'ok'],
  ['24.1.0', 'ok'],
  ['20.18.3', 'fail'],
  ['18.20.0', 'fail'],
])('Node %s is %s', (nodeVersion, status) => {
  expect(versionsFinding(recorded({ nodeVersion }), '0.1.0')).toMatchObject({
    status,
    detail: `seqgap 0.1.0 on Node ${nodeVersion}, linux`,
  });
});

test.each([
  [{ writable: true, free_bytes: 2 * 2 ** 30 }, 'ok', '/srv/results is writable, 2.0 GiB free'],
  [{ writable: true, free_bytes: 500 * 2 ** 20 }, 'warn', '/srv/results is writable, 500 MiB free'],
  [{ writable: true, free_bytes: 99 * 2 ** 20 }, 'fail', '/srv/results is writable, 99 MiB free'],
  [{ writable: false, free_bytes: 2 ** 40 }, 'fail', '/srv/results is not writable'],
])('results folder %j: %s', async (state, status, detail) => {
  const sources = recorded({ folder: () => Promise.resolve({ existing: '/srv/results', ...state }) });
  expect(await resultsFinding(sources, 'results')).toMatchObject({ status, detail });
});

describe('the lab', () => {
  const lab = { ...ORDINARY_NEEDS, lab: true };

  test('is an obstacle only to a scenario that is set in it', async () => {
    const sources = recorded({
      lab: () => Promise.resolve(new KnownError('the lab needs root', { remedy: 'run this as root (sudo)' })),
    });
    expect((await labFindings(sources, ORDINARY_NEEDS)).map(({ status }) => status)).toEqual(['ok', 'warn']);
    expect(await labFindings(sources, lab)).toMatchObject([
      { status: 'ok' },
      { status: 'fail', detail: 'the lab needs root', remedy: 'run this as root (sudo)' },
    ]);
  });

  test('names every package and the apt line', async () => {
    const sources = recorded({ missingPackages: () => ['keepalived', 'tcpdump'] });
    expect(await labFindings(sources, lab)).toMatchObject([
      {
        check: 'lab-tools',
        status: 'fail',
        detail: 'missing: keepalived, tcpdump',
        remedy: 'apt-get install --no-install-recommends keepalived tcpdump (or npm run setup)',
      },
      { check: 'lab-namespaces', status: 'fail', detail: 'not tried while tools are missing' },
    ]);
  });
});

describe('SSH', () => {
  test('counts what can be used unasked', async () => {
    expect(await sshFinding(recorded(), ORDINARY_NEEDS)).toMatchObject({
      status: 'ok',
      detail: 'agent with 2 keys, 1 usable key file in ~/.ssh',
    });
  });

  test.each([
    [{ sshAgent: null }, 'no agent, 0 usable key files in ~/.ssh'],
    [
      { commands: { 'ssh-add -l': ended(1, 'The agent has no identities.\n') } },
      'agent without keys, 0 usable key files in ~/.ssh',
    ],
    [
      { commands: { 'ssh-add -l': ended(2, '', 'Error connecting to agent: No such file\n') } },
      'SSH_AUTH_SOCK is set, but no agent answers, 0 usable key files in ~/.ssh',
    ],
  ])('warns when there is nothing: %j', async (changes, detail) => {
    const sources = recorded({ ...changes, sshMethods: () => Promise.resolve([]) });
    expect(await sshFinding(sources, ORDINARY_NEEDS)).toMatchObject({ status: 'warn', detail });
  });

  test('fails for a login of the scenario that cannot work, with its own remedy', async () => {
    const needs = { ...ORDINARY_NEEDS, scenario: 'fw', logins: [LOGIN] };
    const error = new KnownError('cannot read SSH key /home/me/.ssh/fw', { remedy: 'check `key`' });
    expect(await sshFinding(recorded({ sshMethods: () => Promise.resolve(error) }), needs)).toMatchObject({
      status: 'fail',
      detail: 'admin@10.4.0.11: cannot read SSH key /home/me/.ssh/fw',
      remedy: 'check `key`',
    });
    expect((await sshFinding(recorded({ sshMethods: () => Promise.resolve([]) }), needs)).status).toBe(
      'fail',
    );
    expect((await sshFinding(recorded(), needs)).status).toBe('ok');
  });

  test('is not missed by a scenario without SSH', async () => {
    const sources = recorded({ sshAgent: null, sshMethods: () => Promise.resolve([]) });
    expect((await sshFinding(sources, { ...ORDINARY_NEEDS, scenario: 'fw' })).status).toBe('ok');
  });
});

test('a vantage whose program is missing cannot be started', async () => {
  const needs = {
    ...ORDINARY_NEEDS,
    vantages: [
      { name: 'here', kind: 'local' as const, prefix: [], agent: null },
      { name: 'pod', kind: 'exec' as const, prefix: ['kubectl', 'exec', 'client', '--'], agent: ['seqgap'] },
      { name: 'far', kind: 'ssh' as const, prefix: ['ssh', 'far'], agent: ['seqgap'] },
    ],
  };
  const sources = recorded({
    commands: {
      'sh -c command -v "$1" sh ssh': ended(0, '/usr/bin/ssh\n'),
      'sh -c command -v "$1" sh kubectl': ended(127, ''),
    },
  });
  expect(await vantageFindings(sources, needs)).toMatchObject([
    { check: 'vantage-here', status: 'ok' },
    { check: 'vantage-pod', status: 'fail', detail: 'kubectl is not installed here' },
    { check: 'vantage-far', status: 'ok', detail: 'behind ssh; run seqgap doctor there too' },
  ]);
});
