import { hasCode } from '../../model/error.js';
import { createHash } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import * as z from 'zod';

export const holderSchema = z.object({
  pid: z.int(),
  /** Start of the process in clock ticks since boot (proc(5), /proc/PID/stat field 22); null where unknown. */
  start: z.string().nullable(),
  /** Name of the host, for people. null, as all below, in what older versions wrote. */
  host: z.string().nullable().default(null),
  /** What tells this host from others, also after a reboot; null where nothing certain does. */
  machine: z.string().nullable().default(null),
  /** `boot_id` of the kernel: the same for all its containers, another after each boot. null without /proc. */
  boot: z.string().nullable().default(null),
  /** The PID namespace that `pid` counts in, `pid:[4026531836]`; null without /proc. */
  pidns: z.string().nullable().default(null),
  /** Start of the first process of that namespace, with which it ends: its number is soon given away again. */
  init: z.string().nullable().default(null),
});

/** A process that holds something, of this host or another: whoever has its words can ask whether it lives. */
export type Holder = z.output<typeof holderSchema>;

const textOf = (path: string): Promise<string | null> =>
  readFile(path, 'utf8').then(
    (text) => text.trim() || null,
    () => null,
  );
const linkOf = (path: string): Promise<string | null> => readlink(path).catch(() => null);

/** Start of a living process, by its folder in /proc; null if there is none, or only a zombie. */
const startIn = async (folder: string): Promise<string | null> => {
  try {
    const stat = await readFile(`${folder}/stat`, 'latin1');
    // Field 2, the name in brackets, may itself hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return /^[ZX]$/.test(fields[0] ?? '') ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
};

/**
 * A machine-id alone may come from an image that two hosts were made of, and a host name from a file that both were
 * given: only where all of it is the same it is the same host. Too different costs time, too alike two runs on a pair.
 */
const machineOf = async (): Promise<string | null> => {
  const id = await textOf('/etc/machine-id');
  if (id === null) return null;
  const board = await textOf('/sys/class/dmi/id/product_uuid');
  return createHash('sha256')
    .update([id, hostname(), board ?? ''].join('\n'))
    .digest('hex')
    .slice(0, 24);
};

/** /proc may be that of another namespace, whose ids are others. */
const isOwnProc = async (): Promise<boolean> => (await linkOf('/proc/self')) === String(process.pid);

const lookAtSelf = async (): Promise<Holder> => ({
  pid: process.pid,
  start: await startIn('/proc/self'),
  host: hostname(),
  machine: await machineOf(),
  boot: await textOf('/proc/sys/kernel/random/boot_id'),
  pidns: await linkOf('/proc/self/ns/pid'),
  init: (await isOwnProc()) ? await startIn('/proc/1') : null,
});

let self: Promise<Holder> | null = null;

/** This process, for others to ask about. */
export const thisProcess = (): Promise<Holder> => (self ??= lookAtSelf());

/** `unknown`: nobody can tell from here; only a sign of life would. */
export type Life = 'alive' | 'gone' | 'unknown';

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
};

/** A later process with the same id has another start. Without /proc only the id can be asked for. */
const byPid = async ({ pid, start }: Holder): Promise<Life> => {
  const alive = start === null ? exists(pid) : (await startIn(`/proc/${pid}`)) === start;
  return alive ? 'alive' : 'gone';
};

/** The initial PID namespace (PROC_PID_INIT_INO in the kernel's proc_ns.h): its /proc has the processes of all others. */
const INITIAL = 'pid:[4026531836]';

/** Its id in the innermost namespace it is in; null if it cannot be told (hidepid), or it has just ended. */
const innerPid = async (folder: string): Promise<number | null> => {
  const status = await textOf(`${folder}/status`);
  const ids = /^NSpid:\s*(.*)$/m.exec(status ?? '')?.[1]?.split(/\s+/);
  return ids === undefined ? null : Number(ids.at(-1));
};

/** A namespace sees the processes of those made in it, by other ids. What it does not see may live all the same. */
const inOtherNamespace = async ({ pid, start, pidns }: Holder, here: Holder): Promise<Life> => {
  // Process 1 is hidden where any may be.
  let isWhole = here.pidns === INITIAL && (await isOwnProc()) && (await innerPid('/proc/1')) !== null;
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const folder = `/proc/${name}`;
    const [inner, began] = [await innerPid(folder), await startIn(folder)];
    if (began === null || (inner !== null && (inner !== pid || began !== start))) continue;
    const found = inner === null ? null : await namespaceOf(Number(name));
    if (found === pidns) return 'alive';
    // It may be the one: of another user's nobody may ask.
    isWhole &&= found !== null;
  }
  return isWhole ? 'gone' : 'unknown';
};

/**
 * Does this process live? Where it is of this kernel and its id is one here, its id and start say so. One of another
 * boot of this host is gone. Of others nobody knows.
 */
export const lifeOf = async (holder: Holder): Promise<Life> => {
  const here = await thisProcess();
  const isOld = holder.host === null;
  if (isOld) return byPid(holder);
  if (holder.boot !== here.boot)
    return holder.machine !== null && holder.machine === here.machine ? 'gone' : 'unknown';
  // Without /proc nothing but the name says that it is this host.
  if (holder.boot === null) return holder.host === here.host ? byPid(holder) : 'unknown';
  return holder.pidns === here.pidns && (await isOwnProc()) ? byPid(holder) : inOtherNamespace(holder, here);
};

/** Is there anything left of the PID namespace of a process, be that gone or not? */
export const lifeOfNamespace = async (holder: Holder): Promise<Life> =>
  holder.init === null ? 'unknown' : lifeOf({ ...holder, pid: 1, start: holder.init });

/** The PID namespace of a process of this host; null where it cannot be told. */
export const namespaceOf = (pid: number): Promise<string | null> => linkOf(`/proc/${pid}/ns/pid`);

/** `pid 12`, with where that is, if not here. */
export const holderWords = async ({ pid, host, boot, pidns }: Holder): Promise<string> => {
  const here = await thisProcess();
  if (host === null || (boot === here.boot && pidns === here.pidns)) return `pid ${pid}`;
  return boot === here.boot ? `pid ${pid} of another container` : `pid ${pid} on ${host}`;
};
