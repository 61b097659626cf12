// `npm run licenses`: what the package brings along, with its licences, from package-lock.json. `-` for stdout.
import { readFileSync, writeFileSync } from 'node:fs';
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

/** Parts of what `npm run build` writes into dist/ for the HTML reports. */
const BUNDLED = new Set(['echarts', 'zrender', 'tslib']);

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
const bundled = all.filter(({ name, isInstalled }) => !isInstalled && BUNDLED.has(name));

const columns = ['name', 'version', 'license', 'optional'];
const head = { name: 'package', version: 'version', license: 'licence', optional: 'optional' };

const table = (rows, of) => {
  const widths = of.map((column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (row) => `| ${of.map((column, index) => row[column].padEnd(widths[index])).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line), ''];
};

const text = [
  '# Licences',
  '',
  'seqgap is under the MIT licence (LICENSE). What `npm install -g` brings along with it, made by `npm run licenses`; each package has',
  'the text of its licence in its folder. What is optional may be missing: seqgap then does without.',
  '',
  ...table(installed, columns),
  ...(bundled.length === 0
    ? []
    : [
        '## In the HTML reports',
        '',
        'The script of a report has parts of these:',
        '',
        ...table(bundled, columns.slice(0, 3)),
      ]),
].join('\n');

if (process.argv[2] === '-') process.stdout.write(text);
else writeFileSync(join(root, 'docs/licenses.md'), text);
