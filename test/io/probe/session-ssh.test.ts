import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SshLogin } from '../../../src/model/login.js';
import { canRunSshd, startSshd, type Sshd } from '../trigger/sshd.js';
import { AgentRun, session, vantage } from './agent-run.js';

describe.skipIf(!canRunSshd)('SSH sessions to a real sshd (needs root)', () => {
  let sshd: Sshd;
  let run: AgentRun;
  beforeEach(async () => {
    sshd = await startSshd();
    run = await AgentRun.start(vantage());
  });
  afterEach(async () => {
    run.client.kill();
    await sshd.stop();
  });

  const shell = (different: Partial<SshLogin> = {}) =>
    session({ name: 'shell', type: 'ssh', port: sshd.port, login: sshd.login(different) });
  const news = (kind: 'open' | 'error' | 'end') => run.said('session').filter((each) => each.kind === kind);
  const echoed = (): number => run.heartbeats.filter(({ echoed_ns }) => echoed_ns !== null).length;

  test('survive: a remote process echoes every octet once and in order', async () => {
    run.begin([], [{ ...shell(), count: 2 }]);
    await run.until(() => echoed() >= 20);
    await run.drain();
    expect(news('error')).toEqual([]);
    expect(news('end')).toMatchObject([{ in_order: true }, { in_order: true }]);
  });

  test('a login shell echoes too, line by line', async () => {
    run.begin([], [{ ...shell(), remote: 'shell' }]);
    await run.until(() => echoed() >= 5);
    await run.drain();
    expect(news('error')).toEqual([]);
    expect(news('end')).toMatchObject([{ in_order: true }]);
  });

  test('the server is killed: the session is over', async () => {
    run.begin([], [shell()]);
    await run.until(() => echoed() >= 3);
    await sshd.stop();
    await run.until(() => news('error').length > 0);
    expect(news('error')).toHaveLength(1);
    // Its process ends with a FIN, or with an RST if an unread heartbeat was left (RFC 2525 §2.17).
    expect(news('error')[0]).toHaveProperty('ending', expect.stringMatching(/^(app-closed|reset)$/));
  });

  test('its connection is reset on the way', async () => {
    run.begin([], [shell()]);
    await run.until(() => echoed() >= 3);
    // RSTs to both ends, as from a firewall that does not know the session (ss(8), -K).
    await execa('ss', ['-K', 'dst', '127.0.0.1', 'dport', '=', String(sshd.port)]);
    await run.until(() => news('error').length > 0);
    expect(news('error')).toHaveLength(1);
    expect(news('error')[0]).not.toMatchObject({ ending: 'refused-open' });
  });

  test('a key that is not accepted: refused-open, with the reason', async () => {
    run.begin([], [shell({ key: `${sshd.dir}/stranger` })]);
    await run.until(() => news('error').length > 0);
    expect(news('error')).toMatchObject([{ session: 'shell', connection: 1, ending: 'refused-open' }]);
    expect(news('error')[0]).toHaveProperty('detail', expect.stringMatching(/key|login|auth/i));
  });

  test('a host key that is not the known one: refused-open', async () => {
    run.begin([], [shell({ knownHosts: '/dev/null' })]);
    await run.until(() => news('error').length > 0);
    expect(news('error')).toMatchObject([{ ending: 'refused-open' }]);
    expect(news('error')[0]).toHaveProperty('detail', expect.stringMatching(/host key/i));
  });

  test('the host key is looked up under the name of the scenario, not under the address it resolves to', async () => {
    const { knownHosts } = sshd.login();
    const named = `${knownHosts as string}_named`;
    await execa('sh', ['-c', `sed 's/127.0.0.1/localhost/' "$1" > "$2"`, 'sh', knownHosts as string, named]);
    run.begin([], [{ ...shell({ host: 'localhost', knownHosts: named }), host: 'localhost', family: 4 }]);
    await run.until(() => echoed() >= 3);
    expect(news('error')).toEqual([]);
  });
});
