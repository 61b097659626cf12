import { spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

/** Namespaces and raw sockets need it; `.ci/run` has it. */
export const isRoot = process.getuid?.() === 0;

export interface Namespace {
  /** What a command is started behind to run inside. */
  readonly prefix: readonly string[];
  readonly pid: number;
  /** Runs a shell script inside. @returns what it printed. */
  run(command: string): Promise<string>;
  close(): void;
}

/** A network namespace of the test's own, held by a process that ends with the test, killed or not. */
export const openNamespace = async (): Promise<Namespace> => {
  const holder = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const pid = holder.pid as number;
  const file = `/proc/${pid}/ns/net`;
  // There is no event for the moment at which another process has changed its namespace.
  while (readlinkSync(file) === readlinkSync('/proc/self/ns/net')) await sleep(2);
  const prefix = ['nsenter', `--net=${file}`];
  const run = async (command: string): Promise<string> => {
    const { stdout } = await execa('nsenter', [`--net=${file}`, 'sh', '-ec', command]);
    return stdout;
  };
  await run('ip link set lo up');
  return { prefix, pid, run, close: () => holder.stdin?.end() };
};

export interface Pair {
  readonly near: Namespace;
  readonly far: Namespace;
  close(): void;
}

/** Two of them joined by a veth pair: 192.0.2.1 and 2001:db8::1 near, …2 far. */
export const openPair = async (): Promise<Pair> => {
  const [near, far] = [await openNamespace(), await openNamespace()];
  const address = (n: number): string =>
    `ip address add 192.0.2.${n}/24 dev veth0
     ip address add 2001:db8::${n}/64 dev veth0 nodad
     ip link set veth0 up`;
  await near.run(`ip link add veth0 type veth peer name veth0 netns ${far.pid}\n${address(1)}`);
  await far.run(address(2));
  // Neighbour discovery may miss its first request while the link comes up: a test is to find the path ready.
  await near.run('ping -qc 1 -w 10 192.0.2.2; ping -6 -qc 1 -w 10 2001:db8::2');
  return {
    near,
    far,
    close: () => {
      near.close();
      far.close();
    },
  };
};
