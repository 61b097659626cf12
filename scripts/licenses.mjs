// `npm run licenses`: what the package brings along, with its licences, from package-lock.json and the last build. `-` for
// stdout.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable } from './markdown-table.mjs';

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

const installed = all.filter(({ isInstalled }) => isInstalled);
const bundled = all.filter(({ name, version }) => BUNDLED.has(`${name} ${version}`));

const columns = ['name', 'version', 'license', 'optional'];
const head = { name: 'package', version: 'version', license: 'licence', optional: 'optional' };

const table = (rows, of) => markdownTable([head, ...rows].map((row) => of.map((column) => row[column])));

const text = [
  '# Licences',
  '',
  'seqgap is under the MIT licence (LICENSE). `npm run licenses` makes these lists.',
  '',
  '## Installed beside it',
  '',
  'What `npm install -g` brings along; each package has the text of its licence in its folder. What is optional may be missing: seqgap',
  'then does without.',
  '',
  ...table(installed, columns),
  '## Bundled in it',
  '',
  'Parts of the program, and of the script in its HTML reports. Their notices are in `dist/THIRD-PARTY-LICENSES.txt`.',
  '',
  ...table(bundled, columns.slice(0, 3)),
].join('\n');

if (process.argv[2] === '-') process.stdout.write(text);
else writeFileSync(join(root, 'docs/licenses.md'), text);
