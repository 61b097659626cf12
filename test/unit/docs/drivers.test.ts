import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NodePlan } from '../../../src/model/plan.js';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import { pairOf } from '../../io/trigger/pair-of.js';
import { checkSamples } from '../../../src/trigger/ask/samples.js';
import { DRIVER_ACTIONS, driverSchema, type Driver } from '../../../src/trigger/driver/schema.js';
import { blocks, names, page, section } from './markdown.js';

const text = page('drivers.md');
const beside = page('../drivers/README.md');
let folder = '';
let drivers: ReadonlyMap<string, Driver>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-docs-'));
  await writeFile(join(folder, 'carp.yaml'), blocks(beside, 'yaml')[0] ?? '');
  drivers = await loadDrivers([folder]);
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

test('the keys of a driver are those of its schema', () => {
  const said = names(section(text, '## The file')).flatMap((cell) => cell.split(', '));
  const action = driverSchema.shape.actions._zod.def.valueType;
  expect(said).toEqual([...Object.keys(driverSchema.shape), ...Object.keys(action.shape)]);
});

test('every action is named', () => {
  for (const action of DRIVER_ACTIONS) expect(section(text, '## The file')).toContain(`\`${action}\``);
});

test('the example is a driver whose samples hold', () => {
  expect(checkSamples(drivers.get('carp')!)).toEqual([]);
});

test('what the page says that --dry-run prints is what is planned', async () => {
  const login = {
    port: 22,
    user: 'root',
    key: null,
    passphrase: null,
    password: null,
    agent: false,
    knownHosts: null,
  };
  const node: NodePlan = {
    name: 'fw-a',
    driver: 'carp',
    ssh: { ...login, host: '192.0.2.11', timeout_ns: 1 as NonNullable<NodePlan['ssh']>['timeout_ns'] },
    http: null,
    serial: null,
    params: {},
    power: null,
  };
  const pair = pairOf([node], drivers);
  const { driver, transport, steps, undo } = pair.plan('fw-a', 'switchover');
  await pair.close();
  const example = section(beside, '## Example');
  expect(example).toContain(`if fw-a is active: switchover by ${driver} over ${transport}\n`);
  expect(example).toContain(`send  ${steps.join()}\n`);
  expect(example).toContain(`undo  ${undo.join()}\n`);
});
