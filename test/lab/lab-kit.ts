import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { askStatus, type LabStatus } from '../../src/lab/ask.js';
import { inKeptLab, labEnvironment, missingPackages } from '../../src/lab/enter.js';
import { findKept, initOf, recordPath, type KeptLab } from '../../src/lab/kept.js';
import { childrenOf } from '../../src/lab/ground/machine.js';

const execute = promisify(execFile);

const inRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export const distPath = (path: string): string => inRoot(`dist/${path}`);

/** One module, for a script that Node runs by itself. */
export const modulePath = (path: string): string => {
  const source = inRoot(`src/${path.replace(/\.js$/, '.ts')}`);
  if (!existsSync(source)) throw new Error(`there is no ${source}`);
  return inRoot(`build/${path}`);
};

/** Why lab tests cannot run here; null if they can. Shown in the name of the skipped tests. */
export const labObstacle = (): string | null => {
  if (process.getuid?.() !== 0) return 'SKIPPED: needs root';
  const missing = missingPackages();
  return missing.length === 0 ? null : `SKIPPED: needs ${missing.join(', ')}`;
};

/** The tool with a state folder of its own, so that a lab somebody keeps here is left alone. */
export interface Tool {
  readonly env: NodeJS.ProcessEnv;
  run(...args: string[]): Promise<string>;
  /** Where this host sees the files of the lab that is up. */
  root(): string;
  /** What `lab status` prints, asked of the lab itself: a start of the tool for each look would miss what is short. */
  status(): Promise<LabStatus>;
  /** Runs a shell line in the jump, as `lab exec jump` does. */
  jump(line: string): Promise<string>;
  dispose(): Promise<void>;
}

const keptBy = (env: NodeJS.ProcessEnv): KeptLab => {
  const kept = findKept(recordPath(env));
  if (kept === null) throw new Error('no lab is up');
  return kept;
};

export const openTool = (more: NodeJS.ProcessEnv = {}): Tool => {
  const folder = mkdtempSync(join(tmpdir(), 'seqgap-lab-'));
  const env = { ...process.env, ...more, XDG_STATE_HOME: folder };
  const run = async (...args: string[]): Promise<string> =>
    (await execute(process.execPath, [distPath('cli.js'), ...args], { env })).stdout;
  const root = (): string => `/proc/${initOf(keptBy(env))}/root`;
  return {
    env,
    run,
    root,
    status: () => askStatus(root()),
    jump: async (line) => {
      const [program = '', ...args] = inKeptLab(keptBy(env), ['sh', '-c', line]);
      return (await execute(program, args, { env: { ...labEnvironment(), ...env } })).stdout;
    },
    dispose: async () => {
      await run('lab', 'down');
      rmSync(folder, { recursive: true });
    },
  };
};

/** Polls until a condition holds; the test's own time limit ends it. */
export const until = async (check: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 50));
};

/** One TCP session from the client to the server's echo port, one numbered line every 50 ms. */
export interface EchoSession {
  /** Numbers echoed so far. */
  readonly echoed: readonly number[];
  /** Resolves when `count` more have come back. */
  more(count: number): Promise<void>;
  close(): Promise<void>;
}

const SESSION = `
const socket = require('node:net').connect(7, process.argv[1]);
let n = 0;
socket.on('connect', () => setInterval(() => socket.write(++n + '\\n'), 50));
socket.pipe(process.stdout);
process.stdin.on('end', () => process.exit()).resume();
`;

export const openSession = async (tool: Tool, address: string): Promise<EchoSession> => {
  const child = spawn(
    process.execPath,
    [
      ...[distPath('cli.js'), 'lab', 'exec', 'jump', '--', 'ip', 'netns', 'exec', 'client'],
      // In the jump's files: a machine has a /root of its own, which may be where this Node lies.
      ...[process.execPath, '-e', SESSION, address],
    ],
    { env: tool.env, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const echoed: number[] = [];
  createInterface(child.stdout).on('line', (line) => echoed.push(Number(line)));
  const session: EchoSession = {
    echoed,
    more: (count) => {
      const goal = echoed.length + count;
      return until(() => {
        if (child.exitCode !== null) throw new Error(`the client ended with ${child.exitCode}`);
        return echoed.length >= goal;
      });
    },
    close: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
  await session.more(1);
  return session;
};

export const processExists = (pid: number): boolean => existsSync(`/proc/${pid}`);

/** All processes below a process. */
export const descendants = (pid: number): number[] =>
  childrenOf(pid).flatMap((child) => [child, ...descendants(child)]);

const namespaceOf = (pid: number | 'self'): string | null => {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return null;
  }
};

/**
 * The network namespaces that processes have made: held open, so that the kernel gives none of their numbers to another
 * program's namespace until they are let go.
 */
export class HeldNamespaces {
  readonly #held = new Map<string, number>();

  /** Those of a process and of all below it, as they are now; not the tests' own one. */
  hold(pid: number): void {
    for (const each of [pid, ...descendants(pid)]) {
      const name = namespaceOf(each);
      if (name === null || name === namespaceOf('self') || this.#held.has(name)) continue;
      try {
        this.#held.set(name, openSync(`/proc/${each}/ns/net`, 'r'));
      } catch {
        // It ended at this very moment.
      }
    }
  }

  get count(): number {
    return this.#held.size;
  }

  /** What still keeps one of them: processes of this host, and mounts by which it has a name. */
  keepers(): string[] {
    const processes = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && this.#held.has(namespaceOf(Number(name)) ?? ''))
      .map((pid) => `process ${pid}`);
    // Of a mount of one the fourth column is its name.
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => this.#held.has(line.split(' ')[3] ?? ''));
    return [...processes, ...mounts];
  }

  release(): void {
    for (const descriptor of this.#held.values()) closeSync(descriptor);
    this.#held.clear();
  }
}
