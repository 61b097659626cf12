import { expect, onTestFinished, test } from 'vitest';
import { findDriver, loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import type { Trigger } from '../../../src/trigger/trigger.js';
import { pairOf } from './pair-of.js';
import { startDevice, type CommandOf, type Device } from './device.js';

/* A device whose session has modes: in the configuration mode nothing can be asked. */

/** A VyOS that is active, with its driver. @param others what it does upon other lines. */
const startVyos = async (
  others: Readonly<Record<string, CommandOf>>,
): Promise<{ device: Device; pair: Trigger }> => {
  let mode = '$';
  const device = await startDevice({
    prompt: () => `vyos@fw-a:~${mode} `,
    commands: {
      ...others,
      'set terminal': () => {
        // The first line of every session.
        mode = '$';
      },
      configure: (terminal, line) => {
        mode = '#';
        return others['configure']?.(terminal, line);
      },
      exit: () => {
        mode = '$';
      },
      'show vrrp': (terminal) =>
        terminal.write(
          mode === '#'
            ? 'Invalid command: [show]\n'
            : 'Name  Interface  VRID  State   Priority\nLAN   eth0       10    MASTER  200\n',
        ),
    },
  });
  onTestFinished(() => device.stop());
  const vyos = findDriver(await loadDrivers(), 'vyos', 'test');
  const node = { name: 'fw-a', driver: 'vyos', ssh: device.login, http: null, serial: null, power: null };
  const pair = pairOf([{ ...node, params: { group: 'LAN' } }], new Map([['vyos', vyos]]));
  onTestFinished(() => pair.close());
  return { device, pair };
};

test('a VyOS that refuses a line of the action is not left in the configuration mode', async () => {
  const { device, pair } = await startVyos({
    'set high-availability': (terminal) => terminal.write('Configuration path is not valid\n\nSet failed\n'),
  });
  const acted = await pair.act(pair.plan('fw-a', 'switchover'), { onStamp: () => undefined });
  expect(acted).toMatchObject({ outcome: 'failed', detail: expect.stringContaining('refused: Set failed') });
  expect(device.typed).not.toContain('commit');
  expect(await pair.role('fw-a')).toMatchObject({ role: 'active', raw: 'MASTER' });
  expect(device.sessions()).toBe(2);
});

test('a question that comes in the middle of an action waits until it is over', async () => {
  const roles: ReturnType<Trigger['role']>[] = [];
  const { device, pair } = await startVyos({
    configure: () => {
      roles.push(pair.role('fw-a'));
    },
  });
  expect(await pair.act(pair.plan('fw-a', 'switchover'), { onStamp: () => undefined })).toMatchObject({
    outcome: 'ok',
  });
  expect(await Promise.all(roles)).toMatchObject([{ role: 'active', raw: 'MASTER' }]);
  expect(device.typed).toEqual([
    'set terminal length 0',
    'configure',
    'set high-availability disable',
    'commit',
    'exit',
    'show vrrp',
  ]);
});
