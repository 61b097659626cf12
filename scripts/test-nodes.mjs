// `npm run test:nodes [-- 22 24 26 arm64 --required]`: what depends on Node, on every major version that the README names, each in a copy of the
// tree with its own net-ping: the unit project, probes, `watch`, the package as installed, and a lab; beside each other, since
// the probes mostly wait. Then the engine that is carried for arm64, under qemu-user. What cannot be fetched is said and
// left out; with `--required` that fails.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './native.mjs';
import { installPackages } from './setup.mjs';

const MAJORS = ['22', '24', '26'];
const TESTS = [
  'test/unit',
  ...['native', 'stamp', 'icmp'].map((name) => `test/io/probe/${name}.test.ts`),
  ...['test/io/watch/', 'test/io/package.test.ts'],
  'test/lab/lab-failover.test.ts',
];
/** Debian's arm64 libraries for cross-compiling (libstdc++6-arm64-cross). */
const ARM64_LIBRARIES = '/usr/aarch64-linux-gnu';
const PACKAGES = {
  'libstdc++6-arm64-cross': `${ARM64_LIBRARIES}/lib/libstdc++.so.6`,
  'python3-pip': '/usr/bin/pip3',
  'qemu-user': '/usr/bin/qemu-aarch64',
};
/** 26 wants libatomic, too. */
const ARM64_MAJOR = '24';
const NOT_COPIED = new Set(['.git', '.vitest', 'build', 'node_modules', 'results']);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { required: { type: 'boolean', default: false } },
});
const folder = join(root, 'build/nodes');
const failed = [];

const run = (program, args, options = {}) => {
  const { error, status } = spawnSync(program, args, { stdio: 'inherit', ...options });
  return error === undefined && status === 0;
};

/** What it prints is kept, and told when it has ended: others run beside it. */
const runBeside = (program, args, options) =>
  new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk) => {
        said += chunk;
      });
    child.on('error', (error) => resolve({ ended: error.message, said }));
    child.on('close', (code) => resolve({ ended: code, said }));
  });

const leaveOut = (what) => {
  console.log(`\n*** NOT RUN: ${what} ***\n`);
  if (values.required) failed.push(what);
};

/** A folder with bin/node and include/node, from npm; null: it cannot be had. */
const fetched = (processor, major) => {
  const name = `node-linux-${processor}`;
  const place = join(folder, `${processor}-${major}`);
  const prefix = join(place, 'node_modules', name);
  if (existsSync(join(prefix, 'bin/node'))) return prefix;
  const options = ['--no-save', '--no-audit', '--no-fund', '--silent', '--force'];
  return run('npm', ['install', '--prefix', place, ...options, `${name}@${major}`]) ? prefix : null;
};

/** The tree, with modules that are linked, not copied: only what is built of net-ping is written. */
const copied = (major) => {
  const tree = join(folder, `tree-${major}`);
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  for (const name of readdirSync(root))
    if (!NOT_COPIED.has(name))
      cpSync(join(root, name), join(tree, name), { recursive: true, preserveTimestamps: true });
  cpSync(join(root, 'results/example'), join(tree, 'results/example'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  cpSync(join(root, 'results/README.md'), join(tree, 'results/README.md'));
  if (!run('cp', ['-al', join(root, 'node_modules'), join(tree, 'node_modules')]))
    symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  return tree;
};

const testOn = async (major) => {
  const prefix = fetched(process.arch, major);
  if (prefix === null) return leaveOut(`Node ${major}, which npm could not fetch`);
  const tree = copied(major);
  const env = {
    ...process.env,
    PATH: join(prefix, 'bin') + delimiter + process.env.PATH,
    npm_config_nodedir: prefix,
  };
  const options = { cwd: tree, env };
  const version = spawnSync('node', ['--version'], { env, encoding: 'utf8' }).stdout.trim();
  console.log(`Node ${version}: begun`);
  const projects = ['unit', 'io', 'lab'].flatMap((name) => ['--project', name]);
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--maxWorkers', '2', ...projects, ...TESTS];
  let all = '';
  for (const [program, ...args] of [
    ['npm', 'rebuild', '--silent', 'raw-socket'],
    ['npm', 'run', '--silent', 'build'],
    ['node', ...vitest],
  ]) {
    const { ended, said } = await runBeside(program, args, options);
    all += said;
    if (ended === 0) continue;
    failed.push(`Node ${major}: ${program} ended with ${ended}`);
    break;
  }
  console.log(`\nNode ${version}:\n${all}`);
  rmSync(tree, { recursive: true, force: true });
};

/** The engine answers itself on loopback; qemu-user gives no stamps of the kernel. */
const ARM64_CHECK = `
const engine = require(process.argv[1]);
const handle = engine.open(40000, 1);
const { stream } = engine.add(handle, '127.0.0.1', 4, 1e7, Number(process.hrtime.bigint()), 56);
setTimeout(() => {
  engine.stop(handle, stream);
  const rows = new Float64Array(32768);
  const kinds = Array.from({ length: engine.drain(handle, rows) }, (_, at) => rows[8 * at]);
  const [sent, replies] = [2, 3].map((kind) => kinds.filter((each) => each === kind).length);
  console.log(process.arch, process.version, 'under qemu-user:', sent, 'sent,', replies, 'answered');
  engine.close(handle);
  process.exit(replies > 10 ? 0 : 1);
}, 1000);`;

/** What is carried in the package, and is tested as it is installed. */
const makeEngines = async () => {
  const missing = Object.entries(PACKAGES).filter(([, file]) => !existsSync(file));
  await installPackages(
    missing.map(([name]) => name),
    { whose: 'the test of engines for other hosts' },
  );
  if (!run('npm', ['run', '--silent', 'native:carry']))
    leaveOut('engines for other hosts, which could not be made');
};

const testOnArm64 = () => {
  const engine = join(root, 'prebuilds/linux-arm64-glibc.node');
  if (!existsSync(engine)) return leaveOut('arm64, since prebuilds/ is not made (npm run native:carry)');
  if (!run('qemu-aarch64', ['--version'], { stdio: 'ignore' }) || !existsSync(ARM64_LIBRARIES))
    return leaveOut('arm64, since qemu-user or libstdc++6-arm64-cross is not installed');
  const prefix = fetched('arm64', ARM64_MAJOR);
  if (prefix === null) return leaveOut('arm64, for which npm could not fetch Node');
  const words = ['-L', ARM64_LIBRARIES, join(prefix, 'bin/node'), '-e', ARM64_CHECK, engine];
  if (!run('qemu-aarch64', words)) failed.push('arm64');
};

mkdirSync(folder, { recursive: true });
const wanted = positionals.length > 0 ? positionals : [...MAJORS, 'arm64'];
if (wanted.includes('arm64')) await makeEngines();
await Promise.all(wanted.filter((each) => each !== 'arm64').map(testOn));
if (wanted.includes('arm64')) testOnArm64();
if (failed.length > 0) console.error(`failed: ${failed.join('; ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
