import type { KnownError } from '../model/error.js';
import type { SshLogin } from '../model/login.js';

export interface CommandEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What is known of the folder that a path is in, or would be made in. */
export interface FolderState {
  /** The folder itself, or the nearest one above that exists. */
  readonly existing: string;
  readonly writable: boolean;
  readonly free_bytes: number;
}

/**
 * Where findings come from. Tests pass recorded texts; `hostSources` asks this host. Nothing here throws: what
 * cannot be had is null, or the error itself.
 */
export interface Sources {
  readonly platform: NodeJS.Platform;
  readonly execPath: string;
  readonly nodeVersion: string;
  readonly sshAgent: string | null;
  readonly cpus: number;
  /** The text of a file; null if it is not there or not readable. */
  file(path: string): Promise<string | null>;
  /** Runs a program to its end, in the C locale; null if it is not there, takes longer than `timeout_ms` or says more than can be meant. */
  run(program: string, args: readonly string[], timeout_ms: number): Promise<CommandEnd | null>;
  /** Opens and closes a raw ICMP socket through net-ping; null: it can be had. */
  rawSocket(family: 4 | 6): Promise<Error | null>;
  folder(path: string): Promise<FolderState>;
  /** The lab's packages (Debian's names) that are missing. */
  missingPackages(): readonly string[];
  /** Why there can be no lab here; null if there can. */
  lab(): Promise<KnownError | null>;
  /** Ways to log in that can be used unasked (`publickey`, `agent`…); for null those `ssh` itself would try. */
  sshMethods(login: SshLogin | null): Promise<readonly string[] | KnownError>;
}

/** The number a sysctl file holds; null if there is none. */
export const numberIn = async (sources: Sources, path: string): Promise<number | null> => {
  const text = await sources.file(path);
  const value = Number.parseInt(text ?? '', 10);
  return Number.isNaN(value) ? null : value;
};
