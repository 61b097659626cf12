import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KnownError } from '../../../src/model/error.js';
import { readText } from './read.js';

const root = join(import.meta.dirname, '../../..');
const files = [
  ...readdirSync(root, { withFileTypes: true })
    .filter((each) => each.isFile())
    .map(({ name }) => name),
  ...readdirSync(join(root, 'drivers')).map((name) => `drivers/${name}`),
  ...readdirSync(join(root, 'scenarios'))
    .filter((name) => /\.\w+$/.test(name))
    .map((name) => `scenarios/${name}`),
];

test.each(files)('%s is no log: no figure is made of it, whatever its words look like', async (name) => {
  await expect(readText(readFileSync(join(root, name)))).rejects.toThrow(KnownError);
});
