// `npm run kills`: bench/kills.ts, which shares its code with the tests of the lab, put together and run.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outfile = join(root, 'build', 'bench', 'kills.mjs');
await build({
  absWorkingDir: root,
  entryPoints: ['bench/kills.ts'],
  outfile,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
});
await import(pathToFileURL(outfile).href);
