import { createReadStream, statSync } from 'node:fs';
import { createGzip } from 'node:zlib';
import { requireTime } from '../../deadline.js';
import { KnownError } from '../../model/error.js';
import { brief } from '../../model/outside.js';
import type { VantagePlan } from '../../model/plan.js';
import { ns, type Clock } from '../../model/time.js';
import { sshCause } from '../../ssh/system-error.js';
import { toolVersion } from '../../terminal.js';
import { executableFor, sumsOnce } from './executable.js';
import { type FarReflector, startReflector } from './far-reflector.js';
import {
  checkScript,
  copyScript,
  holdScript,
  isPlainPath,
  lookScript,
  programIn,
  removeScript,
} from './far-scripts.js';
import { askFar, farShell, type FarAnswer, type FarScript } from './far-shell.js';

/** Once it is unpacked there, beside the executable itself. */
const UNPACKED_KIB = 40 * 1024;
/** Of copying, each from where the one before broke off. */
const TRIES = 4;
/** A connection on which nothing moves for so long is given up. */
const STALLED_MS = 30_000;
/** For what takes a moment on a host that answers. */
const PATIENCE_MS = 60_000;
const TOLD_EVERY = ns(5e9);

/** The executable at a vantage, for as long as it is held. */
export interface Pushed {
  /** Where it lies. */
  readonly folder: string;
  /** Removes what was copied. @returns why that is not known to have happened; null: the far host said it is gone */
  remove(): Promise<string | null>;
}

export interface PushOptions {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly say: (text: string) => void;
}

const lastOf = ({ said }: FarAnswer, word: string): string | undefined =>
  said.findLast(([each]) => each === word)?.[1];

/** Of the C library, as Node's own programs are built. */
const OLDEST_GLIBC = 28;

/** @param libc as the far host says it, empty: it does not. @returns why the executable cannot run there; null: nothing is known against it */
const libcProblem = (libc: string): string | null => {
  const minor = /^glibc 2\.(\d+)/.exec(libc)?.[1];
  return libc === 'musl' || (minor !== undefined && Number(minor) < OLDEST_GLIBC)
    ? `its C library is ${brief(libc)}; the executable needs glibc 2.${OLDEST_GLIBC} or newer`
    : null;
};

const noFolder = ({ said, stderr }: FarAnswer): string =>
  [
    'no folder for seqgap there',
    ...said.filter(([word]) => word === 'refused').map(([, why]) => brief(why)),
    ...(stderr === '' ? [] : [brief(stderr)]),
  ].join('; ');

/** The far host, with what is asked of it in turn. */
class FarHost {
  readonly #vantage: VantagePlan;
  readonly #options: PushOptions;

  constructor(vantage: VantagePlan, options: PushOptions) {
    this.#vantage = vantage;
    this.#options = options;
  }

  error(what: string, remedy?: string): KnownError {
    return new KnownError(`vantage ${this.#vantage.name}: ${what}`, remedy === undefined ? {} : { remedy });
  }

  say(text: string): void {
    this.#options.say(`${this.#vantage.name}: ${text}`);
  }

