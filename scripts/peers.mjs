// `npm run test:peers`: installs the real programs that drivers speak to, into a cache of their own, and runs the tests that
// drive them (test/peers). Arguments go to vitest. With SEQGAP_PEERS_ALL a program that is not to be had is a failure.
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
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}:/usr/sbin:/sbin` };

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

const link = (folder, tools) => {
  for (const tool of tools) {
    rmSync(join(bin, tool), { force: true });
    symlinkSync(join(folder, tool), join(bin, tool));
  }
  return null;
};

const viaPython = async (name, packages, tools) => {
  const made = await once(name, packages.join(' '), async (folder) => {
    const pip = ['install', '--quiet', '--disable-pip-version-check', ...packages];
    return (await run('python3', ['-m', 'venv', folder])) ?? (await run(join(folder, 'bin/pip'), pip));
  });
  return existsSync(made) ? link(join(made, 'bin'), tools) : made;
};

/** Their few lines are in test/peers/go, a module for each peer; the rest is of the modules that it requires. */
const viaGo = async (name, programs, tools) => {
  const source = join(root, 'test/peers/go', name);
  const files = ['go.mod', 'go.sum', ...programs.map((program) => `${program}/main.go`)];
  const text = files.map((file) => readFileSync(join(source, file), 'utf8')).join('\0');
  const made = await once(name, text, (folder) =>
    run('go', ['build', '-o', `${folder}/`, ...programs.map((program) => `./${program}`)], {
      cwd: source,
    }),
  );
  return existsSync(made) ? link(made, tools) : made;
};

const found = (tool) => env.PATH.split(delimiter).some((folder) => existsSync(join(folder, tool)));

/** @returns why it is not to be had; null: it is there. */
const install = async (name, { tools, python, go }) => {
  const problem =
    (python === undefined ? null : await viaPython(name, python, tools)) ??
    (go === undefined ? null : await viaGo(name, go, tools));
  if (problem !== null) return problem;
  const missing = tools.filter((tool) => !found(tool));
  return missing.length === 0 ? null : `no ${missing.join(', ')} on this host`;
};

const peers = JSON.parse(readFileSync(join(root, 'scripts/peers.json'), 'utf8'));
await setUp({ lab: 'optional' });
mkdirSync(bin, { recursive: true });
const missing = Object.values(peers).flatMap(({ debian = [], tools }) => (tools.every(found) ? [] : debian));
await installPackages([...new Set(missing)], { whose: 'test:peers' });
const entries = await Promise.all(
  Object.entries(peers).map(async ([name, peer]) => [name, await install(name, peer)]),
);
const absent = Object.fromEntries(entries.filter(([, why]) => why !== null));

const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'peers', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit', env: { ...env, SEQGAP_PEERS: JSON.stringify(absent) } },
);
const needed = Object.keys(absent).filter((name) => peers[name].optional !== true);
const inGate = process.env.SEQGAP_PEERS_ALL !== undefined;
for (const [name, why] of Object.entries(absent))
  say(`${inGate && needed.includes(name) ? 'failed' : 'skipped'}: ${name}: ${why}`);
process.exit(status !== 0 || (inGate && needed.length > 0) ? status || 1 : 0);
