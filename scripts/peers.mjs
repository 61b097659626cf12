// `npm run test:peers`: installs the real programs that drivers speak to, into a cache of their own, and runs the tests that
// drive them (test/peers). Arguments go to vitest. With SEQGAP_PEERS_ALL (the gate) a program that is not to be had is a
// failure. In scripts/peers.json `optional` is what nothing here installs, and `apart` what takes minutes and is left out of
// the gate.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages, setUp } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'seqgap-peers');
const bin = join(cache, 'bin');
/** Where Go's own instructions put it, which a shell that is no login may not know. */
const GO = '/usr/local/go/bin';
const env = {
  ...process.env,
  PATH: [bin, process.env.PATH, '/usr/sbin', '/sbin', GO].join(delimiter),
};

const say = (text) => process.stderr.write(`peers: ${text}\n`);

/** @returns null if it ended well, else its last words. */
const run = (command, args, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'], ...options });
    let words = '';
    child.stderr.on('data', (chunk) => {
      words = `${words}${chunk}`.slice(-2000);
    });
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) =>
      resolve(code === 0 ? null : (words.trim().split('\n').at(-1) ?? `${command} ended with ${code}`)),
    );
  });

/** Once for each content of `what`: a folder that is there was made whole. @returns as `run`. */
const once = async (name, what, make) => {
  const folder = join(cache, `${name}-${createHash('sha256').update(what).digest('hex').slice(0, 12)}`);
  const whole = join(folder, '.whole');
  if (!existsSync(whole)) {
    say(`installing ${name}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const problem = await make(folder);
    if (problem !== null) return problem;
    writeFileSync(whole, '');
  }
  return folder;
};

const UV = 'uv==0.13.9';

const link = (folder, tools) => {
  for (const tool of tools) {
    rmSync(join(bin, tool), { force: true });
    symlinkSync(join(folder, tool), join(bin, tool));
  }
  return null;
};

const words = (line) => line.split(' ');

/** Installs Python's packages: those of the Azure CLI take it 3.4 s of processor time, and pip more than 100 s. */
const makeUv = () =>
  once('uv', UV, (folder) =>
    run('python3', [
      ...words('-m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-compile'),
      ...['--target', folder, UV],
    ]),
  );

const viaPython = async (name, packages, tools, uv) => {
  const program = join(await uv, 'bin/uv');
  if (!existsSync(program)) return uv;
  const made = await once(name, packages.join(' '), async (folder) => {
    const venv = [...words('venv --quiet --allow-existing --no-python-downloads'), folder];
    const install = [
      ...words('pip install --quiet --no-cache --system-certs --python'),
      ...[join(folder, 'bin/python'), ...packages],
    ];
    return (await run(program, venv)) ?? (await run(program, install));
  });
  return existsSync(made) ? link(join(made, 'bin'), tools) : made;
};

/** Their few lines are in test/peers/go, a module for each peer; the rest is of the modules that it requires. */
const viaGo = async (name, programs, tools) => {
  const source = join(root, 'test/peers/go', name);
  const files = ['go.mod', 'go.sum', ...programs.map((program) => `${program}/main.go`)];
  const text = files.map((file) => readFileSync(join(source, file), 'utf8')).join('\0');
  // Not optimised and without names for a debugger: a quarter less of what they take from cold.
  const quick = ['-gcflags=all=-N -l', '-ldflags=-s -w'];
  const made = await once(name, text, (folder) =>
    run('go', ['build', ...quick, '-o', `${folder}/`, ...programs.map((program) => `./${program}`)], {
      cwd: source,
    }),
  );
  return existsSync(made) ? link(made, tools) : made;
};

const found = (tool) => env.PATH.split(delimiter).some((folder) => existsSync(join(folder, tool)));

const peers = JSON.parse(readFileSync(join(root, 'scripts/peers.json'), 'utf8'));

/** @returns of each peer that is made here what went wrong; null: nothing. */
const makeAll = (wanted) => {
  const uv = makeUv();
  return Promise.all(
    wanted.map(async ([name, { tools, python, go }]) => [
      name,
      (python === undefined ? null : await viaPython(name, python, tools, uv)) ??
        (go === undefined ? null : await viaGo(name, go, tools)),
    ]),
  );
};

const installAll = async (wanted) => {
  await setUp({ lab: 'optional' });
  const missing = wanted.flatMap(([, { debian = [], tools }]) => (tools.every(found) ? [] : debian));
  await installPackages([...new Set(missing)], { whose: 'test:peers' });
};

/** Sets up all that the tests need, and the real programs. @returns the environment in which they are found. */
const peersEnvironment = async () => {
  const all = process.env.SEQGAP_PEERS_ALL !== undefined;
  mkdirSync(bin, { recursive: true });
  const wanted = Object.entries(peers).filter(([, { apart = false }]) => !all || !apart);
  // Side by side: they mostly wait for their downloads.
  const [made] = await Promise.all([makeAll(wanted), installAll(wanted)]);
  const without = made.flatMap(([name, problem]) => {
    const missing = peers[name].tools.filter((tool) => !found(tool));
    const reason = problem ?? (missing.length === 0 ? null : `no ${missing.join(', ')} on this host`);
    return reason === null ? [] : [[name, reason]];
  });
  const left = Object.entries(peers)
    .filter(([, { apart = false }]) => all && apart)
    .map(([name]) => [name, 'not in the gate']);
  const isNeeded = ([name]) => all && peers[name].optional !== true;
  const absent = {
    failed: Object.fromEntries(without.filter(isNeeded)),
    skipped: Object.fromEntries([...without.filter((each) => !isNeeded(each)), ...left]),
  };
  for (const [outcome, each] of Object.entries(absent))
    for (const [name, reason] of Object.entries(each)) say(`${outcome}: ${name}: ${reason}`);
  return { ...env, SEQGAP_PEERS: JSON.stringify(absent) };
};

const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'peers', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit', env: await peersEnvironment() },
);
process.exit(status ?? 1);
