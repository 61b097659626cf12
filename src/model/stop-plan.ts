import type { HttpLogin } from './login.js';
import type { ReadPlan } from './observe-plan.js';
import type { Nanoseconds } from './time.js';

/**
 * When a stop condition holds:
 *
 * - `command`  it exits with 0; it does not with 1; anything else is no answer
 * - `status`   a GET of the URL is answered with this status
 * - `read`     a GET of the URL gives a value: `is`, or `/a regular expression/`; null: any but `none`, `false` and `0`
 * - `file`     it is there
 */
export type StopSource =
  | { readonly kind: 'command'; readonly command: readonly string[] }
  | { readonly kind: 'status'; readonly url: string; readonly http: HttpLogin; readonly status: number }
  | {
      readonly kind: 'read';
      readonly url: string;
      readonly http: HttpLogin;
      readonly read: ReadPlan;
      readonly is: string | null;
    }
  | { readonly kind: 'file'; readonly path: string };

/** Something outside that breaks a trial off (`trial.stop-when`). */
export interface StopPlan {
  readonly name: string;
  readonly every_ns: Nanoseconds;
  /** After this long without an answer it could not be asked. */
  readonly timeout_ns: Nanoseconds;
  /** What it means where it cannot be asked. */
  readonly onError: 'stop' | 'ignore';
  readonly source: StopSource;
}
