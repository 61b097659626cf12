import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ACTIONS, SESSION_METRICS, STREAM_METRICS } from '../../../src/model/plan.js';
import { loadScenario } from '../../../src/scenario/load.js';
import { scenarioJsonSchema } from '../../../src/scenario/schema.js';
import { blocks, names, page, rows, section } from './markdown.js';

interface Schema {
  readonly type?: unknown;
  readonly default?: string | number | boolean | object;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  /** Branches told apart by their `design`. */
  readonly oneOf?: readonly Schema[];
  readonly const?: string;
  readonly enum?: readonly string[];
}

const designOf = ({ properties }: Schema): string =>
  properties?.['design']?.const ?? properties?.['design']?.enum?.[0] ?? '';

/**
 * Every key of a scenario as the page writes it (`streams[].every`, `nodes.NAME.ssh`, `lab.boot` (vrrp)), with its
 * default.
 */
const keysOf = (schema: Schema, path = ''): [string, string][] => {
  const below = (schema.anyOf ?? []).flatMap((branch) => keysOf(branch, path));
  for (const branch of schema.oneOf ?? [])
    below.push(
      ...keysOf(branch, path).map(([key, preset]): [string, string] => [
        `${key} (${designOf(branch)})`,
        preset,
      ]),
    );
  if (schema.items !== undefined) below.push(...keysOf(schema.items, `${path}[]`));
  const add = (key: string, value: Schema, required: boolean): void => {
    const given =
      value.default === undefined || typeof value.default === 'object' ? '' : `\`${value.default}\``;
    below.push([key, required ? 'required' : given], ...keysOf(value, key));
  };
  for (const [key, value] of Object.entries(schema.properties ?? {}))
    add(path === '' ? key : `${path}.${key}`, value, schema.required?.includes(key) ?? false);
  if (typeof schema.additionalProperties === 'object')
    add(`${path}.NAME`, schema.additionalProperties, false);
  return below;
};

const text = page('scenarios.md');
/** Tables of keys have the columns key, default and meaning; that of the metrics has four. */
const documented = rows(text.slice(text.indexOf('\n## Keys'))).filter((row) => row.length === 3);

test('the page has every key of the schema and no other, each with its default', () => {
  const said = documented.map(([key = '', preset = '']) => [key.replaceAll('`', ''), preset]);
  const byName = (a: readonly string[], b: readonly string[]): number =>
    (a[0] ?? '') < (b[0] ?? '') ? -1 : 1;
  const wanted = keysOf(scenarioJsonSchema());
  expect(wanted.length).toBeGreaterThan(80);
  expect(said.toSorted(byName)).toEqual(wanted.toSorted(byName));
});

test('every key has a meaning', () => {
  expect(documented.filter(([, , meaning]) => !meaning)).toEqual([]);
});

test('the metrics of limits are all there', () => {
  const metrics = names(section(text, '### `limits`')).filter((name) => !name.startsWith('limits'));
  expect(metrics).toEqual([...STREAM_METRICS, ...SESSION_METRICS]);
});

test('every action is explained', () => {
  for (const action of ACTIONS) expect(section(text, '### `trigger`')).toContain(`\`${action}\``);
});

describe('the examples', () => {
  const scenario = blocks(text, 'yaml')[0] ?? '';
  const load = async (yaml: string): ReturnType<typeof loadScenario> => {
    const folder = await mkdtemp(join(tmpdir(), 'seqgap-docs-'));
    try {
      await writeFile(join(folder, 'fw.yaml'), yaml);
      return await loadScenario(join(folder, 'fw.yaml'), { env: {} });
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  test('the scenario loads without a warning', async () => {
    expect((await load(scenario)).warnings).toEqual([]);
  });

  test('the vantages are valid', async () => {
    const [vantages = ''] = blocks(section(text, '### `vantages`'), 'yaml');
    const stream = 'streams: [{ name: ping, type: icmp, to: 10.4.4.4, every: 10ms }]';
    const loaded = await load(`name: x\n${vantages}\n${stream}\ntrigger: { action: manual }\n`);
    expect(loaded.scenario.vantages.map(({ kind }) => kind)).toEqual([
      'local',
      'local',
      'netns',
      'ssh',
      'exec',
      'exec',
    ]);
  });

  test('each trigger is valid', async () => {
    const triggers = (blocks(section(text, '### `trigger`'), 'yaml')[0] ?? '').trim().split('\n');
    expect(triggers).toHaveLength(3);
    for (const trigger of triggers) {
      const other = scenario.replace(/^trigger:.*$/m, trigger);
      expect(other).toContain(trigger);
      expect((await load(other)).warnings).toEqual([]);
    }
  });

  test('the errors are those of "seqgap check"', async () => {
    const wrong = `name: fw
streams:
  - { name: ping, type: icmp, to: 10.4.4.4, evry: 10ms }
trigger: { action: switchovr }
limits: { pong.longest: 5s }
`;
    const said = (blocks(text, '')[0] ?? '').trim().split('\n').slice(1);
    expect(said).toHaveLength(4);
    const message = await load(wrong).then(String, (error: unknown) => (error as Error).message);
    expect(message.replaceAll(/^.*?fw\.yaml/gm, 'fw.yaml').split('\n')).toEqual(said);
  });
});
