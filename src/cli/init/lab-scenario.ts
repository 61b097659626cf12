import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { unknownName } from '../../yaml/problem.js';
import { usage } from '../../model/error.js';
import { PACKAGE } from '../../package-folder.js';

/** The ready scenarios of the labs. */
const FOLDER = join(PACKAGE, 'scenarios', 'lab');

/** Names of the ready scenarios: `vrrp-crash`, `vrrp-reboot`, … */
export const labNames = async (): Promise<string[]> =>
  (await readdir(FOLDER))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => basename(name, '.yaml'))
    .sort();

/**
 * A ready scenario of a lab by its name, or the first of a design (`vrrp`), with what it says of its own file put
 * right. Throws KnownError (usage) where there is none.
 */
export const labScenario = async (
  lab: string,
  about: { readonly file: string; readonly schema: string | null },
): Promise<string> => {
  const names = await labNames();
  const found = names.find((name) => name === lab) ?? names.find((name) => name.startsWith(`${lab}-`));
  if (found === undefined) throw usage(`--lab: ${unknownName(lab, 'a lab', names)}`);
  const text = await readFile(join(FOLDER, `${found}.yaml`), 'utf8');
  return text
    .replace(/^# yaml-language-server: .*\n#\n/, () =>
      about.schema === null ? '' : `# yaml-language-server: $schema=${about.schema}\n#\n`,
    )
    .replaceAll(`scenarios/lab/${found}.yaml`, about.file);
};
