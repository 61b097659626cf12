import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import { CLI, makeFilePair, privileged, startRun, type FilePair, type Finished } from './file-pair.js';

let pair: FilePair;
const cleanUp: (() => void)[] = [];
afterEach(async () => {
  for (const each of cleanUp.splice(0)) each();
  await pair.remove();
});

const trialFile = (name: string): string => join(pair.out, 'file-pair/latest/trial-01', name);

/** The real agent, and behind it something that writes on the same output once the pair is failed over. */
const behindAgent = (writes: string): string => `
dir=$(dirname "$0")
(echo $$ > "$dir/vantage.pid"
 until [ "$(cat "$dir/fw-a.ready")" = down ]; do sleep 0.05; done; exec ${writes}) &
exec ${process.execPath} ${CLI} agent
`;

/** Goes on although the agent has made the pipe one that may be full (O_NONBLOCK), at which `yes` ends. */
const forEver = (command: string): string => `sh -c 'while :; do ${command}; done'`;

/** Does anything of a process group still run? What has ended and was not asked for yet does not. */
const isThere = async (group: number): Promise<boolean> => {
  const states = (await readdir('/proc'))
    .filter((name) => /^\d+$/.test(name))
    .map(async (pid) => readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ''));
  // After the name: state, parent, process group (proc(5)).
  return (await Promise.all(states)).some((text) => {
    const [state, , own] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return Number(own) === group && state !== 'Z';
  });
};

describe.runIf(privileged)(
  'a vantage that breaks its word while the pair is failed over (needs root)',
  () => {
    it.each([
      ['rows that nobody asked for', `yes 'p,garbage,1,2,3'`, 'it sent a row that is none'],
      [
        'rows of a stream that nobody asked for',
        `yes 'p,other,0,0,answered,1,1,1,2,64,,,,'`,
        'it spoke of a stream that it was not asked for',
      ],
      [
        'a line that has no end',
        // The agent stands still: on a busy host its own rows would part the line before it is too long.
        `sh -c 'kill -STOP $PPID; while :; do printf %1000s; done'`,
        'it sent a line without an end',
      ],
      ['messages without end', `yes '{"say":"note","text":"still here"}'`, 'it sent messages without end'],
      ['words that are no messages', forEver(String.raw`printf %1000s\\n`), 'it spoke without end'],
    ])('%s: it is given up, the pair is put back, the disk is spared', async (_, writes, word) => {
      pair = await makeFilePair({ from: 'script' });
      await pair.write('vantage.sh', behindAgent(writes));
      const { code, stderr } = await startRun(pair).finished;
      expect(stderr).toContain(`vantage script: ${word}, and is given up`);
      expect(code).toBe(2);
      expect(await pair.read('fw-a.ready')).toBe('ready\n');
      expect((await stat(trialFile('probes.parquet'))).size).toBeLessThan(1 << 18);
      expect((await stat(trialFile('events.jsonl'))).size).toBeLessThan(1 << 20);
      // With all that it had started.
      expect(await isThere(Number(await pair.read('vantage.pid')))).toBe(false);
    });

    it('an error output without end does so too, and Ctrl-C meanwhile is heard', async () => {
      pair = await makeFilePair({ from: 'script' });
      await pair.write('vantage.sh', behindAgent(`${forEver('printf %1000s')} >&2`));
      const { pid, finished } = startRun(pair);
      while ((await pair.read('fw-a.ready')) !== 'down\n') await sleep(20);
      process.kill(pid, 'SIGINT');
      const { code } = await finished;
      expect(code).toBe(2);
      expect(await pair.read('fw-a.ready')).toBe('ready\n');
    });

    it('one that stands still when the run is ended does not hold up the undo', async () => {
      pair = await makeFilePair({ from: 'script' });
      await pair.write('vantage.sh', behindAgent('kill -STOP $$'));
      const { pid, finished } = startRun(pair);
      while ((await pair.read('fw-a.ready')) !== 'down\n') await sleep(20);
      // Its agent has stopped by then, or stops now.
      await sleep(200);
      process.kill(pid, 'SIGINT');
      while ((await pair.read('fw-a.ready')) !== 'ready\n') await sleep(20);
      // The vantage was given its time beside that, and is ended after it.
      expect(await isThere(Number(await pair.read('vantage.pid')))).toBe(true);
      expect((await finished).code).toBe(2);
      expect(await isThere(Number(await pair.read('vantage.pid')))).toBe(false);
    });
  },
);

