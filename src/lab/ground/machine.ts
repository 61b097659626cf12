import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { KnownError } from '../../model/error.js';
import { run, words } from './command.js';
import { commonSettings, settingLines, type MachineFile } from './machine-files.js';
import { labPaths } from '../paths.js';
import type { ToolSession } from './tool-session.js';
import type { Cabling } from './topology.js';

/** Child processes of a process, as the kernel lists them; empty once it is gone. */
export const childrenOf = (pid: number): number[] => {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

/** @param root as in ask.ts. A machine finds them when it boots. */
export const writeMachineFiles = async (
  name: string,
  files: readonly MachineFile[],
  root = '',
): Promise<void> => {
  for (const { path, text, mode } of files) {
    const target = join(root, labPaths.machine(name), path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text, { mode });
  }
};

/**
 * All that a machine has of an environment, as if it had booted by itself: a TMPDIR of this host would be no folder in it.
 * /usr/local/sbin first: the machine's own `reboot` is there.
 */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

export type Ending = 'reboot' | 'poweroff' | 'killed';

/** One powered life of a machine: from its network namespace to the destruction of everything in it. */
export class Machine {
  readonly name: string;
  readonly #cabling: Cabling;
  readonly #fabric: ToolSession;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #init: number;
  readonly #up: Promise<boolean>;
  /** How it ended by itself, or `killed`. */
  readonly ended: Promise<Ending>;

  private constructor(
    name: string,
    cabling: Cabling,
    fabric: ToolSession,
    process: ChildProcessByStdio<Writable, Readable, null>,
    init: number,
    up: Promise<boolean>,
  ) {
    this.name = name;
    this.#cabling = cabling;
    this.#fabric = fabric;
    this.#process = process;
    this.#init = init;
    this.#up = up;
    this.ended = once(process, 'exit').then(([code]) =>
      code === 3 ? 'reboot' : code === 0 ? 'poweroff' : 'killed',
    );
  }

  /** Namespaces, cables and an init that waits for power; the switch ports are still down. */
  static async assemble(name: string, cabling: Cabling, fabric: ToolSession): Promise<Machine> {
    await run('ip', ['netns', 'add', name]);
    await run('ip', ['netns', 'exec', name, 'sh', '-c', settingLines(commonSettings)]);
    await fabric.apply(cabling.cables);
    const child = spawn(
      'setpriv',
      [
        ...words('--pdeathsig KILL nsenter'),
        `--net=/run/netns/${name}`,
        ...words('unshare --mount --pid --uts --fork --kill-child --mount-proc sh'),
        join(labPaths.machine(name), 'init.sh'),
        name,
        labPaths.machine(name),
      ],
      { stdio: ['pipe', 'pipe', 'inherit'], env: ENVIRONMENT },
    );
    // A machine that dies at once is seen by its lines, not by a broken pipe.
    child.stdin.on('error', () => undefined);
    const lines = createInterface(child.stdout);
    /** Does the init come to say this, before its output ends? */
    const says = (word: string): Promise<boolean> =>
      new Promise((resolve) => {
        lines.on('line', (line) => line === word && resolve(true)).on('close', () => resolve(false));
      });
    const up = says('up');
    const assembled = await says('assembled');
    const [init] = childrenOf(child.pid ?? 0);
    if (!assembled || init === undefined) throw new KnownError(`the lab's machine ${name} does not start`);
    await writeFile(labPaths.pid(name), `${init}\n`);
    return new Machine(name, cabling, fabric, child, init, up);
  }

  /** Power: links up, services started. False if it died meanwhile. */
  async boot(): Promise<boolean> {
    await this.#fabric.apply(this.#cabling.up);
    this.#process.stdin.write('power\n');
    return this.#up;
  }

  /** A file in the machine; null if it is not there. */
  read(path: string): string | null {
    try {
      return readFileSync(`/proc/${this.#init}/root${path}`, 'utf8');
    } catch {
      return null;
    }
  }

  /**
   * The power is cut: first the switch ports (else the kernel would still send FINs for the sockets of the killed
   * processes), a moment later every process. Returns when all of them are dead.
   */
  async cut(): Promise<void> {
    await this.#fabric.apply(this.#cabling.down);
    this.kill();
    await this.ended;
  }

  kill(): void {
    try {
      process.kill(this.#init, 'SIGKILL');
    } catch {
      // It had ended by itself.
    }
  }

  /** What is left after the end: cables and the network namespace with its state table. */
  async scrap(): Promise<void> {
    await rm(labPaths.pid(this.name), { force: true });
    await this.#fabric.apply(this.#cabling.gone);
    await run('ip', ['netns', 'del', this.name]);
  }
}
