import { statSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A user without any right, by its number on every Linux. */
const NOBODY = '65534';
const PROJECT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const NODE = dirname(dirname(process.execPath));

/** The outermost folder on the way to a path that others may not enter, as root's home is; null: none. */
const closedOn = (path: string): string | null => {
  const names = path.split(sep).slice(1);
  const folders = names.map((_, depth) => sep + names.slice(0, depth + 1).join(sep));
  return folders.find((folder) => (statSync(folder).mode & 0o001) === 0) ?? null;
};

/** Puts an empty folder over each closed one, in a mount namespace of its own, and the places in it back to their paths. */
const OPENED = `
places=$1 closed=$2; shift 2
mount -t tmpfs tmpfs /mnt
IFS=:
n=0; for place in $places; do n=$((n + 1)); mkdir /mnt/$n; mount --bind "$place" /mnt/$n; done
for folder in $closed; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done
n=0; for place in $places; do n=$((n + 1)); mkdir -p "$place"; mount --bind /mnt/$n "$place"; done
unset IFS
cd "\${places%%:*}"
exec "$@"`;

/**
 * Runs what follows as a user without any right, in the project's folder, which is readable to it wherever it lies.
 * Needs root.
 *
 * @param rights further options of setpriv(1)
 */
export const asNobody = (...rights: readonly string[]): readonly string[] => {
  const places = [PROJECT, NODE].filter((place) => closedOn(place) !== null);
  const closed = [...new Set(places.map(closedOn))];
  const opened = ['unshare', '--mount', 'sh', '-ec', OPENED, 'sh', places.join(':'), closed.join(':')];
  const user = ['setpriv', '--reuid', NOBODY, '--regid', NOBODY, '--clear-groups', ...rights];
  return places.length === 0 ? user : [...opened, ...user];
};
