// `npm run fuzz -- --kind logs --seed 7 --count 1000 --time 3600`: hands damaged input to what reads such (test/fuzz).
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const place = join(root, 'build', `fuzz-${process.pid}`);
let status = 1;
try {
  await build({
    absWorkingDir: root,
    entryPoints: ['test/fuzz/main.ts', 'test/fuzz/worker.ts'],
    outdir: place,
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  ({ status } = spawnSync(
    process.execPath,
    ['--enable-source-maps', join(place, 'main.js'), ...process.argv.slice(2)],
    {
      cwd: root,
      stdio: 'inherit',
    },
  ));
} finally {
  rmSync(place, { recursive: true, force: true });
}
process.exit(status ?? 1);
