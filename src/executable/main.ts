import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as nodeModule from 'node:module';
import { join, sep } from 'node:path';
import { getAsset, getRawAsset } from 'node:sea';
import { brotliDecompressSync } from 'node:zlib';
import { messageOf } from '../model/error.js';
import { plainText } from '../model/outside.js';
import { UNPACK_IN, unpack, unpackPlaces, type Packed, type PackedFile } from './unpack.js';

/*
 * What the single executable begins with (scripts/executable.mjs). Node there knows only this script: the package is
 * unpacked beside the user's caches, and the programs in it are run by this same executable.
 */

const { name, files } = JSON.parse(getAsset('files.json', 'utf8')) as { name: string; files: PackedFile[] };
const packed: Packed = {
  name,
  files,
  contents: () => brotliDecompressSync(new Uint8Array(getRawAsset('contents.br') as ArrayBuffer)),
};

const start = (): void => {
  const folder = unpack(packed, unpackPlaces(process.env, process.getuid?.() ?? 0), process.getuid?.() ?? 0);
  const [, , given = '', ...rest] = process.argv;
  // As Node would be called: agents, watchdogs and programs of a lab are started so.
  const isProgram = given.startsWith(folder + sep) && given.endsWith('.js');
  const program = isProgram ? given : join(folder, 'dist/cli.js');
  process.argv = [process.execPath, program, ...(isProgram ? rest : process.argv.slice(2))];
  // Since Node 22: what was compiled once is read again.
  (nodeModule as { enableCompileCache?: (folder: string) => unknown }).enableCompileCache?.(
    join(folder, 'compiled'),
  );
  const load = createRequire(join(folder, 'dist/'))('./load.cjs') as (file: string) => Promise<unknown>;
  void load(program);
};

try {
  start();
} catch (error) {
  writeSync(
    2,
    plainText(
      `seqgap: ${messageOf(error)}\n  → name a folder of your own that may be executed from: ${UNPACK_IN}=/path seqgap …\n`,
    ),
  );
  process.exitCode = 73;
}
