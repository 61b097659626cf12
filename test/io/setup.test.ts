import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

const headers = async (program: string, version: string): Promise<string | null> => {
  const script = `const { nodeHeaders } = await import('./scripts/setup.mjs');
    console.log(JSON.stringify(nodeHeaders(...process.argv.slice(1))));`;
  const args = ['--input-type=module', '-e', script, program, version];
  return JSON.parse((await execa(process.execPath, args, { cwd: root })).stdout) as string | null;
};

describe('Node’s headers for a native part', () => {
  let prefix: string;
  beforeAll(async () => {
    prefix = await mkdtemp(join(tmpdir(), 'seqgap-prefix-'));
    await mkdir(join(prefix, 'include/node'), { recursive: true });
    const lines = ['MAJOR', 'MINOR', 'PATCH'].map(
      (part, index) => `#define NODE_${part}_VERSION ${22 + index}`,
    );
    await writeFile(join(prefix, 'include/node/node_version.h'), `${lines.join('\n')}\n`);
  });
  afterAll(() => rm(prefix, { recursive: true }));

  test('are those beside the running Node', async () =>
    expect(await headers(join(prefix, 'bin/node'), '22.23.24')).toBe(prefix));

  test('are not those of another version', async () =>
    expect(await headers(join(prefix, 'bin/node'), '20.20.2')).toBeNull());

  test('may not be there', async () =>
    expect(await headers(join(prefix, 'elsewhere/bin/node'), '22.23.24')).toBeNull());
});
