import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configuredLogin, loginText } from '../../../src/ssh/configured-login.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { describePlan } from '../../../src/scenario/words.js';
import { canRunSshd, PASSWORD, startAgent, startSshd, type Sshd } from '../trigger/sshd.js';
import {
  complaint,
  complaintOf,
  hostEntry,
  makeAuthority,
  publicKey,
  runOn,
  sign,
  withConfig,
  written,
} from './configured.js';

/** A hop and what is behind it; each with keys of its own. */
describe.skipIf(!canRunSshd)("a node that ssh's own configuration leads to (needs root)", () => {
  let bastion: Sshd;
  let second: Sshd;
  let node: Sshd;
  let closed: Sshd;
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'seqgap-way-'));
    await makeAuthority(join(dir, 'host_ca'));
    await makeAuthority(join(dir, 'user_ca'));
    [bastion, second, closed] = await Promise.all([
      startSshd(),
      startSshd(),
      startSshd(['AllowTcpForwarding no']),
    ]);
    node = await startSshd([`TrustedUserCAKeys ${dir}/user_ca.pub`]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([bastion, second, closed, node].map((sshd) => sshd.stop()));
    await rm(dir, { recursive: true, force: true });
  });

  const WHO = 'echo $SSH_CONNECTION';

  test('by an alias: address, port, user, key and known hosts', async () => {
    await withConfig(hostEntry('fw-a', node));
    const login = configuredLogin(written('fw-a'));
    expect(login).toMatchObject({ host: '127.0.0.1', port: node.port, user: 'root' });
    expect((await runOn(login, 'echo here')).stdout).toBe('here\n');
  });

  test('where what is written wins over the configuration', async () => {
    await withConfig(hostEntry('fw-a', bastion, 'ProxyJump nobody@192.0.2.1'));
    const login = configuredLogin(
      written('fw-a', {
        port: node.port,
        user: 'admin',
        key: join(node.dir, 'client'),
        knownHosts: join(node.dir, 'known_hosts'),
        jump: [`root@127.0.0.1:${bastion.port}`],
        timeout_ns: null,
      }),
    );
    expect(loginText(login)).toBe(`admin@127.0.0.1:${node.port} by way of root@127.0.0.1:${bastion.port}`);
    expect(login).toMatchObject({ key: join(node.dir, 'client'), knownHosts: join(node.dir, 'known_hosts') });
  });

  test('over two hops, the key of each host checked', async () => {
    await withConfig(
      hostEntry('bastion', bastion) +
        hostEntry('second', second, 'ProxyJump bastion') +
        hostEntry('fw-a', node, 'ProxyJump second'),
    );
    const login = configuredLogin(written('fw-a'));
    expect(loginText(login)).toBe(
      `root@127.0.0.1:${node.port} by way of root@127.0.0.1:${bastion.port}, root@127.0.0.1:${second.port}`,
    );
    const { stdout } = await runOn(login, WHO);
    expect(stdout.trim().split(' ')[3]).toBe(String(node.port));
  });

  test('over a hop, by password, as many devices want it', async () => {
    await withConfig(hostEntry('bastion', bastion) + hostEntry('fw-a', node, 'ProxyJump bastion'));
    const login = configuredLogin(written('fw-a', { password: PASSWORD }));
    expect((await runOn(login, 'echo in')).stdout).toBe('in\n');
  });

  test('a changed host key of the second hop is told of, and ends it there', async () => {
    const known = join(dir, 'wrong');
    await writeFile(known, `[127.0.0.1]:${second.port} ${await publicKey(join(second.dir, 'stranger'))}`);
    await withConfig(
      hostEntry('bastion', bastion) +
        hostEntry('second', second, 'ProxyJump bastion').replace(`${second.dir}/known_hosts`, known) +
        hostEntry('fw-a', node, 'ProxyJump second'),
    );
    expect(await complaint(written('fw-a'))).toMatch(
      new RegExp(
        `^SSH to root@127\\.0\\.0\\.1:${node.port}, on its way: SSH to root@127\\.0\\.0\\.1:${second.port}: host key CHANGED \\(now ssh-ed25519 SHA256:[^)]*\\): another machine`,
      ),
    );
  });

  test('StrictHostKeyChecking no lets nobody in', async () => {
    await withConfig(
      hostEntry('bastion', bastion, 'StrictHostKeyChecking no').replace(
        `${bastion.dir}/known_hosts`,
        '/dev/null',
      ) + hostEntry('fw-a', node, 'ProxyJump bastion'),
    );
    expect(await complaint(written('fw-a'))).toContain(
      `SSH to root@127.0.0.1:${bastion.port}: host key unknown (`,
    );
  });

  test('a hop that forwards nothing is told by name', async () => {
    await withConfig(hostEntry('closed', closed) + hostEntry('fw-a', node, 'ProxyJump closed'));
    const line = await complaint(written('fw-a'));
    expect(line).toContain(
      `SSH to root@127.0.0.1:${closed.port}: it opens no way to 127.0.0.1:${node.port} (`,
    );
    expect(line).toContain('prohibited');
    expect(line).toContain('-> see AllowTcpForwarding and PermitOpen of its sshd');
  });

  test('a hop that does not reach the node says so', async () => {
    await withConfig(
      `${hostEntry('bastion', bastion)}${hostEntry('fw-a', node, 'ProxyJump bastion').replace(`Port ${node.port}`, 'Port 1')}`,
    );
    expect(await complaint(written('fw-a'))).toContain('it opens no way to 127.0.0.1:1 (');
  });

  test('known hosts are found hashed, and by HostKeyAlias', async () => {
    const hashed = join(dir, 'hashed');
    await writeFile(hashed, `fw-a.example ${await publicKey(join(node.dir, 'host_ed25519'))}`);
    await execa('ssh-keygen', ['-q', '-H', '-f', hashed]);
    expect(await readFile(hashed, 'utf8')).toMatch(/^\|1\|/);
    await withConfig(
      hostEntry('fw-a', node, 'HostKeyAlias fw-a.example').replace(
        `${node.dir}/known_hosts`,
        `/none ${hashed}`,
      ),
    );
    expect((await runOn(configuredLogin(written('fw-a')), 'echo here')).stdout).toBe('here\n');
  });

  test('IdentityAgent and IdentitiesOnly: the agent at that socket, and no other key of it', async () => {
    const agent = await startAgent(await mkdtemp(join(dir, 'agent-')), join(node.dir, 'client'));
    try {
      await execa('ssh-add', ['-q', join(node.dir, 'stranger')], { env: { SSH_AUTH_SOCK: agent.socket } });
      const only = (key: string): string =>
        hostEntry('fw-a', node, `IdentityAgent ${agent.socket}`).replace(`${node.dir}/client`, key);
      const there = join(dir, 'of-agent');
      await cp(join(node.dir, 'client.pub'), `${there}.pub`);
      await writeFile(there, '');
      await withConfig(only(there));
      expect((await runOn(configuredLogin(written('fw-a')), 'echo here')).stdout).toBe('here\n');
      await cp(join(node.dir, 'stranger.pub'), `${there}.pub`);
      await withConfig(only(there));
      expect(await complaint(written('fw-a'))).toContain('the keys offered were refused for user root');
    } finally {
      await agent.stop();
    }
  });

  describe('what only ssh itself can do is left to it', () => {
    test('a certificate of the user', async () => {
      const key = join(dir, 'certified');
      await makeAuthority(key);
      await sign(join(dir, 'user_ca'), key, ['-n', 'root', '-V', '+1h']);
      await withConfig(hostEntry('fw-a', node).replace(`${node.dir}/client`, key));
      const login = configuredLogin(written('fw-a'));
      expect(loginText(login)).toBe(
        `root@127.0.0.1:${node.port} with the system's ssh (for the certificate ${key}-cert.pub)`,
      );
      expect(await runOn(login, 'echo out; echo err >&2; exit 3')).toMatchObject({
        stdout: 'out\n',
        stderr: 'err\n',
        code: 3,
        ended: 'exited',
      });
      // The connection dies under the command: nobody knows what became of it.
      expect(await runOn(login, 'kill -9 $PPID; sleep 30')).toMatchObject({
        ended: 'closed',
        code: null,
        sent: true,
      });
    });

    test('an expired one is told as that', async () => {
      const key = join(dir, 'expired');
      await makeAuthority(key);
      await sign(join(dir, 'user_ca'), key, ['-n', 'root', '-V', '20200101:20200102']);
      await withConfig(hostEntry('fw-a', node).replace(`${node.dir}/client`, key));
      expect(await complaint(written('fw-a'))).toMatch(
        /^SSH to root@127\.0\.0\.1:\d+: the certificate \S+expired-cert\.pub expired at 2020-01-02T00:00:00 -> have it signed again$/,
      );
    });

    const withHostCertificate = async (validity: string): Promise<Sshd> => {
      const own = join(dir, `host-${validity.replaceAll(':', '-')}`);
      await makeAuthority(own);
      await sign(join(dir, 'host_ca'), own, ['-h', '-n', 'fw.example', '-V', validity]);
      const sshd = await startSshd([`HostKey ${own}`, `HostCertificate ${own}-cert.pub`]);
      await writeFile(
        join(sshd.dir, 'authority'),
        `@cert-authority *.example ${await publicKey(join(dir, 'host_ca'))}`,
      );
      return sshd;
    };
    const believing = (sshd: Sshd, more = ''): string =>
      hostEntry('fw-a', sshd, `HostKeyAlias fw.example\n  ${more}`).replace('/known_hosts', '/authority');

    test('an authority of hosts, also over a hop', async () => {
      const sshd = await withHostCertificate('+1h');
      try {
        await withConfig(hostEntry('bastion', bastion) + believing(sshd, 'ProxyJump bastion'));
        const login = configuredLogin(written('fw-a'));
        expect(login.system?.why).toBe(`the @cert-authority in ${sshd.dir}/authority`);
        expect((await runOn(login, 'echo here')).stdout).toBe('here\n');
      } finally {
        await sshd.stop();
      }
    });

    test('a host certificate that is over, or for another host, is not believed', async () => {
      const sshd = await withHostCertificate('20200101:20200102');
      try {
        await withConfig(believing(sshd));
        expect(await complaint(written('fw-a'))).toMatch(
          /^SSH to root@127\.0\.0\.1:\d+: host certificate invalid: expired -> have/,
        );
      } finally {
        await sshd.stop();
      }
    });

    test('a proxy command', async () => {
      await withConfig(hostEntry('fw-a', node, 'ProxyCommand nc %h %p'));
      const login = configuredLogin(written('fw-a'));
      expect(login.system?.why).toBe('ProxyCommand');
    });

    test('but no password: refused by the name of the setting', async () => {
      await withConfig(hostEntry('fw-a', node, 'ProxyCommand nc %h %p'));
      expect(await complaintOf(() => configuredLogin(written('fw-a', { password: PASSWORD })))).toBe(
        "ProxyCommand is for the system's ssh, which is given no password and no passphrase -> log in with a key or an agent, or do without that setting for this host",
      );
    });

    test('and no hop that nobody would check', async () => {
      const key = join(dir, 'weak');
      await makeAuthority(key);
      await sign(join(dir, 'user_ca'), key, ['-n', 'root', '-V', '+1h']);
      await withConfig(
        hostEntry('bastion', bastion, 'StrictHostKeyChecking accept-new') +
          hostEntry('fw-a', node, 'ProxyJump bastion').replace(`${node.dir}/client`, key),
      );
      expect(await complaintOf(() => configuredLogin(written('fw-a')))).toContain(
        "ssh's configuration has StrictHostKeyChecking accept-new for the hop bastion",
      );
    });

    test.each([
      [
        'a hop that forwards nothing',
        'ProxyJump closed',
        'a hop opens no way to the next host (administratively prohibited)',
      ],
      [
        'a changed host key',
        'UserKnownHostsFile WRONG',
        'host key of [127.0.0.1]:PORT CHANGED: another machine',
      ],
      ['an unknown one', 'UserKnownHostsFile /dev/null', 'host key unknown (no '],
    ])('%s has its word there too', async (_what, setting, words) => {
      const wrong = join(dir, 'wrong-for-ssh');
      const stranger = await publicKey(join(node.dir, 'stranger'));
      await writeFile(wrong, `[127.0.0.1]:${node.port} ${stranger}`);
      const key = join(dir, 'again');
      await makeAuthority(key);
      await sign(join(dir, 'user_ca'), key, ['-n', 'root', '-V', '+1h']);
      const own = setting.replace('WRONG', wrong);
      await withConfig(
        `Host fw-a\n  ${own}\n${hostEntry('closed', closed)}${hostEntry('fw-a', node).replace(`${node.dir}/client`, key)}`,
      );
      expect(await complaint(written('fw-a'))).toContain(words.replace('PORT', String(node.port)));
    });
  });

  test('settings that are not used are named', async () => {
    await withConfig(hostEntry('fw-a', node, 'ControlMaster auto'));
    const login = configuredLogin(written('fw-a'));
    expect(loginText(login)).toContain("without ControlMaster of ssh's configuration");
    expect((await runOn(login, 'echo here')).stdout).toBe('here\n');
  });

  test('a configuration that ssh does not read is refused in its words', async () => {
    const config = await withConfig('Host fw-a\n  NoSuchSetting yes\n');
    expect(await complaintOf(() => configuredLogin(written('fw-a')))).toMatch(
      /^ssh's configuration of fw-a cannot be read: .*(Bad configuration option|bad configuration options)/,
    );
    await rm(config, { recursive: true });
  });

  test('an ssh that knows no -G is told as that, not by the last line of its usage', async () => {
    const config = await withConfig('');
    const usage = 'unknown option -- G\nusage: ssh [-1246] host\n           [-w local_tun] [command]';
    await writeFile(join(config, 'ssh'), `#!/bin/sh\necho '${usage}' >&2\nexit 255\n`);
    expect(await complaintOf(() => configuredLogin(written('fw-old')))).toBe(
      "ssh's configuration of fw-old cannot be read: the ssh in PATH knows no -G, as OpenSSH does since 6.8 -> install the OpenSSH client (apt-get install openssh-client)",
    );
  });

  test('where no ssh is in PATH, a configuration that is there is not passed over', async () => {
    const home = await mkdtemp(join(dir, 'home-'));
    await execa('mkdir', ['-p', join(home, '.ssh')]);
    await writeFile(join(home, '.ssh', 'config'), 'Host *\n');
    const { PATH, HOME } = process.env;
    try {
      Object.assign(process.env, { PATH: dir, HOME: home });
      expect(await complaintOf(() => configuredLogin(written('fw-b')))).toBe(
        `${home}/.ssh/config cannot be followed: there is no ssh in PATH -> install the OpenSSH client (apt-get install openssh-client)`,
      );
      await chmod(home, 0o700);
      await rm(join(home, '.ssh', 'config'));
      expect(configuredLogin(written('fw-c'))).toMatchObject({ host: 'fw-c', port: 22 });
    } finally {
      Object.assign(process.env, { PATH, HOME });
    }
  });

  test('a circle of hops has an end', async () => {
    await withConfig('Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n');
    expect(await complaintOf(() => configuredLogin(written('a')))).toContain('goes over more than 8 hops');
  });
});

