import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../src/model/error.js';
import { loadScenario } from '../../../src/scenario/load.js';
import { loaded, MINIMAL, scratch, written } from './written.js';

describe('a file that is no scenario', () => {
  test('does not exist', async () => {
    const file = join(await scratch(), 'none.yaml');
    await expect(loadScenario(file)).rejects.toMatchObject({
      message: `${file}: no such file`,
      exitCode: EXIT.usage,
    });
  });

  test('is a directory', async () => {
    const folder = await scratch();
    await expect(loadScenario(folder)).rejects.toMatchObject({
      message: `${folder}: is a directory`,
      exitCode: EXIT.usage,
    });
  });

  test.each(['', '\n\n', '# only a comment\n', '---\n'])('is empty: %j', async (text) => {
    await expect(loaded(text)).rejects.toMatchObject({
      message: expect.stringMatching(/: the file is empty$/),
      exitCode: EXIT.usage,
    });
  });

  test('is not UTF-8', async () => {
    const file = await written(Uint8Array.of(0x6e, 0xff, 0xfe));
    await expect(loadScenario(file)).rejects.toMatchObject({ message: `${file}: not UTF-8 text` });
  });

  test.each(['just words', '- a list'])('is something else: %j', async (text) => {
    await expect(loaded(text)).rejects.toThrow(/:1:1: must be a mapping, but it is a/);
  });
});

describe('defaults', () => {
  test('of the least scenario', async () => {
    const { scenario } = await loaded(MINIMAL);
    expect(scenario).toEqual({
      name: 'minimal',
      description: '',
      labels: {},
      version: 'unversioned',
      lab: null,
      nodes: [],
      vantages: [{ name: 'local', kind: 'local', prefix: [], agent: null }],
      streams: [
        {
          name: 'ping',
          type: 'icmp',
          from: 'local',
          host: '10.4.4.4',
          port: null,
          family: null,
          every_ns: 10e6,
          wait_ns: 10e9,
          size: 56,
          control: false,
          engine: 'auto',
          flows: 1,
          stamp: null,
        },
      ],
      sessions: [],
      trigger: {
        node: 'active',
        action: 'manual',
        variant: null,
        guard: { flaps: null, within_ns: null, pause_ns: null, wait_ns: 300e9 },
        window: null,
        command: null,
        undo: null,
        prompt: 'Make the pair fail over now.',
        timeout_ns: 60e9,
      },
      observe: [],
      phases: [],
      trial: {
        repeat: 1,
        steady_ns: 15e9,
        recovered_ns: 5e9,
        giveUp_ns: 300e9,
        restore_ns: 300e9,
        failback: 'none',
        coolDown_ns: 5e9,
      },
      analysis: { delayThreshold_ns: null, mergeGap_ns: 0 },
      limits: [],
      controlArm: null,
    });
  });

  test('of a TCP stream: less than the second SYN takes', async () => {
    const { scenario } = await loaded(
      MINIMAL.replace('type: icmp, to: 10.4.4.4', "type: tcp, to: '[fd00::4]:80'"),
    );
    expect(scenario.streams[0]).toMatchObject({ host: 'fd00::4', port: 80, wait_ns: 900e6 });
  });

  test('of the lab, in short and at length', async () => {
    const short = await loaded(`${MINIMAL}lab: vrrp\n`);
    const long = await loaded(`${MINIMAL}lab: { design: vrrp }\n`);
    const knobs = await loaded(
      `${MINIMAL}lab: { design: vrrp, advert: 200ms, sync: none, boot: 1s, tcp-loose: true, preempt: true }\n`,
    );
    expect(short.scenario.lab).toEqual({
      design: 'vrrp',
      advert_ns: 1e9,
      sync: 'conntrackd',
      boot_ns: 4e9,
      tcpLoose: false,
      nat: 'none',
      preempt: false,
    });
    expect(long.scenario.lab).toEqual(short.scenario.lab);
    expect(knobs.scenario.lab).toEqual({
      design: 'vrrp',
      advert_ns: 200e6,
      sync: 'none',
      boot_ns: 1e9,
      tcpLoose: true,
      nat: 'none',
      preempt: true,
    });
  });
});

