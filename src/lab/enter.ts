import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants as access, existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { KnownError, messageOf, usage } from '../model/error.js';
import type { LabPlan } from '../model/lab-plan.js';
import { succeeds, words } from './ground/command.js';
import { findKept, initOf, type KeptLab } from './kept.js';
import { childrenOf } from './ground/machine.js';
import { LAB_DIR, LAB_ENV, labPaths } from './paths.js';
import { planText, samePlan } from '../scenario/lab.js';
import { PACKAGE, PROGRAM } from '../package-folder.js';
import { endBy, hearStops } from '../stop-signals.js';

/**
 * Process 1 of a lab: `sh -c SCRIPT init COMMAND…`. A private /run, then the command, whose exit code becomes the
 * lab's; the shell's wait also reaps orphans. Signals are passed on, not acted on.
 */
const LAB_INIT = `
pid= early=
# What a shell starts in the background ignores INT until it says otherwise: one that is only just starting is waited for.
pass() {
    tries=100
    while [ $1 = INT ] && [ $tries -gt 0 ]; do
        case "$(sed -n 's/^SigIgn:.*\\(.\\)$/\\1/p' /proc/$pid/status 2>/dev/null)" in
        [2367abef]) sleep 0.02 ;;
        *) break ;;
        esac
        tries=$((tries - 1))
    done
    kill -$1 $pid
}
for signal in INT TERM HUP WINCH; do
    trap "if [ -n \\"\\$pid\\" ]; then pass $signal; else early=\\"\\$early $signal\\"; fi" $signal
done
mount -t tmpfs -o mode=755 tmpfs /run || exit 70
mkdir -p ${LAB_DIR} /run/lock
case "$XDG_RUNTIME_DIR" in /run/?*) mkdir -p -m 700 "$XDG_RUNTIME_DIR" ;; esac
readlink /proc/self/ns/net >${labPaths.jump}
ip link set lo up
exec 3<&0
"$@" <&3 3<&- &
pid=$!
exec 3<&- </dev/null
for signal in $early; do pass $signal; done
# A wait that a signal cut short says nothing of the command: it has ended when it is gone, and what it ended with is
# what the last wait says, or the one before where the shell has already forgotten it (127).
code=
while kill -0 $pid; do
    wait $pid
    code=$?
done 2>/dev/null
wait $pid
now=$?
[ $now = 127 ] || code=$now
exit $code
`;

const UNSHARE = words('unshare --net --mount --pid --fork --kill-child --mount-proc');

/** A lab's namespaces die with their `unshare`: the kernel then kills its init and with it everything inside. */
export const newNamespaces = (command: readonly string[]): string[] => [
  ...UNSHARE,
  'sh',
  '-c',
  LAB_INIT,
  'init',
  ...command,
];

const DIES_WITH_PARENT = words('setpriv --pdeathsig KILL');

/** A command in the jump of a kept lab, in this working directory (nsenter alone would go to /). */
export const inKeptLab = (kept: KeptLab, command: readonly string[]): string[] => {
  const init = initOf(kept);
  if (init === null) throw new KnownError('the lab is just going down', { remedy: 'try again' });
  return [
    ...words(`nsenter --target ${init} --net --mount --pid`),
    ...DIES_WITH_PARENT,
    'sh',
    '-c',
    'cd "$1" && shift && exec "$@"',
    'sh',
    process.cwd(),
    ...command,
  ];
};

export const labEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, [LAB_ENV]: LAB_DIR });

/** Also searched: users' PATH often lacks the administrator's folders. */
const ADMIN_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

const searchFolders = (): string[] => [...(process.env['PATH'] ?? '').split(':'), ...ADMIN_FOLDERS];

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, access.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** What every lab needs, and what only one with `lease` does. */
type PackageList = 'packages' | 'lease';

/** System packages (Debian's names) whose tools are not here. The lists are shared with scripts/setup.mjs. */
export const missingPackages = (
  folders: readonly string[] = searchFolders(),
  list: PackageList = 'packages',
): string[] => {
  const file = join(PACKAGE, 'scripts', 'lab-packages.json');
  const lists = JSON.parse(readFileSync(file, 'utf8')) as Readonly<
    Record<PackageList, readonly { readonly name: string; readonly tools: readonly string[] }[]>
  >;
  // conntrackd filters by protocol names: without /etc/protocols it silently syncs nothing.
  const found = (tool: string): boolean =>
    tool.startsWith('/') ? existsSync(tool) : folders.some((folder) => isProgram(join(folder, tool)));
  return lists[list].filter(({ tools }) => !tools.every(found)).map(({ name }) => name);
};

/** Throws KnownError, with how they are installed, where packages are missing. */
export const requirePackages = (list: PackageList): void => {
  const missing = missingPackages(searchFolders(), list);
  if (missing.length > 0)
    throw new KnownError(`the lab needs ${missing.join(', ')}`, {
      remedy: `npm run setup (as root), or apt-get install --no-install-recommends ${missing.join(' ')}`,
    });
};

