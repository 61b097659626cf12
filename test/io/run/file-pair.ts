import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Namespaces need root; a test that lacks it is skipped, and says so by its name. */
export const privileged = process.getuid?.() === 0;

export const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

const DRIVER = `
name: file
title: A pair whose roles are files
about: each node's role is a word in a file; a switchover is a script
transport: exec
params: { dir: { about: folder of the files } }
role:
  run: [cat, '{{dir}}/{{node}}.role']
  extract: { regex: '^(\\w+)$' }
  words: { active: active, standby: standby, booting: transitioning }
ready:
  - about: the node says that it is well
    run: [cat, '{{dir}}/{{node}}.ready']
    extract: { regex: '^(\\w+)$' }
    good: [ready]
actions:
  switchover:
    about: run the script of the pair
    # It has taken effect before the script ends; 30 s would be waited for it otherwise.
    settles: 1s
    run: [[sh, '{{dir}}/switch.sh', '{{node}}']]
    confirm: { node: [standby], peer: [active] }
    undo:
      about: put the node back
      done: { run: [cat, '{{dir}}/{{node}}.ready'], extract: { regex: '^(\\w+)$' }, good: [ready] }
      run: [[sh, '{{dir}}/undo.sh', '{{node}}']]
      within: 2s
samples:
  - { of: role, output: "active\\n", expect: { role: active, raw: active } }
`;

/** Loopback stops answering for a while, and the roles change places. */
const SWITCH = `
cd "$(dirname "$0")"
echo down > "$1.ready"
nft add table inet cut
nft add chain inet cut in '{ type filter hook input priority 0; }'
nft add rule inet cut in icmp type echo-request drop
echo standby > "$1.role"
sleep 0.4
for node in fw-a fw-b; do [ $node = "$1" ] || echo active > $node.role; done
nft delete table inet cut
`;
const UNDO = `echo ready > "$(dirname "$0")/$1.ready"\n`;

export interface FilePair {
  readonly dir: string;
  readonly scenario: string;
  readonly out: string;
  write(name: string, text: string): Promise<void>;
  read(name: string): Promise<string>;
  remove(): Promise<void>;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The fast settings of every test here; `extra` is YAML of more top-level keys, `trial` of more trial keys. */
const scenarioText = (
  dir: string,
  { to = '127.0.0.1', from = 'local', extra = '', trial = '', driver = 'file' },
): string => `
name: file-pair
nodes:
  fw-a: { driver: ${driver}, params: { dir: ${dir} } }
  fw-b: { driver: ${driver}, params: { dir: ${dir} } }
vantages:
  broken: { exec: [sh, -c, 'echo no such pod >&2; exit 1', --] }
  script: { exec: [sh, ${dir}/vantage.sh] }
streams:
  - { name: ping, type: icmp, from: ${from}, to: ${to}, every: 20ms }
trigger: { node: active, action: switchover, timeout: 3s }
trial: { steady: 1s, recovered: 1s, give-up: 5s, restore: 3s, cool-down: 100ms${trial} }
${extra}
`;

export const makeFilePair = async (options: {
  readonly to?: string;
  readonly from?: string;
  readonly extra?: string;
  readonly trial?: string;
  readonly driver?: string;
}): Promise<FilePair> => {
  const dir = await mkdtemp(join(tmpdir(), 'seqgap-pair-'));
  const write = (name: string, text: string): Promise<void> => writeFile(join(dir, name), text);
  await mkdir(join(dir, 'drivers'));
  await write('drivers/file.yaml', DRIVER);
  await write('switch.sh', SWITCH);
  await write('undo.sh', UNDO);
  for (const [node, role] of [
    ['fw-a', 'active'],
    ['fw-b', 'standby'],
  ] as const) {
    await write(`${node}.role`, `${role}\n`);
    await write(`${node}.ready`, 'ready\n');
  }
  await write('scenario.yaml', scenarioText(dir, options));
  return {
    dir,
    scenario: join(dir, 'scenario.yaml'),
    out: join(dir, 'results'),
    write,
    read: (name) => readFile(join(dir, name), 'utf8'),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
};

/** All pairs have the same names: what this host knows of one is kept in its folder. */
const stateOf = ({ dir }: FilePair): NodeJS.ProcessEnv => ({ ...process.env, XDG_STATE_HOME: dir });

/** Starts the built program in a network namespace of its own, with loopback up. */
export const startRun = (
  pair: FilePair,
  args: readonly string[] = [],
  before = 'true',
): { readonly pid: number; readonly finished: Promise<Finished> } => {
  let resolve: (finished: Finished) => void;
  const finished = new Promise<Finished>((done) => {
    resolve = done;
  });
  const command = `ip link set lo up && ${before} && exec "$@"`;
  const program = [process.execPath, CLI, 'run', pair.scenario, '--yes', '--out', pair.out];
  const drivers = ['--drivers', join(pair.dir, 'drivers')];
  const child = execFile(
    'unshare',
    ['--net', '--mount', 'sh', '-c', command, 'sh', ...program, ...drivers, ...args],
    { encoding: 'utf8', env: stateOf(pair) },
    (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
  );
  return { pid: child.pid as number, finished };
};

/** The built program on this host, about a pair. */
export const seqgap = (pair: FilePair, args: readonly string[]): Promise<Finished> =>
  new Promise((resolve) => {
    const options = { encoding: 'utf8', env: stateOf(pair) } as const;
    const child = execFile(process.execPath, [CLI, ...args], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });

export const runPair = (pair: FilePair, args: readonly string[] = [], before = 'true'): Promise<Finished> =>
  startRun(pair, args, before).finished;
