import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A network namespace held by a process that ends with this one (its input ends), whatever happens to us. */
const openNamespace = async () => {
  const holder = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const own = readlinkSync('/proc/self/ns/net');
  while (readlinkSync(`/proc/${holder.pid}/ns/net`) === own) await sleep(5);
  return {
    pid: holder.pid,
    prefix: ['nsenter', `--net=/proc/${holder.pid}/ns/net`],
    close: () => holder.stdin.end(),
  };
};

/** Two namespaces joined by a veth pair: 192.0.2.1 (near) and 192.0.2.2 (far). Needs root. */
export const openVethPair = async () => {
  const near = await openNamespace();
  const far = await openNamespace();
  const run = (prefix, command) => execFileSync(prefix[0], [...prefix.slice(1), 'ip', ...command.split(' ')]);
  run(near.prefix, `link add veth0 type veth peer name veth0 netns ${far.pid}`);
  const configure = (prefix, address) => {
    run(prefix, `address add ${address} dev veth0`);
    run(prefix, 'link set veth0 up');
  };
  configure(near.prefix, '192.0.2.1/24');
  configure(far.prefix, '192.0.2.2/24');
  return {
    prefix: near.prefix,
    farPrefix: far.prefix,
    target: '192.0.2.2',
    close: () => [near, far].forEach((each) => each.close()),
  };
};

const TICKS_PER_S = Number(execFileSync('getconf', ['CLK_TCK']).toString());

/** CPU seconds (user + system) and resident memory (MiB) of a process, from /proc (proc(5)). */
export const usageOf = (pid) => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const rss = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return {
    cpu_s: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S,
    rss_mib: Number(rss?.[1] ?? 0) / 1024,
  };
};

/** Process ids of our own children. */
export const children = () =>
  readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ').map(Number);
