// What the package brings along: from package-lock.json and the last build.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));

/** `node_modules/a/node_modules/@b/c` → `@b/c` */
const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** The lock file has most licences; some packages state theirs in an old form that npm leaves out. */
const licenseOf = (path, entry) => {
  if (typeof entry.license === 'string') return entry.license;
  try {
    const { license, licenses } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
    const said = license ?? licenses?.map(({ type }) => type).join(' OR ');
    return typeof said === 'string' ? said : (said?.type ?? 'unknown');
  } catch {
    return 'unknown';
  }
};

/** `name version` of what `npm run build` put into dist/, from the notices that it wrote. */
const notices = readFileSync(join(root, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
const BUNDLED = new Set(
  notices.split(/\n-{72}\n/).map((notice) => /^(\S+ \S+) \([^\n]*\)$/m.exec(notice)?.[1]),
);

const byName = (a, b) =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : Number(a.version > b.version);

const all = Object.entries(packages)
  .filter(([path]) => path !== '')
  .map(([path, entry]) => ({
    name: nameOf(path),
    version: entry.version,
    license: licenseOf(path, entry),
    optional: entry.optional === true ? 'yes' : '',
    isInstalled: entry.dev !== true && entry.devOptional !== true,
  }))
  .sort(byName)
  // The same version may lie in several folders.
  .filter((each, index, sorted) => index === 0 || byName(each, sorted[index - 1]) !== 0);

/** What `npm install` puts beside it: `name`, `version`, `license`, `optional`. */
export const installed = all.filter(({ isInstalled }) => isInstalled);
/** What is part of dist/. */
export const bundled = all.filter(({ name, version }) => BUNDLED.has(`${name} ${version}`));
