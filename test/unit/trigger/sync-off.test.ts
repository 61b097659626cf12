import { Readable, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { openTrigger } from '../../../src/trigger/open-trigger.js';
import { askOn } from '../../../src/trigger/act/person.js';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import { loaded } from '../scenario/written.js';

test('a control arm whose driver cannot switch state sync off is refused before anything is touched', async () => {
  const { scenario } = await loaded(`
name: control
nodes:
  fw-a: { driver: vyos, ssh: { host: 192.0.2.11, user: vyos }, params: { group: LAN } }
streams:
  - { name: ping, type: icmp, to: 10.4.4.4, every: 10ms }
control-arm: no-sync
trigger: { action: exec, command: 'true' }
`);
  const parts = {
    drivers: await loadDrivers(),
    clock: systemClock,
    seqgap: ['seqgap'],
    input: Readable.from([]),
    ask: askOn(new Writable()),
  };
  let error: unknown = null;
  try {
    openTrigger(scenario, parts);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({
    message: 'node fw-a: no action "sync-off" in vyos',
    remedy: 'leave `control-arm` out, or take a driver that can switch state sync off',
  });
});
