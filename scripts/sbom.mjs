// The bill of materials of a release, in CycloneDX's form.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundled, installed } from './shipped.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const nodeOf = (version) => ({
  'bom-ref': `node@${version}`,
  type: 'platform',
  name: 'node',
  version,
  // In the executables only.
  scope: 'optional',
  licenses: [{ license: { id: 'MIT' } }],
  purl: `pkg:generic/node@${version}`,
});

/**
 * npm lists what is installed here, tools of development too; only what is handed on stays.
 *
 * @param node the version in the executables; null: not one of npm's
 */
export const billOfMaterials = (node) => {
  const command = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const bill = JSON.parse(execFileSync('npm', command, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 }));
  const shipped = new Set([...installed, ...bundled].map((each) => `${each.name}@${each.version}`));
  const components = bill.components.filter(({ name, version }) => shipped.has(`${name}@${version}`));
  const kept = new Set([bill.metadata.component, ...components].map((each) => each['bom-ref']));
  const dependencies = bill.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => kept.has(each)) }));
  const whole = {
    ...bill,
    components: [...components, ...(node === null ? [] : [nodeOf(node)])],
    dependencies,
  };
  return `${JSON.stringify(whole, null, 2)}\n`;
};
