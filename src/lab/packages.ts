import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KnownError } from '../model/error.js';
import { PACKAGE } from '../package-folder.js';

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
