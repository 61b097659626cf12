import { codeOf, EXIT, KnownError, messageOf } from '../model/error.js';

interface Reason {
  readonly what: string;
  readonly remedy: string;
}

const REASONS: Readonly<Record<string, Reason>> = {
  ENOSPC: {
    what: 'no space left on the device',
    remedy: 'free some space, or choose another place with --out',
  },
  EDQUOT: {
    what: 'the disk quota is used up',
    remedy: 'free some space, or choose another place with --out',
  },
  EROFS: { what: 'the file system is read-only', remedy: 'choose another place with --out' },
  EIO: {
    what: 'input/output error',
    remedy: "see the kernel's log (dmesg) for the device, or use another with --out",
  },
  EACCES: { what: 'permission denied', remedy: 'choose a folder you may write to with --out' },
  EPERM: { what: 'operation not permitted', remedy: 'choose a folder you may write to with --out' },
  ENOTDIR: { what: 'a part of the path is not a folder', remedy: 'choose another place with --out' },
  EMFILE: { what: 'too many open files', remedy: 'raise the limit (ulimit -n)' },
};

/** The one line for a failed write; what is already on disk stays there and can be read back. */
export const writeError = (path: string, error: unknown): KnownError => {
  const reason = REASONS[codeOf(error) ?? ''] ?? {
    what: messageOf(error),
    remedy: 'choose another place with --out',
  };
  return new KnownError(`cannot write ${path}: ${reason.what}`, {
    remedy: reason.remedy,
    exitCode: EXIT.inconclusive,
    cause: error,
  });
};

/**
 * The first write error of a run, kept for whoever runs it. Raw logs are written behind the measurement's back,
 * so their errors cannot be thrown at anyone: they are surfaced here, once.
 */
export class WriteFailure {
  /** Resolves with the first failure; stays pending while all is well. Never rejects. */
  readonly first: Promise<KnownError>;
  #error: KnownError | null = null;
  #resolve: (error: KnownError) => void = () => undefined;

  constructor() {
    this.first = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** The failure, if there was one. */
  get error(): KnownError | null {
    return this.#error;
  }

  report(error: KnownError): void {
    if (this.#error !== null) return;
    this.#error = error;
    this.#resolve(error);
  }
}
