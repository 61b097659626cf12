import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';

interface Bill {
  readonly bomFormat: string;
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly 'bom-ref': string;
    readonly licenses?: readonly unknown[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const root = join(import.meta.dirname, '../../..');
let bill: Bill;
beforeAll(async () => {
  const script = (await import(pathToFileURL(join(root, 'scripts/sbom.mjs')).href)) as {
    readonly billOfMaterials: (node: string) => string;
  };
  bill = JSON.parse(script.billOfMaterials('24.0.0')) as Bill;
});

test('the bill of materials lists what docs/licenses.md does, and the Node of the executables', async () => {
  const page = await readFile(join(root, 'docs/licenses.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (\S+) +\| (\d\S*) +\|/gm)].map(
    ([, name, version]) => `${name} ${version}`,
  );
  const listed = bill.components.map(({ name, version }) => `${name} ${version}`);
  expect(bill.bomFormat).toBe('CycloneDX');
  expect([...new Set(listed)].toSorted()).toEqual([...new Set([...rows, 'node 24.0.0'])].toSorted());
});

test('it names no package that it does not list', () => {
  const known = new Set([...bill.components.map((each) => each['bom-ref']), bill.dependencies[0]?.ref]);
  for (const { ref, dependsOn } of bill.dependencies)
    for (const each of [ref, ...dependsOn]) expect(known).toContain(each);
});