describe('a scenario', () => {
  const text = (ssh: string): string => `
name: ways
nodes: { fw-a: { driver: generic-ssh, ssh: ${ssh}, params: {} } }
vantages: { far: { ssh: { host: far } } }
streams:
  - { name: ping, type: icmp, to: 10.4.4.4, every: 10ms, from: far }
trigger: { action: manual }
`;

  test('shows where its logins lead, in the plan', async () => {
    await withConfig(
      'Host fw\n  HostName 192.0.2.11\n  Port 2222\n  User ha\n  ProxyJump me@bastion.example\nHost far\n  User probe\n  ProxyJump bastion.example:2022\n',
    );
    const { scenario } = parseScenario(text('{ host: fw }'), '/tmp/ways.yaml');
    const words = describePlan(scenario).replaceAll(/\s+/g, ' ');
    expect(words).toContain('by SSH as ha@192.0.2.11:2222 by way of me@bastion.example');
    expect(words).toMatch(/which is probe@far by way of \S+@bastion\.example:2022/);
    expect(scenario.nodes[0]?.ssh).toMatchObject({ host: '192.0.2.11', port: 2222, user: 'ha' });
  });

  test('names hops itself, and what it says wins', async () => {
    const ssh = '{ host: fw, user: root, jump: [a@192.0.2.1:2201, b@192.0.2.2] }';
    await withConfig('Host fw\n  ProxyJump other.example\n');
    const { scenario } = parseScenario(text(ssh), '/tmp/ways.yaml');
    expect(scenario.nodes[0]?.ssh?.jump).toMatchObject([
      { host: '192.0.2.1', port: 2201, user: 'a' },
      { host: '192.0.2.2', port: 22, user: 'b' },
    ]);
  });

  test.each([
    [
      'Host fw\n  ProxyCommand nc %h %p\n',
      '{ host: fw, password: "${env:FW}" }',
      'ProxyCommand is for the system',
    ],
    [
      'Host far\n  ProxyJump weak\nHost weak\n  StrictHostKeyChecking no\n',
      '{ host: fw }',
      'StrictHostKeyChecking false for the hop weak',
    ],
    ['', '{ host: fw, jump: "a b" }', '"a b" is no hop; write it like user@host:22'],
  ])('is refused what it cannot heed, in its place', async (config, ssh, words) => {
    await withConfig(config);
    const complained = await complaintOf(() =>
      parseScenario(text(ssh), '/tmp/ways.yaml', { env: { FW: 'not-told-here' } }),
    );
    expect(complained).toContain(words);
    expect(complained).toMatch(/^\/tmp\/ways\.yaml:\d+:\d+: (nodes\.fw-a|vantages\.far)\.ssh\.(host|jump): /);
  });
});
