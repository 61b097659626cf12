import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE } from '../package-folder.js';

/** Where a lab keeps its things: a tmpfs of its own, at the same path in every lab, so scenarios can name it. */
export const LAB_DIR = '/run/seqgap/lab';

/** Set for every process of a lab's jump. */
export const LAB_ENV = 'SEQGAP_LAB';

export const labPaths = {
  sshKey: join(LAB_DIR, 'id_ed25519'),
  knownHosts: join(LAB_DIR, 'known_hosts'),
  truth: join(LAB_DIR, 'truth.jsonl'),
  /** True transitions of the control plane (ground/transitions.ts). */
  transitions: join(LAB_DIR, 'transitions.jsonl'),
  socket: join(LAB_DIR, 'control.sock'),
  log: join(LAB_DIR, 'lab.log'),
  /** The jump's network namespace, as the lab's init saw it (`net:[4026532…]`). */
  jump: join(LAB_DIR, 'jump.net'),
  /** Start files of one machine; its init copies them to a tmpfs of its own. */
  machine: (name: string): string => join(LAB_DIR, 'machines', name),
  /** Process id of a machine's init, as seen from the jump; absent while it has no power. */
  pid: (name: string): string => join(LAB_DIR, `${name}.pid`),
} as const;

/**
 * Is this process in a lab's jump namespace? The variable alone proves nothing (it may be left over in a
 * shell), so the namespace is compared with what the lab's init wrote down.
 */
export const inLab = (env: NodeJS.ProcessEnv = process.env): boolean => {
  if (env[LAB_ENV] !== LAB_DIR || !existsSync(labPaths.jump)) return false;
  return readFileSync(labPaths.jump, 'utf8').trim() === readlinkSync('/proc/self/ns/net');
};

/** A program in this folder (NAME.program.ts), as it was built: Node runs it by itself. */
export const programPath = (name: string): string => join(PACKAGE, 'dist', 'lab', `${name}.program.js`);
