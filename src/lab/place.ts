import { existsSync, readFileSync, readlinkSync, accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { KnownError } from '../model/error.js';
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
  control: join(LAB_DIR, 'control.sock'),
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

/** A program in this folder, as it was built: Node runs it by itself. */
export const programPath = (name: string): string => join(PACKAGE, 'dist', 'lab', `${name}.js`);

/** Also searched: users' PATH often lacks the administrator's folders. */
const ADMIN_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

const searchFolders = (): string[] => [...(process.env['PATH'] ?? '').split(':'), ...ADMIN_FOLDERS];

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** System packages (Debian's names) whose tools are not here. The list is shared with scripts/setup.mjs. */
export const missingPackages = (folders: readonly string[] = searchFolders()): string[] => {
  const file = join(PACKAGE, 'scripts', 'lab-packages.json');
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as {
    packages: readonly { readonly name: string; readonly tools: readonly string[] }[];
  };
  // conntrackd filters by protocol names: without /etc/protocols it silently syncs nothing.
  const found = (tool: string): boolean =>
    tool.startsWith('/') ? existsSync(tool) : folders.some((folder) => isProgram(join(folder, tool)));
  return packages.filter(({ tools }) => !tools.every(found)).map(({ name }) => name);
};

/** Throws KnownError if a tool of the lab is missing. */
export const requirePackages = (): void => {
  const missing = missingPackages();
  if (missing.length === 0) return;
  throw new KnownError(`the lab needs ${missing.join(', ')}`, {
    remedy: `npm run setup (as root), or apt-get install --no-install-recommends ${missing.join(' ')}`,
  });
};
