// Puts a TypeScript program of bench/ together, with what it shares with the project, and runs it.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** @param {string} name as in `kills` of bench/kills.ts */
export const runBundled = async (name) => {
  const outfile = join(root, 'build', 'bench', `${name}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [`bench/${name}.ts`],
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
  await import(pathToFileURL(outfile).href);
};
