// Everything a fresh clone needs, with nothing but Node: npm packages, the build, the lab's system packages.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const say = (text) => process.stderr.write(`setup: ${text}\n`);

const fail = (text) => {
  say(text);
  process.exit(1);
};

const run = (command, args, options = {}) => {
  // Progress belongs on stderr: stdout is for results.
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  return error === undefined && status === 0;
};

const newest = (paths) => Math.max(...paths.map((path) => (existsSync(path) ? statSync(path).mtimeMs : 0)));

const newerSource = () =>
  !existsSync(join(root, 'dist/cli.js')) ||
  spawnSync('find', [join(root, 'src'), '-newer', join(root, 'dist/cli.js'), '-name', '*.ts']).stdout.length >
    0;

export const setUpNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    fail(`Node ${process.versions.node} is too old: install Node 20.19 or newer.`);
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed) || newest([installed]) < newest([join(root, 'package-lock.json')])) {
    say('installing npm packages and building (npm ci)');
    if (!run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])) fail('npm ci failed: see above.');
  } else if (newerSource()) {
    say('building (npm run build)');
    if (!run('npm', ['run', '--silent', 'build'])) fail('the build failed: see above.');
  }
};

/** @returns the lab's system packages whose tools are missing. */
const missingPackages = () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'scripts/lab-packages.json'), 'utf8'));
  const found = (tool) =>
    ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'].some((dir) =>
      existsSync(join(dir, tool)),
    );
  return packages.filter(({ tools }) => !tools.every(found)).map(({ name }) => name);
};

/** `required: false` goes on without the lab (its tests are skipped loudly). */
export const setUpLab = ({ required = true } = {}) => {
  const missing = missingPackages();
  if (missing.length === 0) return true;
  const install = `apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (!existsSync('/usr/bin/apt-get')) {
    const text = `the lab needs ${missing.join(', ')}: install them with your system's package manager.`;
    if (required) fail(text);
    say(text);
    return false;
  }
  if (process.getuid?.() !== 0) {
    const text = `the lab needs system packages; run once: sudo ${install}`;
    if (required) fail(text);
    say(text);
    return false;
  }
  say(`installing the lab's system packages: ${install}`);
  const env = {
    ...process.env,
    DEBIAN_FRONTEND: 'noninteractive',
    // The lab starts its own daemons in its own namespaces: none is to be started on the host.
    RUNLEVEL: '1',
  };
  // A list that cannot be refreshed (no network, one broken source) may still do.
  run('apt-get', ['update', '-qq'], { env });
  const ok = run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env });
  if (!ok && required) fail(`the packages could not be installed; try: ${install}`);
  return ok;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  setUpNode();
  setUpLab();
  say('done');
}
