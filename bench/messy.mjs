// `node bench/messy.mjs [FOLDER]`: bench/messy.ts, which shares its code with `seqgap calibrate`, put together and run.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outfile = join(root, 'build', 'bench', 'messy.mjs');
await build({
  absWorkingDir: root,
  entryPoints: ['bench/messy.ts'],
  outfile,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
});
process.chdir(root);
await import(pathToFileURL(outfile).href);
