import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { VantagePlan } from '../../../src/model/plan.js';
import { AgentClient } from '../../../src/probe/agent/agent-client.js';
import { pushAll } from '../../../src/probe/push/push.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { canRunSshd, freePort, startSshd, type Sshd } from '../trigger/sshd.js';
import { complaintOf, hostEntry, makeAuthority, publicKey, sign, withConfig } from './configured.js';

const vantage = (more: string): VantagePlan => {
  const { scenario } = parseScenario(
    `
name: ways
vantages: { far: { ssh: { host: far }${more} } }
streams:
  - { name: ping, type: icmp, to: 10.4.4.4, every: 10ms, from: far }
trigger: { action: manual }
`,
    '/tmp/ways.yaml',
  );
  const far = scenario.vantages.find(({ name }) => name === 'far');
  if (far === undefined) throw new Error('no vantage');
  return far;
};

const push = (): Promise<unknown> =>
  pushAll([vantage(', push: true')], {
    signal: new AbortController().signal,
    clock: systemClock,
    say: () => undefined,
  });

const NOBODY = {
  probes: () => undefined,
  heartbeats: () => undefined,
  message: () => undefined,
  failed: () => undefined,
};
const startInstalled = (): Promise<unknown> => AgentClient.start(vantage(''), NOBODY, systemClock);

/** Whichever way seqgap comes there. */
const WAYS = [
  ['to which it is pushed', push, 'no shell answered there: '],
  ['that has it', startInstalled, ''],
] as const;

/* Of what the system's ssh says the last line, "Connection closed by UNKNOWN port 65535", says nothing. */
describe.skipIf(!canRunSshd).each(WAYS)('a vantage behind a hop, %s (needs root)', (_, start, begins) => {
  let hop: Sshd;
  let second: Sshd;
  let closed: Sshd;
  let far: Sshd;
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'seqgap-way-'));
    await makeAuthority(join(dir, 'user_ca'));
    [hop, second, closed, far] = await Promise.all([
      startSshd(),
      startSshd(),
      startSshd(['AllowTcpForwarding no']),
      startSshd([`TrustedUserCAKeys ${dir}/user_ca.pub`]),
    ]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([hop, second, closed, far].map((sshd) => sshd.stop()));
    await rm(dir, { recursive: true, force: true });
  });

  const complaint = async (config: string): Promise<string> => {
    await withConfig(config);
    return complaintOf(start);
  };

  test('one that refuses to forward', async () => {
    const line = await complaint(hostEntry('closed', closed) + hostEntry('far', far, 'ProxyJump closed'));
    expect(line).toMatch(/^vantage far: /);
    expect(line).toContain(begins);
    expect(line).toContain('a hop opens no way to the next host (administratively prohibited)');
    expect(line).toMatch(/-> see AllowTcpForwarding and PermitOpen of its sshd$/);
  });

  test('a changed host key of the second one', async () => {
    const known = join(dir, 'wrong');
    await writeFile(known, `[127.0.0.1]:${second.port} ${await publicKey(join(second.dir, 'stranger'))}`);
    const line = await complaint(
      hostEntry('hop', hop) +
        hostEntry('second', second, 'ProxyJump hop').replace(`${second.dir}/known_hosts`, known) +
        hostEntry('far', far, 'ProxyJump second'),
    );
    expect(line).toContain(
      `host key of [127.0.0.1]:${second.port} CHANGED: another machine, or someone in between`,
    );
    expect(line).toMatch(/-> find out why; only then: ssh-keygen -R HOST, and add the new key$/);
  });

  test('a host that is not there', async () => {
    const port = await freePort();
    const line = await complaint(
      hostEntry('hop', hop) + hostEntry('far', far, 'ProxyJump hop').replace(String(far.port), String(port)),
    );
    expect(line).toContain('a hop does not reach the next host (Connection refused)');
  });

  test('a certificate that is over', async () => {
    const key = join(dir, 'over');
    await makeAuthority(key);
    await sign(join(dir, 'user_ca'), key, ['-n', 'root', '-V', '20200101:20200102']);
    const line = await complaint(
      hostEntry('hop', hop) + hostEntry('far', far, 'ProxyJump hop').replace(`${far.dir}/client`, key),
    );
    expect(line).toContain('the keys offered were refused for root@127.0.0.1; it offers publickey');
    expect(line).toContain('-> check user, key and certificate');
  });

  test('no ssh on this host', async () => {
    const { PATH, HOME } = process.env;
    onTestFinished(() => void Object.assign(process.env, { PATH, HOME }));
    Object.assign(process.env, { PATH: dir, HOME: dir });
    const line = await complaintOf(start);
    expect(line).toContain('there is no ssh in PATH');
    expect(line).toMatch(/-> install the OpenSSH client \(apt-get install openssh-client\)$/);
  });
});
