// Builds the ICMP engine (native/) into build/native, by the C compiler alone: `npm run build` does it, and `npm install` of a
// package that carries none for this host (scripts/prebuild.mjs), or with `--build` any. Where it cannot be built nothing
// fails; why is kept beside, and `seqgap doctor` says so.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const source = join(root, 'native');
const place = join(root, 'build/native');
const target = join(place, 'engine.node');
export const carried = join(root, 'prebuilds');
const reason = join(place, 'why-not');

/** Warnings are errors where the engine is worked on, not where it is installed. */
export const WARNINGS = ['-Wall', '-Wextra', '-Wshadow', '-Wconversion'];
export const SOURCES = ['echo.c', 'link.c', 'stamp.c', 'engine.c'].map((name) => join(source, name));

/** What makes a module for Node of the sources, whichever compiler it is. */
export const moduleArguments = (include, target) => [
  ...WARNINGS,
  ...['-std=c11', '-O2', '-fPIC', '-shared', '-pthread', '-DNAPI_VERSION=8', '-isystem', include],
  ...['-o', target, ...SOURCES, join(source, 'module.c')],
];

/** The folder with node_api.h: what `nodedir` says, or as Node's own packages put it beside the program. */
export const headers = () =>
  [process.env.npm_config_nodedir, dirname(dirname(realpathSync(process.execPath)))]
    .flatMap((folder) => (folder ? [join(folder, 'include/node'), join(folder, 'src')] : []))
    .find((folder) => existsSync(join(folder, 'node_api.h'))) ?? null;

/** @returns whether the file is there, and younger than all that it is made of */
export const isCurrent = (file) => {
  if (!existsSync(file)) return false;
  const built = statSync(file).mtimeMs;
  return readdirSync(source).every((name) => statSync(join(source, name)).mtimeMs < built);
};

/** @returns why there is no engine; null: it was built */
const compile = () => {
  const include = headers();
  if (include === null) return `Node's headers (include/node/node_api.h) are not beside ${process.execPath}`;
  const compiler = process.env.CC || 'cc';
  const fresh = join(place, `engine-${process.pid}.node`);
  const { error, status, stderr } = spawnSync(compiler, moduleArguments(include, fresh), {
    encoding: 'utf8',
  });
  if (error !== undefined) return `there is no C compiler (${compiler}: ${error.code ?? error.message})`;
  if (status !== 0)
    return `${compiler} failed: ${stderr.split('\n').find((line) => /error/.test(line)) ?? `code ${status}`}`;
  // Another build, or a process that has it loaded, sees the old file or the new one.
  renameSync(fresh, target);
  return null;
};

/** `anew`: though it is current, since it may be another host's. */
export const buildNative = ({ anew = false } = {}) => {
  mkdirSync(place, { recursive: true });
  if (!anew && isCurrent(target)) return;
  const why = process.platform === 'linux' ? compile() : `it is for Linux, not for ${process.platform}`;
  if (why === null) return rmSync(reason, { force: true });
  rmSync(target, { force: true });
  writeFileSync(reason, `${why}\n`);
  console.log(`The native ICMP engine was not built: ${why}. See: seqgap doctor`);
};

/** For this system and processor; whether it can be loaded shows where it is. */
const isCarried = () =>
  existsSync(carried) &&
  readdirSync(carried).some((name) => name.startsWith(`${process.platform}-${process.arch}-`));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const anew = process.argv.includes('--build');
  if (anew || !isCarried()) buildNative({ anew });
}