test('a version or label that looks like a number stays as it is written', async () => {
  const { scenario } = await loaded(
    `${MINIMAL}version: 9.10\nlabels: { firmware: 11.0, ha: true, serial: 007 }\n`,
  );
  expect(scenario.version).toBe('9.10');
  expect(scenario.labels).toEqual({ firmware: '11.0', ha: 'true', serial: '007' });
});

test('the command line overrides the scenario and adds labels', async () => {
  const { scenario } = await loaded(`${MINIMAL}labels: { a: '1', b: '2' }\n`, {
    overrides: { repeat: 7, version: '11.1.4', labels: { b: '3' } },
  });
  expect(scenario).toMatchObject({ version: '11.1.4', labels: { a: '1', b: '3' }, trial: { repeat: 7 } });
});

test.each([
  [{ version: '../etc' }, /"\.\.\/etc" is not a version/],
  [{ repeat: 0 }, /0 is not a number of trials/],
  [{ repeat: 1.5 }, /1\.5 is not a number of trials/],
])('the override %j is refused', async (overrides, message) => {
  await expect(loaded(MINIMAL, { overrides })).rejects.toThrow(message);
});

test('limits come in the units of their metric', async () => {
  const { scenario } = await loaded(
    `${MINIMAL}sessions: [{ name: echo, type: tcp, to: '10.4.4.4:7' }]
limits: { ping.longest: 1500ms, ping.periods: 1, echo.survived: 99.5%, echo.stall: 6s }\n`,
  );
  expect(scenario.limits.map(({ key, metric, value, text }) => [key, metric, value, text])).toEqual([
    ['ping.longest', 'longest', 1.5, '1500ms'],
    ['ping.periods', 'periods', 1, '1'],
    ['echo.survived', 'survived', 0.995, '99.5%'],
    ['echo.stall', 'stall', 6, '6s'],
  ]);
});

test('every kind of vantage has its prefix and agent', async () => {
  const { scenario } = await loaded(`${MINIMAL}
vantages:
  local: local
  client: { netns: client }
  near: { ssh: { host: jump, jump: 'me@hop:2022' } }
  far: { ssh: { host: 10.0.0.1, port: 2222, user: probe, key: /k, host-key: ignore }, agent: node cli.js agent }
  pod: { exec: kubectl exec -i client -- }
  words: { exec: [docker, exec, -i, my client], agent: [seqgap, agent] }
`);
  const agent = ['seqgap', 'agent'];
  const options = (...list: string[]): string[] => list.flatMap((each) => ['-o', each]);
  const ignore = options(
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'GlobalKnownHostsFile=/dev/null',
  );
  const check = options(
    'StrictHostKeyChecking=yes',
    'VerifyHostKeyDNS=no',
    'NoHostAuthenticationForLocalhost=no',
  );
  expect(scenario.vantages).toEqual([
    { name: 'local', kind: 'local', prefix: [], agent: null },
    { name: 'client', kind: 'netns', prefix: ['ip', 'netns', 'exec', 'client'], agent: null },
    {
      name: 'near',
      kind: 'ssh',
      agent,
      prefix: ['ssh', '-o', 'BatchMode=yes', ...check, '-J', 'me@hop:2022', 'jump'],
      reached: `${userInfo().username}@jump by way of me@hop:2022`,
    },
    {
      name: 'far',
      kind: 'ssh',
      prefix: ['ssh', '-o', 'BatchMode=yes', ...ignore, '-p', '2222', '-i', '/k', 'probe@10.0.0.1'],
      agent: ['node', 'cli.js', 'agent'],
      reached: 'probe@10.0.0.1:2222',
    },
    { name: 'pod', kind: 'exec', prefix: ['kubectl', 'exec', '-i', 'client', '--'], agent },
    { name: 'words', kind: 'exec', prefix: ['docker', 'exec', '-i', 'my client'], agent },
  ]);
});

