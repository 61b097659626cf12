import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { loadScenario } from '../../../src/scenario/load.js';
import { openTrigger } from '../../../src/trigger/open-trigger.js';
import { askOn } from '../../../src/trigger/act/person.js';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';

const folder = join(import.meta.dirname, '../../../scenarios');
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const drivers = await loadDrivers();

afterEach(() => vi.unstubAllEnvs());

/** Every `${env:NAME}` of a scenario has a value of its own. */
const giveSecrets = (file: string): void => {
  const text = readFileSync(join(folder, file), 'utf8');
  for (const [, name = ''] of text.matchAll(/\$\{env:(\w+)\}/g)) vi.stubEnv(name, `secret of ${name}`);
};

describe('every scenario for real equipment can be planned with the drivers it names', () => {
  test.each(files)('%s', async (file) => {
    giveSecrets(file);
    const { scenario } = await loadScenario(join(folder, file));
    const trigger = openTrigger(scenario, {
      drivers,
      clock: systemClock,
      seqgap: ['seqgap'],
      input: Readable.from([]),
      ask: askOn(new Writable()),
    });
    for (const { name } of scenario.nodes) {
      const planned = trigger.plan(name, scenario.trigger.action);
      expect(JSON.stringify(planned)).not.toContain('secret of');
      if (scenario.trigger.action === 'crash') expect(planned.undo).not.toEqual([]);
    }
    // The watchdog is patient for as long as the commands' own time-outs are; with a person it is without end.
    const { longest } = trigger;
    const planned = trigger.plan(scenario.nodes[0]?.name ?? null, scenario.trigger.action);
    const times = [longest.act(planned), ...(planned.undo.length === 0 ? [] : [longest.undo(planned)])];
    for (const time of times)
      if (scenario.trigger.action === 'manual') expect(time).toBeNull();
      else expect(time).toBeGreaterThanOrEqual(1e9);
    if (scenario.nodes.length > 0) expect(longest.read_ns).toBeGreaterThanOrEqual(1e9);
    await trigger.close();
    expect(scenario.name.length).toBeGreaterThan(0);
    expect(readFileSync(join(folder, file), 'utf8')).toMatch(
      /^# yaml-language-server: \$schema=schema\.json\n/,
    );
  });
});
