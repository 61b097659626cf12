import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { hasCode, KnownError, messageOf } from '../../model/error.js';
import { jsonOf } from '../../model/json.js';
import { holderSchema, lifeOf, thisProcess, type Life } from '../../trigger/act/holder.js';
import { hostState, writeState } from '../../trigger/act/pair-keys.js';

const ongoingSchema = z.object({
  format: z.literal(1),
  kind: z.enum(['watch', 'run']),
  /** For people: `10.4.4.4, 10.4.4.4:443`, the name of a scenario. */
  what: z.string(),
  /** Absolute path of its folder; null: it keeps no record. */
  run: z.string().nullable(),
  since_utc: z.string(),
  /** Started by `watch start`: no terminal has it. */
  background: z.boolean(),
  /** Where it hears what its user has to say. */
  socket: z.string(),
  holder: holderSchema,
});

/** A watch or a run that goes on on this host, or did when it was last heard of. */
export type Ongoing = z.output<typeof ongoingSchema>;

export interface FoundOngoing extends Ongoing {
  readonly life: Life;
  /** Its own file here. */
  readonly path: string;
}

const FOLDER = 'ongoing';
/** What the name of a socket's folder begins with. */
export const SOCKET_FOLDER = 'seqgap-desk-';

const folderPath = (): string => join(hostState(), FOLDER);

const namesIn = async (folder: string): Promise<string[]> => {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw new KnownError(`cannot look for what goes on in ${folder}: ${messageOf(error)}`, {
      remedy: 'make it readable, or set XDG_STATE_HOME',
      cause: error,
    });
  }
};

/** One that is damaged, or was taken away meanwhile, tells of nothing. */
const readOne = async (path: string): Promise<FoundOngoing[]> => {
  const text = await readFile(path, 'utf8').catch(() => '');
  const parsed = ongoingSchema.safeParse(jsonOf(text));
  return parsed.success ? [{ ...parsed.data, path, life: await lifeOf(parsed.data.holder) }] : [];
};

/** A home that several hosts share has those of the others, too: of them nobody knows here. */
const isHere = async ({ life, holder }: FoundOngoing): Promise<boolean> =>
  life !== 'unknown' || holder.boot === (await thisProcess()).boot;

/** What this user has going on on this host, and what was killed since somebody looked, the oldest first. Throws KnownError. */
export const findOngoing = async (): Promise<readonly FoundOngoing[]> => {
  const folder = folderPath();
  const found = await Promise.all((await namesIn(folder)).map((name) => readOne(join(folder, name))));
  const here = await Promise.all(found.flat().map(async (each) => ((await isHere(each)) ? [each] : [])));
  return here.flat().toSorted((a, b) => (a.since_utc < b.since_utc ? -1 : 1));
};

/** What was killed leaves its file behind, and the folder of its socket. */
export const forgetGone = async (all: readonly FoundOngoing[]): Promise<void> => {
  for (const { path, life, socket } of all) {
    if (life !== 'gone') continue;
    await rm(path, { force: true }).catch(() => undefined);
    const folder = dirname(socket);
    if (basename(folder).startsWith(SOCKET_FOLDER))
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
};

let registered = 0;

/** From now on others find it. Rejects with the system's error. @returns how to end that. */
export const register = async (given: Omit<Ongoing, 'format' | 'holder'>): Promise<() => Promise<void>> => {
  // One in the background that was killed is for `watch status` to tell of.
  await forgetGone((await findOngoing()).filter(({ background }) => !background));
  registered += 1;
  const holder = await thisProcess();
  const path = join(folderPath(), `${holder.pid}-${holder.start ?? 0}-${registered}.json`);
  const entry: Ongoing = { format: 1, ...given, holder };
  await writeState(path, `${JSON.stringify(entry)}\n`);
  return () => rm(path, { force: true }).catch(() => undefined);
};