describe('logins', () => {
  const node = (ssh: string, more = ''): string =>
    `${MINIMAL}${more}nodes: { fw-a: { driver: keepalived, ssh: { host: fw-a, user: root${ssh} } } }\n`;

  test('outside a lab: the agent, and this user’s known hosts', async () => {
    const { scenario } = await loaded(node(''));
    expect(scenario.nodes[0]?.ssh).toEqual({
      host: 'fw-a',
      port: 22,
      user: 'root',
      key: null,
      passphrase: null,
      password: null,
      agent: true,
      knownHosts: join(homedir(), '.ssh/known_hosts'),
      timeout_ns: 10e9,
    });
  });

  test('with a key: no agent; "~" is the home folder', async () => {
    const { scenario } = await loaded(node(', key: ~/.ssh/lab, known-hosts: /etc/hosts-known, timeout: 3s'));
    expect(scenario.nodes[0]?.ssh).toMatchObject({
      key: join(homedir(), '.ssh/lab'),
      agent: false,
      knownHosts: '/etc/hosts-known',
      timeout_ns: 3e9,
    });
  });

  test('a key beside the scenario', async () => {
    const file = await written(node(', key: keys/lab'));
    const { scenario } = await loadScenario(file);
    expect(scenario.nodes[0]?.ssh?.key).toBe(join(file, '../keys/lab'));
  });

  test('host-key: ignore checks nothing, and says so', async () => {
    const { scenario, warnings } = await loaded(node(', host-key: ignore'));
    expect(scenario.nodes[0]?.ssh?.knownHosts).toBeNull();
    expect(warnings).toContainEqual(expect.stringMatching(/nobody checks who answers as node fw-a$/));
  });

  test('inside a lab: its own key and known hosts, for nodes, sessions and vantages', async () => {
    const { scenario } = await loaded(`${node('', 'lab: vrrp\n')}
vantages: { server: { ssh: { host: 10.4.0.20, user: root } } }
sessions: [{ name: shell, type: ssh, to: 10.4.4.4, user: root }]
`);
    const own = {
      key: '/run/seqgap/lab/id_ed25519',
      knownHosts: '/run/seqgap/lab/known_hosts',
      agent: false,
    };
    expect(scenario.nodes[0]?.ssh).toMatchObject(own);
    expect(scenario.sessions[0]).toMatchObject({ port: 22, login: { ...own, host: '10.4.4.4', port: 22 } });
    expect(scenario.vantages.at(-1)?.prefix).toEqual(
      expect.arrayContaining(['-i', own.key, `UserKnownHostsFile=${own.knownHosts}`]),
    );
  });
});

test('a power driver takes parameters of its own', async () => {
  const { scenario } = await loaded(
    `${MINIMAL}nodes: { a: { driver: x, params: { unit: 1 }, power: { driver: pdu, outlet: 7 } } }\n`,
  );
  expect(scenario.nodes[0]).toMatchObject({
    params: { unit: '1' },
    power: { driver: 'pdu', params: { outlet: '7' } },
  });
});

test('an alias stands for what its anchor names', async () => {
  const { scenario } = await loaded(`
name: alias
streams:
  - { name: one, type: icmp, to: &server 10.4.4.4, every: 10ms }
  - { name: two, type: icmp, to: *server , every: 10ms }
trigger: { action: manual }
`);
  expect(scenario.streams[1]?.host).toBe('10.4.4.4');
});

describe('trial.background-loss', () => {
  const trial = async (text: string) =>
    (await loaded(`${MINIMAL}\ntrial: { background-loss: ${text} }\n`)).scenario.trial;

  test('is a share, and left out where it is none', async () => {
    expect(await trial('1.5%')).toMatchObject({ backgroundLoss: 0.015 });
    expect(await trial('0%')).not.toHaveProperty('backgroundLoss');
  });

  test.each(['60%', '1', 'little', '-1%'])('is not %s', async (text) => {
    await expect(trial(text)).rejects.toThrow(`"${text}" is not a share from 0% to 50%, such as 1%`);
  });
});
