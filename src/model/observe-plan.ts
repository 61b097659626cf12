import type { Role } from './event.js';
import type { HttpLogin } from './login.js';
import type { Nanoseconds } from './time.js';

/**
 * What an observer reads (docs/observers.md). Each gives values for one or more subjects:
 *
 * - `role`       the role of every node by its own driver; subject: the node; with the device's own time of the change
 *                where the driver reads one (`since`)
 * - `driver`     a query of a driver file's `observers` section (owner of an address, routes), sent once with `params`
 *                or, if the file says so, to each node; subject: as the file says
 * - `http`       a GET of a URL, and a JMESPath expression into the JSON or XML answer
 * - `command`    a command on this host, and a regular expression or a JMESPath expression into its output
 * - `dns`        the addresses a resolver gives for a name, and their TTL
 * - `neighbour`  the link-layer address a vantage has for its gateway (ARP, ND)
 * - `ttl`        the TTL that replies of a stream arrive with; read from the probes, costs nothing
 */
export type ObserveSource =
  | { readonly kind: 'role' }
  | {
      readonly kind: 'driver';
      readonly driver: string;
      readonly query: string;
      readonly params: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly http: HttpLogin;
      readonly read: ReadPlan;
    }
  | { readonly kind: 'command'; readonly command: readonly string[]; readonly read: ReadPlan }
  | {
      readonly kind: 'dns';
      readonly name: string;
      readonly type: 'A' | 'AAAA' | 'CNAME';
      /** Address of the resolver, with a port if not 53; null: the system's. */
      readonly resolver: string | null;
    }
  | { readonly kind: 'neighbour'; readonly from: string; readonly address: string }
  | { readonly kind: 'ttl'; readonly stream: string };

/** How a value is found in an answer; what it does not find is the value `none`. */
export type ReadPlan =
  | { readonly by: 'text'; readonly pattern: string }
  | { readonly by: 'json' | 'xml'; readonly expression: string };

export interface ObservePlan {
  readonly name: string;
  readonly every_ns: Nanoseconds;
  /** After this long without an answer a poll has failed. */
  readonly timeout_ns: Nanoseconds;
  readonly source: ObserveSource;
}

/**
 * The milestone that ends a phase of the outage (docs/timeline.md):
 *
 * - `traffic`   the headline stream's sustained recovery; always the end of the last phase
 * - `accepted`  the trigger's acceptance ("API says done")
 * - `observed`  an observer shows a value: `is` one of these words, or `/a regular expression/`; `subject` null: any
 * - `role`      `node` (a name, `acted`: the node that was acted on, or `other`: any but that one) has this role
 */
export type MilestoneRule =
  | { readonly milestone: 'traffic' | 'accepted' }
  | {
      readonly milestone: 'observed';
      readonly observer: string;
      readonly subject: string | null;
      readonly is: string;
    }
  | { readonly milestone: 'role'; readonly node: string; readonly role: Role };

/** One phase of the outage: from where the one before ended (the first: from the first loss) until its milestone. */
export interface PhasePlan {
  readonly name: string;
  readonly until: MilestoneRule;
}