/** Throws KnownError where this host or user cannot have a lab. */
export const requireLab = async (): Promise<void> => {
  if (process.platform !== 'linux')
    throw new KnownError('the lab needs Linux', { remedy: 'run it in a Linux virtual machine' });
  // sshd and keepalived change users; without root only one user id would be there.
  if (process.getuid?.() !== 0)
    throw new KnownError('the lab needs root: sshd and keepalived in it change users', {
      remedy: 'run this as root (sudo)',
    });
  requirePackages('packages');
  const [program = '', ...args] = UNSHARE;
  if (!(await succeeds(program, [...args, 'true'])))
    throw new KnownError('this host does not let root make namespaces', {
      remedy: 'in a container: start it with --privileged (or --cap-add SYS_ADMIN,NET_ADMIN)',
    });
};

/** A line to the program inside: its end there is this file descriptor, its end here is given to `connect`. */
export interface LabChannel {
  /** 4 or more: the init uses 3. */
  readonly fd: number;
  readonly connect: (end: Duplex) => void;
}

interface LabStdio {
  readonly stdio?: StdioOptions;
  readonly channel?: LabChannel;
  /** From now on the program inside hears the signals; until then nothing was begun. */
  readonly begun?: () => void;
}

/** Standard input and output, and nothing or a channel above them. */
const withChannel = (stdio: StdioOptions, channel: LabChannel | undefined): StdioOptions => {
  if (channel === undefined) return stdio;
  const all = Array.from({ length: 3 }, (_, fd) => (typeof stdio === 'string' ? stdio : stdio[fd]));
  const unused = Array.from({ length: channel.fd - 3 }, () => 'ignore' as const);
  return [...all, ...unused, 'pipe'];
};

/**
 * Runs a program to its end and gives its exit code. It gets a session of its own (the terminal stays usable as
 * stdin and stdout), so that Ctrl-C reaches this process alone, which passes it on exactly once: to the child of
 * the unshare or nsenter that holds the namespaces, since these two do not pass signals on.
 */
const runHeld = async (
  command: readonly string[],
  { stdio, channel, begun, fresh }: LabStdio & { readonly fresh: boolean },
): Promise<number> => {
  begun?.();
  const [program = '', ...args] = [...DIES_WITH_PARENT, ...command];
  const child = spawn(program, args, {
    stdio: withChannel(stdio ?? 'inherit', channel),
    detached: true,
    env: labEnvironment(),
  });
  if (channel !== undefined) channel.connect(child.stdio[channel.fd] as Duplex);
  const pass = (signal: NodeJS.Signals): void => void passTo(child, signal, fresh);
  const release = hearStops(pass);
  process.on('SIGWINCH', pass);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
  } finally {
    release();
    process.off('SIGWINCH', pass);
  }
};

const catches = (pid: number, signal: NodeJS.Signals): boolean => {
  try {
    const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0';
    return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
  } catch {
    return false;
  }
};

const AGAIN_MS = 10;

/** The init of fresh namespaces hears nothing before it has said that it wants to: what comes earlier is kept for it. */
const passTo = async (child: ChildProcess, signal: NodeJS.Signals, fresh: boolean): Promise<void> => {
  while (child.exitCode === null && child.signalCode === null) {
    const hearing = childrenOf(child.pid ?? 0).filter((pid) => !fresh || catches(pid, signal));
    for (const pid of hearing) {
      try {
        process.kill(pid, signal);
      } catch {
        // It ended at this very moment.
      }
    }
    if (hearing.length > 0) return;
    await sleep(AGAIN_MS);
  }
};

/** Runs any program in the jump of a lab: of the kept one if there is one, else of a fresh one that ends with it. */
export const runCommandInLab = async (
  command: readonly string[],
  options: { readonly kept: KeptLab | null } & LabStdio,
): Promise<number> =>
  runHeld(options.kept === null ? newNamespaces(command) : inKeptLab(options.kept, command), {
    ...options,
    fresh: options.kept === null,
  });

/** Throws KnownError where the lab that is up has other knobs. */
export const requireSame = (running: LabPlan, wanted: LabPlan): void => {
  if (!samePlan(running, wanted))
    throw usage(
      `a lab with other knobs is up (${planText(running)})`,
      'end it with "seqgap lab down"; the run then builds its own',
    );
};

/**
 * Runs `seqgap ARGV` again inside a lab and gives its exit code. A lab that `seqgap lab up` keeps is used if its
 * knobs are the same (else KnownError); otherwise fresh namespaces are made, in which the inner program calls
 * `startLab`. Killed or not, nothing of a fresh lab is left.
 */
export const runInLab = async (
  lab: LabPlan,
  argv: readonly string[],
  options: LabStdio = {},
): Promise<number> => {
  await requireLab();
  const kept = findKept();
  if (kept !== null) requireSame(kept.plan, lab);
  return runCommandInLab([process.execPath, PROGRAM, ...argv], { ...options, kept });
};

/**
 * Runs a command by hand in the jump of a lab (null: the lab we are in) and gives its exit code. It stays in the
 * terminal's session, so that a shell has job control; Ctrl-C reaches it from the terminal.
 */
export const runInForeground = async (kept: KeptLab | null, command: readonly string[]): Promise<number> => {
  const [program = '', ...args] = kept === null ? command : inKeptLab(kept, command);
  const child = spawn(program, args, { stdio: 'inherit', env: labEnvironment() });
  const release = hearStops((name) => {
    if (name !== 'SIGINT') endBy(name);
  });
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
  } catch (cause) {
    throw usage(`${program} cannot be started: ${messageOf(cause)}`, undefined, cause);
  } finally {
    release();
  }
};
