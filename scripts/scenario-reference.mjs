// `npm run reference`: docs/scenario-reference.md, every key of a scenario, from scenarios/schema.json. `-` for stdout.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable } from './markdown-table.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const schema = JSON.parse(readFileSync(join(root, 'scenarios/schema.json'), 'utf8'));

const code = (value) => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

const variantsOf = (shape) => shape.anyOf ?? shape.oneOf ?? [];

/** What may be written there, in words; null for a map, whose keys follow. */
const kindOf = (shape) => {
  const { type, pattern = '', minimum, maximum } = shape;
  if (shape.enum !== undefined) return shape.enum.map(code).join(', ');
  if (variantsOf(shape).length > 0) {
    const kinds = variantsOf(shape).map((variant) => kindOf(variant) ?? 'a map');
    return [...new Set(kinds)].join(' or ');
  }
  if (type === 'array') return `list of ${kindOf(shape.items) ?? 'maps'}`;
  if (type === 'object') return null;
  if (type === 'boolean') return '`true`, `false`';
  if (type === 'integer') return minimum === undefined ? 'integer' : `${minimum} to ${maximum ?? '…'}`;
  if (pattern.includes('µs')) return pattern.includes('during') ? 'duration or `during`' : 'duration';
  return 'text';
};

const isEmpty = (value) => typeof value === 'object' && Object.keys(value).length === 0;

const rowOf = (key, shape, required) => ({
  key: code(key),
  kind: kindOf(shape) ?? 'map',
  default: required ? 'required' : 'default' in shape && !isEmpty(shape.default) ? code(shape.default) : '',
  meaning: shape.description ?? '',
});

/** The first key with these keys below it, by what they are. */
const seen = new Map();

/** Rows of a key and of all below it. */
const rowsOf = (key, shape, required = false) => {
  const row = rowOf(key, shape, required);
  if (shape.properties === undefined) return [row, ...below(key, shape)];
  const keys = JSON.stringify(shape.properties);
  const first = seen.get(keys);
  if (first !== undefined) return [{ ...row, kind: `map, as ${code(first)}` }];
  seen.set(keys, key);
  return [row, ...below(key, shape)];
};

const below = (key, shape) => [
  ...Object.entries(shape.properties ?? {}).flatMap(([name, each]) =>
    rowsOf(`${key}.${name}`, each, shape.required?.includes(name)),
  ),
  ...(typeof shape.additionalProperties === 'object' ? below(`${key}.NAME`, shape.additionalProperties) : []),
  ...(shape.items === undefined ? [] : below(`${key}[]`, shape.items)),
  ...variantsOf(shape).flatMap((variant) => below(key, variant)),
];

const COLUMNS = ['key', 'kind', 'default', 'meaning'];

const table = (rows) =>
  markdownTable([COLUMNS, ...rows.map((row) => COLUMNS.map((column) => row[column].replaceAll('|', '\\|')))]);

const section = (title, about, rows) => [`## ${title}`, '', ...(about ? [about, ''] : []), ...table(rows)];

/** A map that is one of several, told apart by one word (`design`): a section for each. */
const sectionsOf = (name, shape) => {
  const maps = variantsOf(shape).flatMap((variant) => variantsOf(variant));
  if (maps.length === 0) return section(code(name), shape.description, below(name, shape));
  return maps.flatMap((map) => {
    const [
      [
        word,
        {
          enum: [value],
        },
      ],
    ] = Object.entries(map.properties);
    return section(code(`${name}: { ${word}: ${value} }`), map.description, below(name, map));
  });
};

const isPlain = ([, shape]) =>
  shape.properties === undefined &&
  [shape.additionalProperties, shape.items, ...variantsOf(shape)].every(
    (part) => typeof part !== 'object' || isPlain(['', part]),
  );
const keys = Object.entries(schema.properties);
const plain = keys.filter(isPlain).map(([name, shape]) => rowOf(name, shape, schema.required.includes(name)));

const text = [
  '# Scenario reference',
  '',
  'Every key of a scenario, made by `npm run reference` from [scenarios/schema.json](../scenarios/schema.json), which is what `seqgap check` goes by;',
  '[scenarios.md](scenarios.md) explains them. `[]` is each item of a list, `NAME` a name of your own. A duration is a number with its unit, as in',
  '`20ms`, `1.5s`, `5m`.',
  '',
  ...section('The scenario', '', plain),
  ...keys.filter((entry) => !isPlain(entry)).flatMap(([name, shape]) => sectionsOf(name, shape)),
].join('\n');

if (process.argv[2] === '-') process.stdout.write(text);
else writeFileSync(join(root, 'docs/scenario-reference.md'), text);
