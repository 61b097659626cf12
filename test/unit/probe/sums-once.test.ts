import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sumsOnce } from '../../../src/probe/push/executable.js';

test('the sum of a file is worked out once, however often it is asked for', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'seqgap-sums-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'abc');
  await writeFile(file, 'abc');
  const sumOf = sumsOnce();
  const all = [sumOf(file), sumOf(file)];
  expect(await Promise.all(all)).toEqual(
    Array(2).fill('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'),
  );
  await rm(file);
  await expect(sumOf(file)).resolves.toMatch(/^ba78/);
  await expect(sumsOnce()(file)).rejects.toThrow(/ENOENT/);
});
