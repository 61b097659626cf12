import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ACTIONS, SESSION_METRICS, STREAM_METRICS } from '../../../src/model/plan.js';
import { loadScenario } from '../../../src/scenario/load.js';
import { scenarioJsonSchema } from '../../../src/scenario/schema.js';
import { blocks, names, page, rows, section } from './markdown.js';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
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

/** Every key of a scenario as the reference writes it: `streams[].every`, `nodes.NAME.ssh`, `lab.boot` (vrrp). */
const keysOf = (schema: Schema, path = ''): string[] => {
  const below = [...(schema.anyOf ?? []), ...(schema.items === undefined ? [] : [schema.items])];
  const inside = schema.items === undefined ? path : `${path}[]`;
  return [
    ...below.flatMap((each) => keysOf(each, inside)),
    ...(schema.oneOf ?? []).flatMap((each) => keysOf(each, path).map((key) => `${key} (${designOf(each)})`)),
    ...Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
      const whole = path === '' ? key : `${path}.${key}`;
      return [whole, ...keysOf(value, whole)];
    }),
    ...(typeof schema.additionalProperties === 'object'
      ? keysOf(schema.additionalProperties, `${path}.NAME`)
      : []),
  ];
};

const codes = (text: string): string[] =>
  Array.from(text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g), ([, code = '']) => code);

/** The keys that all tables of the reference tell of: some rows tell of several, or send to another map. */
const toldIn = (reference: string): string[] => {
  const all: string[] = [];
  const same: [string, string][] = [];
  for (const part of reference.split(/^(?=## )/m)) {
    const [top, design] = codes(part.split('\n', 1).join());
    if (top !== undefined) all.push(top);
    for (const [key = '', , meaning = ''] of rows(part)) {
      const [first = '', ...others] = codes(key);
      const map = first.slice(0, first.lastIndexOf('.') + 1);
      const keys = [first, ...others.map((name) => `${map}${name}`)];
      all.push(...keys.map((each) => (design === undefined ? each : `${each} (${design})`)));
      const [, inside, like = ''] = /\bAs (in )?`([^`]+)`\.$/.exec(meaning) ?? [];
      if (like !== '')
        same.push(
          ...keys.map((each): [string, string] => [
            each,
            inside === undefined ? like : `${like}.${each.slice(map.length)}`,
          ]),
        );
    }
  }
  const below = same.flatMap(([map, like]) =>
    all.filter((key) => key.startsWith(`${like}.`)).map((key) => `${map}${key.slice(like.length)}`),
  );
  return [...new Set([...all, ...below])];
};

const text = page('scenarios.md');
const wanted = keysOf(scenarioJsonSchema());

test('the reference has every key of the schema and no other', () => {
  expect(wanted.length).toBeGreaterThan(80);
  // The heading of a lab has its design.
  const inTables = wanted.filter((key) => !key.startsWith('lab.design'));
  expect(toldIn(page('scenario-reference.md')).toSorted()).toEqual([...new Set(inTables)].toSorted());
});

test('the page names no key that there is not', () => {
  const top = new Set(wanted.filter((key) => !/[.[ ]/.test(key)));
  const named = codes(text).filter(
    (code) => /^[a-z-]+(?:\[\])?(?:\.[a-z-]+)+$/.test(code) && top.has(code.split(/[.[]/)[0] ?? ''),
  );
  expect(named.length).toBeGreaterThan(1);
  expect(named.filter((key) => !wanted.includes(key))).toEqual([]);
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
      'ssh',
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
