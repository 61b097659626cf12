// `npm run native:carry [-- --if-possible]`: the ICMP engine (native/) for hosts without a compiler, into prebuilds/, which the package
// carries. One of a kind serves every version of Node (Node-API). zig compiles for all of them, from whichever host.
// `--if-possible`: where they cannot be made that is said, and the package goes without.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { carried, headers, isCurrent, moduleArguments, root } from './native.mjs';

/** PyPI has it as a program for every system. */
const ZIG = 'ziglang==0.17.1';

/** Below what any Node that we run on asks for itself (2.28). */
const OLDEST_GLIBC = 17;
const X64 = 62;
const ARM64 = 183;
/** `machine`: e_machine of the ELF header. The names are what src/probe/stream/native-module.ts looks for. */
const TARGETS = [
  { name: 'linux-x64-glibc', target: `x86_64-linux-gnu.2.${OLDEST_GLIBC}`, machine: X64 },
  { name: 'linux-arm64-glibc', target: `aarch64-linux-gnu.2.${OLDEST_GLIBC}`, machine: ARM64 },
  { name: 'linux-x64-musl', target: 'x86_64-linux-musl', machine: X64 },
  { name: 'linux-arm64-musl', target: 'aarch64-linux-musl', machine: ARM64 },
];

const cache = join(root, 'build/zig-cache');
const env = { ...process.env, ZIG_LOCAL_CACHE_DIR: cache, ZIG_GLOBAL_CACHE_DIR: cache };

/** @throws Error with the last line that the program said */
const run = (program, args, options = {}) => {
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', ...options });
  if (error !== undefined) throw new Error(`${program} cannot be run (${error.code ?? error.message})`);
  if (status === 0) return stdout;
  const lines = stderr.trim().split('\n');
  throw new Error(`${program} failed: ${lines.find((line) => /error/i.test(line)) ?? lines.at(-1)}`);
};

/** The program: `ZIG`, or fetched once. */
const zig = () => {
  if (process.env.ZIG) return process.env.ZIG;
  const folder = join(root, 'build', ZIG);
  const program = join(folder, 'ziglang/zig');
  if (!existsSync(program)) {
    const fresh = `${folder}-${process.pid}`;
    run('python3', ['-m', 'pip', 'install', '--quiet', '--target', fresh, ZIG]);
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  }
  return program;
};

/** Holds what was made against what it is for. @throws Error */
const verify = (file, { name, machine }) => {
  const bytes = readFileSync(file);
  if (bytes.readUInt16LE(18) !== machine) throw new Error(`${name} is for another processor`);
  const versions = [...bytes.toString('latin1').matchAll(/GLIBC_(\d+)\.(\d+)/g)];
  const newest = Math.max(
    0,
    ...versions.map(([, major, minor]) => (Number(major) - 2) * 1000 + Number(minor)),
  );
  if (name.endsWith('musl') !== (versions.length === 0) || newest > OLDEST_GLIBC)
    throw new Error(
      `${name} asks for the symbols ${versions.map(([version]) => version).join(', ') || 'of no glibc'}`,
    );
  console.log(
    `prebuilds/${name}.node: ${bytes.length} octets, ${newest === 0 ? 'musl' : `glibc 2.${newest} and later`}`,
  );
};

const prebuild = () => {
  const fileOf = ({ name }) => join(carried, `${name}.node`);
  if (TARGETS.every((each) => isCurrent(fileOf(each)))) return;
  const include = headers();
  if (include === null) throw new Error(`Node's headers are not beside ${process.execPath}`);
  mkdirSync(carried, { recursive: true });
  const program = zig();
  for (const each of TARGETS) {
    const fresh = join(carried, `${each.name}-${process.pid}`);
    run(program, ['cc', '-target', each.target, '-s', ...moduleArguments(include, fresh)], { env });
    verify(fresh, each);
    renameSync(fresh, fileOf(each));
  }
};

try {
  prebuild();
} catch (error) {
  // Those of an older source are not to be carried.
  rmSync(carried, { recursive: true, force: true });
  const optional = process.argv.includes('--if-possible');
  console.error(
    `No engine for other hosts (prebuilds/): ${error.message}${optional ? '. The package is made without.' : ''}`,
  );
  process.exitCode = optional ? 0 : 1;
}
