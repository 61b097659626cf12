// Everything a fresh clone needs, with nothing but Node: npm packages, the build, the lab's system packages.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const say = (text) => process.stderr.write(`setup: ${text}\n`);

const fail = (text) => {
  say(text);
  process.exit(1);
};

/** @returns whether it ended well. Progress belongs on stderr: stdout is for results. */
const run = (command, args, env = process.env) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 2, 2] });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });

const newest = (paths) => Math.max(...paths.map((path) => (existsSync(path) ? statSync(path).mtimeMs : 0)));

const newerSource = () =>
  !existsSync(join(root, 'dist/cli.js')) ||
  spawnSync('find', [join(root, 'src'), '-newer', join(root, 'dist/cli.js'), '-name', '*.ts']).stdout.length >
    0;

/**
 * The folder with the headers of this Node, as its own packages put them beside it, for net-ping's native part: node-gyp
 * would else fetch them from the internet. Null where they are not there, or are those of another version.
 */
export const nodeHeaders = (program = process.execPath, version = process.versions.node) => {
  const prefix = dirname(dirname(program));
  const file = join(prefix, 'include/node/node_version.h');
  if (!existsSync(file)) return null;
  const text = readFileSync(file, 'utf8');
  const [major, minor, patch] = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => new RegExp(`#define NODE_${part}_VERSION (\\d+)`).exec(text)?.[1],
  );
  return `${major}.${minor}.${patch}` === version ? prefix : null;
};

/** Somebody's own `nodedir` is left as it is, wherever it is set. */
const buildEnvironment = () => {
  const prefix = nodeHeaders();
  const set = spawnSync('npm', ['config', 'get', 'nodedir'], { cwd: root, encoding: 'utf8' }).stdout?.trim();
  if (prefix === null || (set !== 'undefined' && set !== '')) return process.env;
  return { ...process.env, npm_config_nodedir: prefix };
};

/** Optional, and its native part may not compile: npm then leaves it out without a word. */
const sayWithoutNetPing = () => {
  const { status, stderr } = spawnSync(process.execPath, ['-e', "require('net-ping')"], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status === 0) return;
  const why = stderr.split('\n').find((line) => /^\w*Error/.test(line)) ?? 'no reason given';
  say(
    `net-ping, which is optional, could not be built for Node ${process.versions.node} (${why}): where the native engine cannot be used either, ` +
      "ICMP is sent by the system's ping; docs/limitations.md says what that costs. It needs g++, make, python3 and Node's " +
      'headers: install them, remove node_modules, and run this again.',
  );
};

const setUpNode = async () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    fail(`Node ${process.versions.node} is too old: install Node 20.19 or newer.`);
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed) || newest([installed]) < newest([join(root, 'package-lock.json')])) {
    say('installing npm packages and building (npm ci)');
    if (!(await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], buildEnvironment())))
      fail('npm ci failed: see above.');
    sayWithoutNetPing();
  } else if (newerSource()) {
    say('building (npm run build)');
    if (!(await run('npm', ['run', '--silent', 'build']))) fail('the build failed: see above.');
  }
};

/** @returns the system packages of the lab, and of the tests if asked for, whose tools are missing. */
const missingPackages = (forTests) => {
  const list = JSON.parse(readFileSync(join(root, 'scripts/lab-packages.json'), 'utf8'));
  const { packages, lease, tests } = list;
  const folders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];
  // A tool is a program, or a file by its whole path.
  const found = (tool) => existsSync(tool) || folders.some((folder) => existsSync(join(folder, tool)));
  return [...packages, ...(forTests ? [...lease, ...tests] : [])]
    .filter(({ tools }) => !tools.every(found))
    .map(({ name }) => name);
};

/** Debian's packages, by apt-get; `whose` begins the sentence that says what is missing. @returns whether they are there. */
export const installPackages = async (missing, { whose = 'the lab', required = false } = {}) => {
  if (missing.length === 0) return true;
  const install = `apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (!existsSync('/usr/bin/apt-get')) {
    const text = `${whose} needs ${missing.join(', ')}: install them with your system's package manager.`;
    if (required) fail(text);
    say(text);
    return false;
  }
  if (process.getuid?.() !== 0) {
    const text = `${whose} needs system packages; run once: sudo ${install}`;
    if (required) fail(text);
    say(text);
    return false;
  }
  say(`installing system packages, which ${whose} needs: ${install}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // A list that cannot be refreshed (no network, one broken source) may still do.
  await run('apt-get', ['update', '-qq'], env);
  const ok = await withoutServices(missing, () =>
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], env),
  );
  if (!ok && required) fail(`the packages could not be installed; try: ${install}`);
  return ok;
};

const POLICY = '/usr/sbin/policy-rc.d';
const SERVICES = {
  'openssh-server': ['ssh.service', 'ssh.socket'],
  keepalived: ['keepalived.service'],
  conntrackd: ['conntrackd.service'],
  knot: ['knot.service'],
  'prometheus-node-exporter': ['prometheus-node-exporter.service'],
  'prometheus-pushgateway': ['prometheus-pushgateway.service'],
  corosync: ['corosync.service'],
  frr: ['frr.service'],
  openipmi: ['openipmi.service'],
  pacemaker: ['pacemaker.service'],
  snmpd: ['snmpd.service'],
};

/**
 * The lab starts its own daemons in its own namespaces: what is installed for it must not begin to serve on this host,
 * now (policy-rc.d, Debian Policy 9.3.3.1) or after the next boot.
 */
const withoutServices = async (packages, install) => {
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const ok = await install();
    const services = packages.flatMap((name) => SERVICES[name] ?? []);
    if (existsSync('/run/systemd/system') && services.length > 0) {
      say(`not started on this host, and not at its next boot: ${services.join(', ')}`);
      await run('systemctl', ['disable', '--quiet', ...services]);
    }
    return ok;
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
};

/**
 * Both at once: each mostly waits for its download. `lab: 'optional'` goes on without the lab, `tests: false` without
 * what only the tests need.
 */
export const setUp = ({ lab = 'required', tests = true } = {}) =>
  Promise.all([setUpNode(), installPackages(missingPackages(tests), { required: lab === 'required' })]);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setUp();
  say('done');
}
