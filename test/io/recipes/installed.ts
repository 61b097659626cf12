import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FilePair } from '../run/file-pair.js';

const root = join(import.meta.dirname, '../../..');

/** `bin/seqgap` of the pair's folder: as if it were installed there, with the pair's own drivers. */
export const installProgram = async ({ dir }: FilePair): Promise<void> => {
  await mkdir(join(dir, 'bin'));
  const shim = `#!/bin/sh
case $1 in run | check) set -- "$@" --drivers ${dir}/drivers ;; esac
exec ${process.execPath} ${root}/dist/cli.js "$@"
`;
  await writeFile(join(dir, 'bin/seqgap'), shim);
  await chmod(join(dir, 'bin/seqgap'), 0o755);
};
