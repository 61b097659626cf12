// `node bench/coverage.mjs`: bench/coverage.ts, which shares its world with the tests of the analysis, put together and run.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outfile = join(root, 'build', 'bench', 'coverage.mjs');
await build({
  absWorkingDir: root,
  entryPoints: ['bench/coverage.ts'],
  outfile,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
});
await import(pathToFileURL(outfile).href);
