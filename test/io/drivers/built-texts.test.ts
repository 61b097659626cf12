import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { PACKAGE } from '../../../src/package-folder.js';
import { builtTree } from '../../../src/trigger/driver/built-texts.js';
import { readDriver } from '../../../src/trigger/driver/driver-file.js';
import { parseYaml } from '../../../src/yaml/source.js';

const FOLDER = join(PACKAGE, 'drivers');

test('the build has parsed every driver as the program does', async () => {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.yaml'));
  expect(names.length).toBeGreaterThan(40);
  for (const name of names) {
    const text = await readFile(join(FOLDER, name), 'utf8');
    expect(await builtTree(text), name).toEqual(parseYaml(text, name).document.toJS());
  }
});

test('another text is parsed, and one that is wrong says where', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'seqgap-built-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const text = await readFile(join(FOLDER, 'lab.yaml'), 'utf8');
  expect(await builtTree(`${text}# changed\n`)).toBeNull();
  const path = join(folder, 'other.yaml');
  await writeFile(path, text);
  // Its name is that of another file: only this is wrong, though the build knows the text.
  await expect(readDriver(path)).rejects.toThrow(/other\.yaml:\d+:\d+: name: /);
});
