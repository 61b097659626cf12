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

/** The text of anything thrown, for messages. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
