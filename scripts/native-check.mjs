// `npm run native:check -- [--seed 1] [--count 5000000] [--quick]`: the engine in C by itself, under the sanitizers of the compiler and valgrind (where it is
// installed): damaged packets into what reads them, and the engine at work on loopback. Needs a C compiler, and for the second part the right
// to ICMP sockets.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SOURCES, WARNINGS, root } from './native.mjs';

const place = join(root, 'build/native');
mkdirSync(place, { recursive: true });
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now()) },
    quick: { type: 'boolean', default: false },
    count: { type: 'string', default: '5000000' },
  },
});

/** Of a check that this host does not allow. */
const SKIPPED = 77;

const run = (program, args, env = {}) => {
  const { error, status } = spawnSync(program, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  if (error === undefined && (status === 0 || status === SKIPPED)) return;
  console.error(`failed: ${program} ${args.join(' ')}${error === undefined ? '' : ` (${error.message})`}`);
  process.exit(1);
};

const compiled = (name, options) => {
  const program = join(place, `check-${name}`);
  const files = [...SOURCES, join(root, 'native/check.c')];
  run(process.env.CC || 'cc', [
    ...WARNINGS,
    '-Werror',
    '-std=c11',
    '-g',
    '-O1',
    '-pthread',
    // Full in the second and a half in which nobody reads.
    '-DRING_ROWS=1024u',
    ...options,
    '-o',
    program,
    ...files,
  ]);
  return program;
};

const STEPPING = ['-Dclock_gettime=stepping_clock', '-Drecvmmsg=stepping_messages'];
const FATAL = '-fno-sanitize-recover=all';
console.log(`address and undefined behaviour, seed ${values.seed}`);
const sanitized = compiled('asan', ['-fsanitize=address,undefined', FATAL]);
run(sanitized, ['fuzz', values.seed, values.count]);
run(sanitized, ['run']);
console.log('a kernel without time stamps');
run(compiled('unstamped', ['-fsanitize=address,undefined', FATAL, '-Dsetsockopt=without_stamps']), ['run']);
console.log('a wall clock that is set');
run(compiled('stepping', ['-fsanitize=address,undefined', FATAL, ...STEPPING]), ['run']);
if (values.quick) process.exit(0);
console.log('threads');
run(compiled('tsan', ['-fsanitize=thread', FATAL]), ['run'], { TSAN_OPTIONS: 'halt_on_error=1' });
if (spawnSync('valgrind', ['--version']).status === 0) {
  console.log('valgrind');
  const plain = compiled('plain', []);
  const options = ['--quiet', '--error-exitcode=1', '--leak-check=full'];
  run('valgrind', [...options, plain, 'run']);
  run('valgrind', [...options, plain, 'fuzz', values.seed, '20000']);
} else console.log('valgrind is not installed: left out');
