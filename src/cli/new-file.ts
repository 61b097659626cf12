import { access } from 'node:fs/promises';
import { usage } from '../model/error.js';

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** A file that is there is replaced only by who says so. Throws KnownError (usage). */
export const refuseExisting = async (file: string, force: boolean): Promise<void> => {
  if (!force && (await exists(file)))
    throw usage(`${file} exists already`, 'choose another file with --out, or replace it with --force');
};