const TYPED = `
name: typed
title: A device with a prompt
about: the role is what it answers
transport: shell
shell: { prompt: 'fw>' }
role: { run: show role, extract: { regex: '^role (.*)$' }, words: { active: active, standby: standby } }
actions:
  switchover: { about: switches, run: [switch], undo: none, confirm: { node: [standby], peer: [active] } }
samples:
  - { of: role, output: "role active\\n", expect: { role: active, raw: active } }
  - { of: prompt, output: 'fw>', expect: { passes: true } }
`;

/** Lets anyone log in, and never answers the request for a session. */
const startHanging = async (): Promise<{
  readonly port: number;
  readonly key: string;
  readonly asked: Promise<unknown>;
}> => {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const sockets = new Set<Socket>();
  let heard: (value: unknown) => void = () => undefined;
  const asked = new Promise((resolve) => {
    heard = resolve;
  });
  const device = new ssh2.Server({ hostKeys: [privateKey] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (context) => context.accept());
    client.on('session', heard);
  });
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    device.injectSocket(socket);
  });
  cleanUp.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  const key = `${parsed.type} ${parsed.getPublicSSH().toString('base64')}`;
  return { port: (server.address() as AddressInfo).port, key, asked };
};

describe('a device that logs one in and never opens the session', () => {
  const run = async (
    timeout: string,
  ): Promise<{
    readonly kill: () => void;
    readonly asked: Promise<unknown>;
    readonly finished: Promise<Finished>;
  }> => {
    pair = await makeFilePair({});
    const { port, key, asked } = await startHanging();
    const node = `{ driver: typed, ssh: { host: 127.0.0.1, port: ${port}, user: adm, password: '\${env:PW}', known-hosts: ${join(pair.dir, 'known')}, timeout: ${timeout} } }`;
    await pair.write('drivers/typed.yaml', TYPED);
    await pair.write('known', `[127.0.0.1]:${port} ${key}\n`);
    await pair.write(
      'scenario.yaml',
      `name: file-pair
nodes: { fw-a: ${node}, fw-b: ${node} }
streams: [{ name: web, type: tcp, to: '127.0.0.1:9', every: 50ms }]
trigger: { node: active, action: switchover, timeout: 3s }
`,
    );
    const env = { ...process.env, XDG_STATE_HOME: pair.dir, PW: 'not-a-secret' };
    const args = ['run', pair.scenario, '--yes', '--out', pair.out, '--drivers', join(pair.dir, 'drivers')];
    let kill = (): void => undefined;
    const finished = new Promise<Finished>((resolve) => {
      const child = execFile(process.execPath, [CLI, ...args], { env }, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr }),
      );
      kill = () => void child.kill('SIGINT');
    });
    return { kill, asked, finished };
  };

  it('ends the run within the login’s time, with what it waited for', async () => {
    const { finished } = await run('1s');
    const { code, stderr } = await finished;
    expect(stderr).toContain('no shell: the device let adm log in, and opened no session within 1s');
    expect(code).toBe(2);
  });

  it('does not keep Ctrl-C from being heard', async () => {
    const { kill, asked, finished } = await run('10m');
    await asked;
    kill();
    const { code, stderr } = await finished;
    expect(stderr).toContain('interrupted');
    expect(code).toBe(2);
  });
});
