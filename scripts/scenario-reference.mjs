// `npm run reference`: docs/scenario-reference.md, every key of a scenario, from scenarios/schema.json. `-` for stdout.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable } from './markdown-table.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const schema = JSON.parse(readFileSync(join(root, 'scenarios/schema.json'), 'utf8'));

const code = (value) => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

const TEXT = 'text';
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
  if (type === 'boolean') return 'boolean';
  if (type === 'integer') return minimum === undefined ? 'integer' : `${minimum} to ${maximum ?? '…'}`;
  if (pattern.includes('µs')) return pattern.includes('during') ? 'duration or `during`' : 'duration';
  return TEXT;
};

const isEmpty = (value) => typeof value === 'object' && Object.keys(value).length === 0;

const rowOf = ({ path, shape, required }) => {
  const { description = '' } = shape;
  const preset = 'default' in shape && !isEmpty(shape.default) ? code(shape.default) : null;
  const kind = kindOf(shape) ?? 'map';
  const bold = `**${preset}**`;
  const known = preset !== null && kind.includes(preset) ? kind.replace(preset, bold) : `${kind} ${bold}`;
  const value = preset === null ? kind : known;
  const words = value === TEXT ? [] : [value];
  return {
    key: code(path),
    value: [...words, ...(required ? ['required'] : [])].join(', '),
    meaning: description,
  };
};

const entriesOf = (key, { properties = {}, required = [] }) =>
  Object.entries(properties).map(([name, shape]) => ({
    path: `${key}.${name}`,
    name,
    shape,
    required: required.includes(name),
  }));

/** The maps that tell of a key, by its name and all that is said of it; the first of them first. */
const places = new Map();
/** How many keys each of these maps has. */
const sizes = new Map();
/** So few keys that are told of elsewhere have rows of their own all the same. */
const FEW = 2;

const saidOf = ({ name, shape, required }) => JSON.stringify([name, shape, required]);

/** The map that tells of most of these keys, with those; null: too few to be worth it. */
const elsewhere = (entries) => {
  const maps = [...new Set(entries.flatMap((entry) => places.get(saidOf(entry)) ?? []))];
  const [most] = maps
    .map((map) => ({ map, same: entries.filter((entry) => places.get(saidOf(entry))?.includes(map)) }))
    .sort((a, b) => b.same.length - a.same.length);
  return most === undefined || most.same.length <= FEW ? null : most;
};

/** Rows of a key and of all below it; a map that is the same as an earlier one has one row. */
const rowsOf = (entry) => {
  const { path, shape } = entry;
  const row = rowOf(entry);
  const same = elsewhere(entriesOf(path, shape));
  const isWhole =
    same !== null &&
    [entriesOf(path, shape).length, sizes.get(same.map)].every((size) => size === same.same.length);
  return isWhole
    ? [{ ...row, meaning: `${row.meaning} As ${code(same.map)}.` }]
    : [row, ...below(path, shape)];
};

/** Rows of the keys of a map; those that another map tells of have one together. */
const keysOf = (entries) => {
  const found = elsewhere(entries);
  if (found === null) return entries.flatMap(rowsOf);
  const key = found.same.map(({ path, name }, index) => code(index === 0 ? path : name)).join(', ');
  const row = { key, value: '', meaning: `As in ${code(found.map)}.` };
  return [...keysOf(entries.filter((entry) => !found.same.includes(entry))), row];
};

/** Of several maps none is the one, so that what it needs is not needed. */
const alternatives = (shape) => {
  const variants = variantsOf(shape);
  const maps = variants.filter(({ type }) => type === 'object');
  return maps.length < 2 ? variants : variants.map((variant) => ({ ...variant, required: [] }));
};

const below = (key, shape) => {
  const entries = entriesOf(key, shape);
  const rows = keysOf(entries);
  sizes.set(key, entries.length);
  for (const entry of entries) places.set(saidOf(entry), [...(places.get(saidOf(entry)) ?? []), key]);
  return [
    ...rows,
    ...(typeof shape.additionalProperties === 'object'
      ? below(`${key}.NAME`, shape.additionalProperties)
      : []),
    ...(shape.items === undefined ? [] : below(`${key}[]`, shape.items)),
    ...alternatives(shape).flatMap((variant) => below(key, variant)),
  ];
};

const COLUMNS = ['key', 'value', 'meaning'];

const table = (rows) =>
  markdownTable([COLUMNS, ...rows.map((row) => COLUMNS.map((column) => row[column].replaceAll('|', '\\|')))]);

const section = (title, about, rows) => [`## ${title}`, '', ...(about ? [about, ''] : []), ...table(rows)];

/** A map that is one of several, told apart by its first key (`design`): a section for each. */
const sectionsOf = (name, shape) => {
  const maps = variantsOf(shape).flatMap((variant) => variantsOf(variant));
  if (maps.length === 0) return section(code(name), shape.description, below(name, shape));
  return maps.flatMap((map) => {
    const [[word, { enum: values }], ...others] = Object.entries(map.properties);
    const knobs = { properties: Object.fromEntries(others) };
    const title = `${code(name)} with ${word} ${code(values[0])}`;
    return section(title, map.description, below(name, knobs));
  });
};

const isPlain = ([, shape]) =>
  shape.properties === undefined &&
  [shape.additionalProperties, shape.items, ...variantsOf(shape)].every(
    (part) => typeof part !== 'object' || isPlain(['', part]),
  );
const keys = Object.entries(schema.properties);
const plain = keys
  .filter(isPlain)
  .map(([name, shape]) => rowOf({ path: name, shape, required: schema.required.includes(name) }));

const text = [
  '# Scenario reference',
  '',
  'Every key of a scenario, made by `npm run reference` from [scenarios/schema.json](../scenarios/schema.json); [scenarios.md](scenarios.md) explains them.',
  '`[]`: each item of a list. `NAME`: a name of your own. What has no kind is a text; bold is the default.',
  '',
  ...section('The scenario', '', plain),
  ...keys.filter((entry) => !isPlain(entry)).flatMap(([name, shape]) => sectionsOf(name, shape)),
].join('\n');

if (process.argv[2] === '-') process.stdout.write(text);
else writeFileSync(join(root, 'docs/scenario-reference.md'), text);