  async ask(script: string, heed = true): Promise<FarAnswer> {
    const late = AbortSignal.timeout(PATIENCE_MS);
    const signal = heed ? AbortSignal.any([this.#options.signal, late]) : late;
    const answer = await askFar(this.#vantage.prefix, script, signal);
    if (heed) requireTime(this.#options.signal);
    return answer;
  }

  start(script: string): FarScript {
    return farShell(this.#vantage.prefix, script, this.#options.signal);
  }

  noShell({ stderr, code }: FarAnswer): KnownError {
    const { kind, prefix } = this.#vantage;
    const cause = kind === 'ssh' ? sshCause(stderr) : null;
    return this.error(
      `no shell answered there: ${cause?.what ?? (brief(stderr) || `code ${code}`)}`,
      cause?.remedy ?? `try it by hand: ${[...prefix, 'uname', '-sm'].join(' ')}`,
    );
  }

  /** A private folder from which may be executed. */
  async look(): Promise<{ folder: string; path: string; isPacked: boolean }> {
    // What the host is decides what is copied, and so how much room that takes.
    const first = await this.ask('echo "seqgap: machine $(uname -s) $(uname -m)"\n');
    const machine = lastOf(first, 'machine');
    if (machine === undefined) throw this.noShell(first);
    const found = executableFor(machine);
    if ('why' in found) throw this.error(found.why, found.remedy);
    const { path } = found;
    const answer = await this.ask(lookScript(Math.ceil(statSync(path).size / 1024) + UNPACKED_KIB));
    const has = (what: string): boolean =>
      answer.said.some(([word, rest]) => word === 'has' && rest === what);
    const wrongLibc = libcProblem(lastOf(answer, 'libc') ?? '');
    const folder = lastOf(answer, 'folder');
    const instead = 'or install seqgap there (npm) and leave out push';
    if (folder === undefined) throw this.error(wrongLibc ?? noFolder(answer), instead);
    if (!isPlainPath(folder))
      throw this.error(`its temporary folder has a name that cannot be used: ${brief(folder)}`, instead);
    const wrong =
      wrongLibc ??
      (has('sha256sum') ? null : 'it has no sha256sum, so what is copied there could not be checked');
    if (wrong !== null) {
      await this.ask(removeScript(folder), false);
      throw this.error(wrong, instead);
    }
    return { folder, path, isPacked: has('gzip') };
  }

  /** @returns octets that are there when it ends */
  async #send(
    path: string,
    script: string,
    from: (octets: number) => void,
    isPacked: boolean,
  ): Promise<FarAnswer> {
    const shell = this.start(script);
    let stalled: NodeJS.Timeout | undefined;
    const moved = (): void => {
      clearTimeout(stalled);
      stalled = setTimeout(() => shell.kill(), STALLED_MS);
    };
    try {
      moved();
      const there = Number(await shell.word('ready'));
      from(there);
      const file = createReadStream(path, { start: there, highWaterMark: 1 << 18 });
      const source = isPacked ? file.pipe(createGzip({ level: 1 })) : file;
      void shell.ended.then(() => source.destroy());
      for await (const chunk of source) {
        await shell.write(chunk as Buffer);
        moved();
        from(there + file.bytesRead);
      }
      file.destroy();
      shell.end();
    } catch {
      // That it ended is told by its answer.
    }
    const answer = await shell.ended;
    clearTimeout(stalled);
    return answer;
  }

  async copy(path: string, folder: string, isPacked: boolean): Promise<void> {
    const whole = statSync(path).size;
    const mib = (octets: number): string => (octets / 2 ** 20).toFixed(0);
    this.say(`copying seqgap there, ${mib(whole)} MiB`);
    const { clock } = this.#options;
    let told = clock.monotonic();
    let furthest = -1;
    for (let attempt = 1; ; attempt++) {
      let begun = -1;
      const answer = await this.#send(
        path,
        copyScript(folder, isPacked),
        (octets) => {
          if (begun === -1) begun = octets;
          if (clock.monotonic() - told < TOLD_EVERY) return;
          told = clock.monotonic();
          this.say(`${mib(octets)} of ${mib(whole)} MiB`);
        },
        isPacked,
      );
      requireTime(this.#options.signal);
      if (answer.code === 0) return;
      const why = brief(answer.stderr) || `the connection ended with code ${answer.code}`;
      // Again only while each attempt finds more there than the one before.
      if (
        attempt === TRIES ||
        (begun <= furthest && attempt > 1) ||
        /no space|quota|file too large/i.test(why)
      )
        throw this.error(
          `seqgap could not be copied there: ${why}`,
          'check the connection and the room on its disk',
        );
      furthest = begun;
      this.say(`copying broke off (${why}); it goes on from where it was`);
    }
  }

  async check(folder: string, sha256: string): Promise<void> {
    const answer = await this.ask(checkScript(folder, sha256));
    const version = lastOf(answer, 'version')?.trim();
    if (version === toolVersion()) return;
    throw this.error(
      version !== undefined
        ? `seqgap was copied there, but does not run: ${brief(version)}`
        : `what arrived there is not what was sent${answer.stderr === '' ? '' : `: ${brief(answer.stderr)}`}`,
      'or install seqgap there (npm) and leave out push',
    );
  }
}

/**
 * Copies the single executable to a vantage, checks it by its SHA-256, and holds it there until `remove`. The far host
 * removes it by itself when this process or the connection ends in another way.
 * @throws KnownError with the vantage's name; what was copied is removed then
 */
const pushTo = async (
  vantage: VantagePlan,
  sumOf: (path: string) => Promise<string>,
  options: PushOptions,
): Promise<Pushed> => {
  const host = new FarHost(vantage, options);
  const { folder, path, isPacked } = await host.look();
  // From here on the folder is held: on every way out it goes.
  const holder = farShell(vantage.prefix, holdScript(folder));
  const remove = async (): Promise<string | null> => {
    holder.end();
    const late = setTimeout(() => holder.kill(), PATIENCE_MS);
    const { said, stderr } = await holder.ended;
    clearTimeout(late);
    if (said.some(([word]) => word === 'gone')) return null;
    const again = await host.ask(removeScript(folder), false);
    return again.said.some(([word]) => word === 'gone')
      ? null
      : `${folder} at ${vantage.name} may still be there: ${brief(again.stderr || stderr) || 'the host did not say that it is gone'}`;
  };
  try {
    await holder.word('held');
    const sha256 = await sumOf(path);
    await host.copy(path, folder, isPacked);
    await host.check(folder, sha256);
    return { folder, remove };
  } catch (error) {
    const left = await remove();
    if (left !== null) options.say(left);
    throw error;
  }
};

/** Vantages with the commands of their agents. */
export interface PushedVantages {
  readonly vantages: VantagePlan[];
  /** Aborted when one that reflects does so no more; `failure` says which. */
  readonly failed: AbortSignal;
  failure(): KnownError | null;
  /** What is not known to be gone is said. */
  remove(): Promise<void>;
}

/** Every vantage that is to be pushed, at once; the others as they are. */
export const pushAll = async (
  vantages: readonly VantagePlan[],
  options: PushOptions,
): Promise<PushedVantages> => {
  const sumOf = sumsOnce();
  /** How to end what runs there, then to remove what was copied. */
  const undo: (() => Promise<string | null>)[] = [];
  const failing = new AbortController();
  let failure: KnownError | null = null;
  const fail = (error: KnownError): void => {
    failure ??= error;
    failing.abort();
  };
  const remove = async (): Promise<void> => {
    for (const left of await Promise.all(undo.map((each) => each()))) if (left !== null) options.say(left);
  };
  const made = await Promise.allSettled(
    vantages.map(async (vantage) => {
      if (vantage.push !== true) return vantage;
      const { name, prefix, reflect } = vantage;
      const there = await pushTo(vantage, sumOf, options);
      let far: FarReflector | null = null;
      undo.push(async () => {
        await far?.end();
        return there.remove();
      });
      const agent = [...programIn(there.folder), 'agent'];
      if (reflect === undefined) return { ...vantage, agent };
      far = await startReflector({ name, prefix }, there.folder, reflect, options.signal);
      void far.failed.then(fail);
      return { ...vantage, agent };
    }),
  );
  const failed = made.find((each) => each.status === 'rejected');
  if (failed !== undefined) {
    await remove();
    throw failed.reason;
  }
  return {
    vantages: made.flatMap((each) => (each.status === 'fulfilled' ? each.value : [])),
    failed: failing.signal,
    failure: () => failure,
    remove,
  };
};
