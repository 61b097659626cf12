import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { ns } from '../../../src/model/time.js';
import { findDriver, loadDrivers } from '../../../src/trigger/driver.js';
import { openPair } from '../../../src/trigger/pair.js';
import { startDevice } from './device.js';

test('a VyOS that refuses a line of the action is not left in the configuration mode', async () => {
  let mode = '$';
  const device = await startDevice({
    prompt: () => `vyos@fw-a:~${mode} `,
    commands: {
      'set terminal': () => {
        // The first line of every session.
        mode = '$';
      },
      configure: () => {
        mode = '#';
      },
      'set high-availability': (terminal) =>
        terminal.write('Configuration path is not valid\n\nSet failed\n'),
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
  const pair = openPair([{ ...node, params: { group: 'LAN' } }], new Map([['vyos', vyos]]), {
    clock: systemClock,
    seqgap: [],
    timeout_ns: ns(60e9),
  });
  onTestFinished(() => pair.close());
  const acted = await pair.act(pair.plan('fw-a', 'switchover'), () => undefined);
  expect(acted).toMatchObject({ outcome: 'failed', detail: expect.stringContaining('refused: Set failed') });
  expect(device.typed).not.toContain('commit');
  expect(await pair.role('fw-a')).toMatchObject({ role: 'active', raw: 'MASTER' });
  expect(device.sessions()).toBe(2);
});
