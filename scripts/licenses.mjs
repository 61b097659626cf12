// `npm run licenses`: what the package brings along, with its licences, from package-lock.json and the last build. `-` for
// stdout.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable } from './markdown-table.mjs';
import { bundled, installed } from './shipped.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
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
  'What `npm install -g` brings along, each with the text of its licence in its folder. What is optional may be missing.',
  '',
  ...table(installed, columns),
  '## Bundled in it',
  '',
  'In the program and its HTML reports; notices: `dist/THIRD-PARTY-LICENSES.txt`.',
  '',
  ...table(bundled, columns.slice(0, 3)),
].join('\n');

if (process.argv[2] === '-') process.stdout.write(text);
else writeFileSync(join(root, 'docs/licenses.md'), text);
