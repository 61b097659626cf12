// `npm run release`: everything that a release consists of, in build/release: the npm package, the executables, the Debian packages, a bill
// of materials (CycloneDX), the licences, and the sums of all. It publishes nothing.
//   npm run release                          x64 and arm64
//   npm run release -- --arch x64            one processor only
//   npm run release -- --draft               also of a working tree that is not a version's own
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { NODE } from './executable-node.mjs';
import { billOfMaterials } from './sbom.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, 'build/release');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { values } = parseArgs({
  options: {
    arch: { type: 'string', multiple: true, default: ['x64', 'arm64'] },
    node: { type: 'string', default: NODE },
    compression: { type: 'string', default: 'xz' },
    draft: { type: 'boolean', default: false },
  },
});

const run = (command, args) =>
  execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const script = (name, ...args) =>
  process.stdout.write(run(process.execPath, [join('scripts', name), ...args]));

const refuse = (why) => {
  console.error(`release: ${why}\n  → mend it, or make a draft: npm run release -- --draft`);
  process.exit(1);
};
if (!values.draft) {
  if (run('git', ['status', '--porcelain']).trim() !== '')
    refuse('the working tree has changes that are not committed');
  const heading = /^## (.*)$/m.exec(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'))?.[1] ?? '';
  if (!new RegExp(`^\\[?${version.replaceAll('.', '\\.')}\\]?\\D*\\d{4}-\\d{2}-\\d{2}$`).test(heading))
    refuse(`CHANGELOG.md begins with "${heading}", not with ${version} and its date`);
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
run('npm', ['pack', '--silent', '--pack-destination', out]);
for (const arch of values.arch) script('executable.mjs', '--arch', arch, '--node', values.node, '--out', out);
script('deb.mjs', '--from', out, '--out', out, '--compression', values.compression);

writeFileSync(
  join(out, `seqgap-${version}.cdx.json`),
  billOfMaterials(values.node.includes('/') ? null : values.node),
);

for (const name of readdirSync(out).filter((each) => each.endsWith('.sha256'))) rmSync(join(out, name));
const names = readdirSync(out).toSorted();
const sums = names.map(
  (name) =>
    `${createHash('sha256')
      .update(readFileSync(join(out, name)))
      .digest('hex')}  ${name}\n`,
);
writeFileSync(join(out, 'SHA256SUMS'), sums.join(''));
console.log(`${names.length} files and SHA256SUMS are in build/release`);
