import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unknownName } from '../scenario/problem.js';
import { EXIT, KnownError } from '../model/error.js';

/** The ready scenarios of the labs: <package root>/scenarios/lab, from src/ as from dist/. */
const FOLDER = new URL('../../scenarios/lab/', import.meta.url);

/** Names of the ready scenarios: `vrrp-crash`, `vrrp-reboot`, … */
export const labNames = async (): Promise<string[]> =>
  (await readdir(fileURLToPath(FOLDER)))
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
  if (found === undefined)
    throw new KnownError(`--lab: ${unknownName(lab, 'a lab', names)}`, { exitCode: EXIT.usage });
  const text = await readFile(new URL(`${found}.yaml`, FOLDER), 'utf8');
  return text
    .replace(/^# yaml-language-server: .*\n#\n/, () =>
      about.schema === null ? '' : `# yaml-language-server: $schema=${about.schema}\n#\n`,
    )
    .replaceAll(`scenarios/lab/${found}.yaml`, about.file);
};
