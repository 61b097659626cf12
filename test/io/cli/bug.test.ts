import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const CLI = join(import.meta.dirname, '../../../dist/cli.js');

/** What no code of ours expects of the system. */
const BROKEN =
  'data:text/javascript,' +
  encodeURIComponent(
    "import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';" +
      "fs.promises.readdir = () => { throw new TypeError('made by the test'); }; syncBuiltinESMExports();",
  );

test('the stack of a bug names the source, not the bundle', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'seqgap-bug-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [code, said] = await new Promise<[number | null, string]>((resolve) => {
    const child = execFile(
      process.execPath,
      ['--import', BROKEN, CLI, 'list', '--out', folder],
      (_, __, stderr) => resolve([child.exitCode, stderr]),
    );
  });
  expect(said).toMatch(/^seqgap: this is a bug: TypeError: made by the test\n/);
  expect(said).toMatch(/\bsrc\/history\/\S+\.ts:\d+:\d+/);
  expect(said).not.toContain('dist/chunks');
  expect(code).toBe(70);
});
