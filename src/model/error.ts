/** What the process says by its exit code (docs: README, "Exit codes"). */
export const EXIT = {
  pass: 0,
  limit: 1,
  inconclusive: 2,
  notRestored: 3,
  usage: 64,
  bug: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * An error with a known cause: shown as one line (what, where, remedy), never as a stack.
 * Anything else that is thrown is a bug.
 */
export class KnownError extends Error {
  readonly remedy: string | null;
  readonly exitCode: ExitCode;

  constructor(message: string, options: { remedy?: string; exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KnownError';
    this.remedy = options.remedy ?? null;
    this.exitCode = options.exitCode ?? EXIT.inconclusive;
  }
}

/** What somebody gave cannot be used: exit code 64. */
export const usage = (message: string, remedy?: string, cause?: unknown): KnownError =>
  new KnownError(message, {
    ...(remedy === undefined ? {} : { remedy }),
    exitCode: EXIT.usage,
    ...(cause === undefined ? {} : { cause }),
  });

/** The text of anything thrown, for messages. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * What the system says when a path that somebody gave cannot be used, in words. What is not here is no fault of a path
 * or of the host: a bug. ENOENT is not here either: where a file may be missing is known where it is opened.
 */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'a part of the path is no directory',
  ELOOP: 'symbolic links that go round in a circle',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'this process has no file descriptors left',
  ENFILE: 'this host has no file descriptors left',
  ENOSPC: 'no space left',
  EDQUOT: 'the quota is used up',
  EROFS: 'the file system is read-only',
  EIO: 'the device failed (I/O error)',
  ENXIO: 'is a socket or a device that is not there',
  ENODEV: 'is a device that is not there',
  ETXTBSY: 'is a program that is running',
  ESTALE: 'the file server does not know it any more',
  ENOMEM: 'no memory left',
};

const REMEDIES: Readonly<Record<string, string>> = {
  EMFILE: 'raise the limit (ulimit -n) and try again',
  ENFILE: 'end what holds so many files, or raise fs.file-max',
  ENOSPC: 'make room, or write elsewhere',
  EDQUOT: 'make room, or write elsewhere',
};

export const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;

/** Has the error this code (`EEXIST`, `ENOENT`)? */
export const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  codes.includes(codeOf(error) ?? '');

/** `is a directory`; null for what is no such error. */
export const fileErrorWords = (error: unknown): string | null => WORDS[codeOf(error) ?? ''] ?? null;

/** Why a file that somebody named cannot be read. */
export const readErrorWords = (error: unknown): string =>
  hasCode(error, 'ENOENT') ? 'no such file' : (fileErrorWords(error) ?? messageOf(error));

/** `cannot open results/x: is a directory`, and what to do (exit 64, or 2); null for what is no such error of the system. */
export const knownFileError = (error: unknown): KnownError | null => {
  const words = fileErrorWords(error);
  if (words === null || !(error instanceof Error) || !('syscall' in error)) return null;
  const about = 'path' in error && typeof error.path === 'string' ? ` ${error.path}` : '';
  const own = REMEDIES[codeOf(error) ?? ''];
  return new KnownError(`cannot ${String(error.syscall).split(' ', 1).join()}${about}: ${words}`, {
    remedy: own ?? 'check the path, and who may use it',
    // What the host has run out of says nothing against the command.
    exitCode: own === undefined ? EXIT.usage : EXIT.inconclusive,
    cause: error,
  });
};
