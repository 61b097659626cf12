import { beforeAll, describe, expect, test } from 'vitest';
import { collectAnswers } from '../../../src/cli/init/collect.js';
import type { Given } from '../../../src/cli/init/params.js';
import { actionChoices, platformChoices, powerChoices } from '../../../src/cli/init/choices.js';
import { askNobody } from '../../../src/cli/init/answers.js';
import { scenarioText, variablesOf } from '../../../src/cli/init/scenario-text.js';
import { verifyText } from '../../../src/cli/init/command.js';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import type { Driver } from '../../../src/trigger/driver/schema.js';

const drivers = await loadDrivers();
const platforms = platformChoices(drivers).map(({ name }) => name);
const powers = powerChoices(drivers).map(({ name }) => name);

/** Every parameter that has to be given, with a value that none of them minds. */
const needed = (driver: Driver | undefined, action: string): string[] =>
  Object.entries(driver?.params ?? {}).flatMap(([name, { default: preset }]) =>
    preset === undefined || name === action ? [`${name}=value: of, {${name}}`] : [],
  );

const givenFor = (platform: string, power: string | null, action: string): Given => {
  const cut = power === null ? undefined : drivers.get(power);
  return {
    platform,
    node: ['192.0.2.11', 'node-2=[2001:db8::12]:8022'],
    param: needed(drivers.get(platform), action),
    'power-node': cut === undefined || cut.transport === 'exec' ? [] : ['192.0.2.5'],
    'power-param': needed(cut, action),
    target: '198.51.100.4',
    action,
    ...(power === null ? {} : { power }),
  };
};

const write = async (given: Given): Promise<string> =>
  scenarioText(await collectAnswers(given, drivers, askNobody), { file: 'fw.yaml', schema: null });

const actionsOf = (platform: string, power: string | null): string[] =>
  actionChoices(drivers.get(platform) ?? null, power === null ? null : (drivers.get(power) ?? null)).map(
    ({ name }) => name,
  );

beforeAll(() => {
  expect(platforms.length).toBeGreaterThanOrEqual(13);
  expect(powers.length).toBeGreaterThanOrEqual(14);
  expect([...platforms, ...powers].filter((name) => name.startsWith('lab'))).toEqual([]);
});

/** One of each transport, and the one that has a command of the user for each action. */
const KINDS_OF_POWER = ['azure', 'proxmox', 'redfish', 'generic-exec'];

describe('what is written passes the check and can be planned', () => {
  test.each(platforms.filter((name) => name !== 'manual'))('%s, with power drivers', async (platform) => {
    for (const power of [null, ...(platform === 'keepalived' ? powers : KINDS_OF_POWER)]) {
      const actions = actionsOf(platform, power);
      const switches = Object.keys(drivers.get(platform)?.actions ?? {}).length > 0;
      expect(actions).toContain(switches ? 'switchover' : 'manual');
      for (const action of actions) {
        const text = await write(givenFor(platform, power, action));
        const { scenario } = await verifyText(text, 'fw.yaml', drivers);
        expect(scenario.nodes.map(({ name }) => name)).toEqual(['fw-a', 'node-2']);
        expect(scenario.nodes[0]?.power?.driver ?? null).toBe(power);
        const { action: done, variant } = scenario.trigger;
        expect(variant === null ? done : `${done}-${variant}`).toBe(action);
      }
    }
  });

  test('manual, without nodes', async () => {
    const given = {
      platform: 'manual',
      node: [],
      param: [],
      'power-node': [],
      'power-param': [],
      target: 'server.example',
    };
    const { scenario } = await verifyText(await write(given), 'fw.yaml', drivers);
    expect(scenario.nodes).toEqual([]);
    expect(scenario.trigger.action).toBe('manual');
  });

  test.each([
    'local',
    'probe@192.0.2.21',
    'prober.example',
    'netns:client',
    'exec:kubectl exec -i client --',
  ])('from %s, with all that is optional', async (from) => {
    const more = {
      from,
      tcp: '443',
      control: '192.0.2.1',
      shell: 'probe',
      repeat: '7',
      user: 'ha',
      login: '~/.ssh/ha',
    };
    const text = await write({ ...givenFor('keepalived', null, 'switchover'), ...more });
    const { scenario, warnings, missing } = await verifyText(text, 'fw.yaml', drivers);
    expect(warnings).toEqual([]);
    expect(missing).toEqual([expect.stringMatching(/\/\.ssh\/ha: no such file$/)]);
    expect(scenario.streams.map(({ name }) => name)).toEqual(['ping', 'web', 'control']);
    expect(scenario.sessions.map(({ name }) => name)).toEqual(['shell']);
    expect(scenario.trial.repeat).toBe(7);
    expect(scenario.nodes[0]?.ssh).toMatchObject({ user: 'ha', key: expect.stringMatching(/\/\.ssh\/ha$/) });
  });
});

describe('what it says is live when the # is taken away', () => {
  test('streams, sessions and limits', async () => {
    const text = await write(givenFor('keepalived', null, 'switchover'));
    const live = text
      .replaceAll(/^( *)# ((?: *- \{|sessions:|limits:).*?)(?: {4}.*)?$/gm, '$1$2')
      .replaceAll('…', 'probe');
    const { scenario } = await verifyText(live, 'fw.yaml', drivers);
    expect(scenario.streams.map(({ name }) => name)).toEqual(['ping', 'web', 'control']);
    expect(scenario.sessions).toHaveLength(1);
    expect(scenario.limits).toHaveLength(1);
  });
});

describe('secrets', () => {
  /** A tool of this host logs in by itself. */
  const logsIn = (name: string): boolean => name !== 'manual' && drivers.get(name)?.transport !== 'exec';
  test.each(platforms.filter(logsIn))('%s: only as references', async (platform) => {
    const isApi = drivers.get(platform)?.transport === 'http';
    const login = isApi ? {} : { login: 'password' };
    const text = await write({ ...givenFor(platform, 'redfish', 'crash'), ...login });
    const secrets = [...text.matchAll(/^ *(?:password|key|secret|enable): (.*)$/gm)].map(
      ([, value]) => value,
    );
    expect(secrets.length).toBeGreaterThanOrEqual(4);
    for (const value of secrets) expect(value).toMatch(/^'\$\{env:[A-Z0-9_]+\}'$/);
    expect(variablesOf(text)).toContain('REDFISH_PASSWORD');
    expect(variablesOf(text).length).toBeGreaterThanOrEqual(2);
  });

  test('one that is given as a word is refused', async () => {
    const given = givenFor('asa', null, 'switchover');
    const text = await write({ ...given, param: [...given.param, 'enable=hunter2hunter2'] });
    await expect(verifyText(text, 'fw.yaml', drivers)).rejects.toThrow(
      'the parameter "enable" is a secret and may not stand in the scenario',
    );
  });
});
