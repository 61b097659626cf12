import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SshLogin } from '../../../src/model/login.js';
import type { NodePlan } from '../../../src/model/plan.js';
import { ns } from '../../../src/model/time.js';
import type { Trigger } from '../../../src/trigger/trigger.js';
import { pairOf } from './pair-of.js';
import type { Driver } from '../../../src/trigger/driver/schema.js';
import { drivers as boxDrivers, makeBoxes, type Boxes } from './boxes.js';
import { canRunSshd, freePort, PASSWORD, startSshd, type Sshd } from './sshd.js';

/** The boxes' driver, over SSH. */
const sshDriver = (): Driver => {
  const box = boxDrivers.get('box');
  if (box === undefined) throw new Error('there is a box driver');
  return { ...box, name: 'ssh-box', transport: 'ssh' };
};

describe.skipIf(!canRunSshd)('a pair over SSH (needs root)', () => {
  let sshd: Sshd;
  let boxes: Boxes;
  let pair: Trigger | null = null;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());
  beforeEach(async () => {
    boxes = await makeBoxes();
  });
  afterEach(async () => {
    await pair?.close();
    await boxes.remove();
  });

  const node = (name: string, ssh: SshLogin): NodePlan => ({ ...boxes.node(name), driver: 'ssh-box', ssh });
  const open = (a: Partial<SshLogin> = {}, b: Partial<SshLogin> = {}): Trigger => {
    pair = pairOf(
      [node('fw-a', sshd.login(a)), node('fw-b', sshd.login(b))],
      new Map([['ssh-box', sshDriver()]]),
      { timeout_ns: ns(10e9) },
    );
    return pair;
  };

  test('a node that cannot be reached is unknown with its cause and remedy, and never with a secret', async () => {
    const port = await freePort();
    const [good, bad] = await open({}, { port, key: null, password: PASSWORD }).roles();
    expect(good).toMatchObject({ role: 'active', raw: 'UP', error: null });
    expect(bad).toMatchObject({
      role: 'unknown',
      error: `SSH to root@127.0.0.1:${port}: connection refused (check that sshd runs there, and the port)`,
    });
    const refused = await open({ key: null, password: 'not it' }).role('fw-a');
    expect(refused.error).toContain('the password was refused');
    expect(refused.error).not.toContain('not it');
  });

  test('a plan shows the login, the commands and no secret', () => {
    const planned = open({ key: null, password: PASSWORD }).plan('fw-a', 'switchover');
    expect(planned.transport).toBe(`ssh root@127.0.0.1:${sshd.port}`);
    expect(planned.undo[0]).toMatch(/^ssh root@127\.0\.0\.1:\d+: echo start/);
    expect(JSON.stringify(planned)).not.toContain(PASSWORD);
  });

  test('a reboot that takes its own connection down is unknown, sent once, and the node is found again', async () => {
    await boxes.set('reboot', 'kill -9 $(ps -o ppid= -p $PPID); sleep 30');
    const opened = open();
    const stamps: string[] = [];
    const result = await opened.act(opened.plan('fw-a', 'reboot'), { onStamp: (kind) => stamps.push(kind) });
    expect(result).toMatchObject({
      outcome: 'unknown',
      detail: 'connection closed before the command ended, as is to be expected',
    });
    expect(stamps).toEqual(['issued', 'accepted', 'closed']);
    expect(await boxes.log('fw-a')).toEqual(['reboot']);
    expect(await opened.role('fw-a')).toMatchObject({ role: 'active' });
  });

  test('a trigger for a node that is not there fails, and nothing was sent', async () => {
    const opened = open({ port: await freePort() });
    expect(await opened.act(opened.plan('fw-a', 'switchover'), { onStamp: () => undefined })).toMatchObject({
      outcome: 'failed',
      detail: expect.stringMatching(/^not sent: SSH to .*connection refused/),
    });
    expect(await boxes.log('fw-a')).toEqual([]);
  });

  test('a driver over SSH needs a login', () =>
    expect(() =>
      pairOf([{ ...boxes.node('fw-a'), driver: 'ssh-box' }], new Map([['ssh-box', sshDriver()]])),
    ).toThrow('needs SSH'));
});
