import type { HttpLogin, SshLogin } from '../../../src/model/login.js';
import type { TestPair } from './pair.js';

export const FAULTS = ['garbled', 'slow', 'refused', 'cut'] as const;
export type Fault = (typeof FAULTS)[number];

/** What goes wrong, once, with the next answer to what matches. Whatever was asked is done, unless it is refused. */
export interface Mishap {
  readonly of: RegExp;
  readonly fault: Fault;
}

/** One unit, behind its management address. */
export interface TestNode {
  readonly ssh: SshLogin | null;
  readonly http: HttpLogin | null;
  readonly params: Readonly<Record<string, string>>;
  /** Every line typed, and every request with its body, in order. */
  readonly sent: () => readonly string[];
  mishap: Mishap | null;
  stop(): Promise<void>;
}

export interface Vendor {
  /** Of the driver. */
  readonly name: string;
  /** What asks for the role, what switches, what takes it back (null if nothing has to be), and what reboots (null if nothing does). */
  readonly question: RegExp;
  readonly action: RegExp;
  readonly undo: RegExp | null;
  readonly reboot: RegExp | null;
  start(pair: TestPair): Promise<readonly [TestNode, TestNode]>;
}
