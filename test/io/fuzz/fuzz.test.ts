import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
/** A part of it in every run of the tests; the gate asks for two minutes. */
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 20);
/** The gate says of one tree the same each time; `npm run fuzz` looks for more. */
const SEED = '11';

test(
  `${SECONDS} s of damaged input: no stack, no hang, no figure that is none`,
  { timeout: (SECONDS + 240) * 1000, retry: 0 },
  async () => {
    const found = join(root, 'build/fuzz-found-by-test');
    await rm(found, { recursive: true, force: true });
    // It takes what the other tests leave of the processor, and a little: all the way down it would starve on a busy host.
    const { stdout, exitCode } = await execa(
      'nice',
      [
        '-n',
        '10',
        'node',
        join(root, 'scripts/fuzz.mjs'),
        '--seed',
        SEED,
        '--time',
        String(SECONDS),
        '--out',
        found,
      ],
      { reject: false, cwd: root },
    );
    process.stdout.write(`${stdout}\n`);
    expect(exitCode, stdout).toBe(0);
    // Of every kind some, however busy the host is.
    for (const kind of ['logs', 'retold', 'wire', 'runs', 'scenarios', 'answers', 'agents'])
      expect(stdout).toMatch(new RegExp(`^${kind} +[1-9]\\d* cases, 0 findings`, 'm'));
  },
);
