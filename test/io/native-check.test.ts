import { execa } from 'execa';
import { expect, test } from 'vitest';

const compiles = await execa('cc', ['--version']).then(
  () => true,
  () => false,
);

test.runIf(compiles)(
  'the engine in C is clean under the sanitizers, and whatever packets come (needs cc)',
  async () => {
    const { exitCode, all } = await execa(
      process.execPath,
      ['scripts/native-check.mjs', '--quick', '--seed', '1', '--count', '200000'],
      { cwd: new URL('../../', import.meta.url), reject: false, all: true },
    );
    expect(all).toContain('a wall clock that is set');
    expect(exitCode, all).toBe(0);
  },
);
