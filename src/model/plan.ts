import type { Role } from './event.js';
import { ns, type Nanoseconds } from './time.js';

/** The measurands that disagree (docs/method.md, "Four measurands"), but for sessions. */
export type StreamClass = 'stateless' | 'new-tcp' | 'name-resolution' | 'application';
export type SessionKind = 'tcp' | 'ssh' | 'http';
export type IcmpEngine = 'auto' | 'net-ping' | 'ping';

/** What a STAMP stream (RFC 8762, unauthenticated) says of itself in its packets. */
export interface StampPlan {
  /** Session identifier of flow 0 (RFC 8972 §3); flow i has this plus i. */
  readonly ssid: number;
  /** Format of the time stamps (Z bit, RFC 8762 §4.2.1). */
  readonly timestamps: 'ntp' | 'ptp';
  /**
   * With `far-end` there are two senders on the same flows. `near`: sends, and reflects what the far end sends; `far`:
   * waits on its own port for the near end, reflects, and sends back over the same path; null: only sends.
   */
  readonly end: 'near' | 'far' | null;
}

/** A DNS server and its port. */
export interface ResolverPlan {
  readonly address: string;
  readonly port: number;
}

/** What a DNS stream asks; whom, is the stream's target. */
export interface DnsProbePlan {
  readonly query: string;
  readonly record: 'A' | 'AAAA';
}

/** How a probe of an HTTP stream comes to its answer. */
export interface HttpProbePlan {
  readonly path: string;
  /** `once`: before the stream begins; `each`: for every probe; `cached`: again when the TTL of the answer has run out. */
  readonly resolve: 'once' | 'each' | 'cached';
  /** null: the system's name service (`once`), the first name server of the vantage. */
  readonly resolver: ResolverPlan | null;
}

/** What one stream of probes is to do; everything resolved, nothing optional left open. */
export interface StreamPlan {
  readonly name: string;
  readonly type: 'icmp' | 'tcp' | 'stamp' | 'dns' | 'http';
  /** Name of the vantage. */
  readonly from: string;
  /** Host name or address as the scenario gives it; resolved once, at the vantage, unless `http` says otherwise. */
  readonly host: string;
  /** Not ICMP. */
  readonly port: number | null;
  /** 4 or 6 forces a family; null takes that of the first address found. */
  readonly family: 4 | 6 | null;
  readonly every_ns: Nanoseconds;
  /** How long to wait for a reply before the probe is written as lost. */
  readonly wait_ns: Nanoseconds;
  /** Octets of ICMP or UDP payload. */
  readonly size: number;
  readonly control: boolean;
  readonly engine: IcmpEngine;
  /** Flows with a source port (ICMP: an identifier) of their own, each probed every `every_ns` (RFC 6414 §3.5). */
  readonly flows: number;
  /** STAMP only. */
  readonly stamp: StampPlan | null;
  /** Left out by all other streams, as is `http`. */
  readonly dns?: DnsProbePlan;
  readonly http?: HttpProbePlan;
}

export interface SshLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Path of a private key. */
  readonly key: string | null;
  readonly passphrase: string | null;
  readonly password: string | null;
  /** Use the agent at SSH_AUTH_SOCK. */
  readonly agent: boolean;
  /** `known_hosts` file to check against; null: no check was asked for (`host-key: ignore`). */
  readonly knownHosts: string | null;
  readonly timeout_ns: Nanoseconds;
}

/** How long before the trigger a session is opened; `during`: while the outage lasts. */
export type SessionAge = Nanoseconds | 'during';

/** What a scenario may say of its sessions beyond the least; see `PLAIN_SESSION` for what holds if it does not. */
export interface SessionManner {
  /** Octets of each heartbeat. */
  readonly payload: number;
  /** One exchange after it was opened, then nothing until the recovery has held. */
  readonly idle: boolean;
  /** Who sends the heartbeats, and with them the first word after the trigger. */
  readonly speaksFirst: 'client' | 'server';
  /** Strata, each with `count` connections of its own; empty: all are opened before the steady time. */
  readonly ages: readonly SessionAge[];
  /** Idle time before the kernel's keep-alive probes (SO_KEEPALIVE); null: none are sent. */
  readonly keepalive_ns: Nanoseconds | null;
  /** New connections, one exchange each, instead of long-lived ones; null: long-lived. */
  readonly openEvery_ns: Nanoseconds | null;
  /** After this long an exchange of a new connection has failed. */
  readonly wait_ns: Nanoseconds;
  /** HTTP: a request for each heartbeat on one connection, or one response that goes on. */
  readonly mode: 'requests' | 'download';
  /** HTTP: what is asked for. */
  readonly path: string;
  /** SSH: what echoes at the far end. */
  readonly remote: 'cat' | 'shell';
}

/** Long-lived connections that carry numbered heartbeats, each echoed by the far end. */
export interface SessionPlan extends SessionManner {
  readonly name: string;
  readonly type: SessionKind;
  readonly from: string;
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6 | null;
  /** Connections of each stratum. */
  readonly count: number;
  readonly heartbeat_ns: Nanoseconds;
  /** SSH only. */
  readonly login: SshLogin | null;
  readonly control: boolean;
}

/** A place that probes. `prefix` is what the agent's command is started behind (empty for `local`). */
export interface VantagePlan {
  readonly name: string;
  readonly kind: 'local' | 'netns' | 'ssh' | 'exec';
  readonly prefix: readonly string[];
  /** The agent's own command there; null: this very program (only where the file system is shared). */
  readonly agent: readonly string[] | null;
}

/** How to reach a management API. */
export interface HttpLogin {
  /** Scheme, host and port, and perhaps a path that all requests begin with; no `/` at the end. */
  readonly url: string;
  readonly user: string | null;
  readonly password: string | null;
  readonly apiKey: string | null;
  /** File of the authorities (PEM) that may have signed the server's certificate; null: the system's. */
  readonly ca: string | null;
  /** Accept any certificate: nobody checks who answers. */
  readonly insecure: boolean;
  readonly timeout_ns: Nanoseconds;
}

/** What can cut a node's power: another driver, which goes to another place than the node. */
export interface PowerPlan {
  readonly driver: string;
  readonly params: Readonly<Record<string, string>>;
  readonly ssh: SshLogin | null;
  readonly http: HttpLogin | null;
}

export interface NodePlan {
  readonly name: string;
  /** Name of a driver in drivers/. */
  readonly driver: string;
  readonly ssh: SshLogin | null;
  readonly http: HttpLogin | null;
  /** The serial number or id that the node has to have; null: whoever answers is the node. */
  readonly serial: string | null;
  /** Free parameters for the driver's templates (`{{unit}}`). */
  readonly params: Readonly<Record<string, string>>;
  /** A second driver for what the node cannot do to itself: pulling its power. */
  readonly power: PowerPlan | null;
}

export const ACTIONS = ['switchover', 'reboot', 'stop', 'crash', 'exec', 'manual'] as const;
/** `sync-off` is done to every node before a trial of the control arm; no scenario's trigger. */
export type Action = (typeof ACTIONS)[number] | 'sync-off';

/** What a pair may be put through over all runs; null: as its driver says. */
export interface GuardPlan {
  /** At most so many failovers within `within_ns`. */
  readonly flaps: number | null;
  readonly within_ns: Nanoseconds | null;
  /** The least time between two failovers. */
  readonly pause_ns: Nanoseconds | null;
  /** How long a run waits for its turn before it stops instead. */
  readonly wait_ns: Nanoseconds;
}

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

/** When the pair may be touched. */
export interface WindowPlan {
  /** Minutes since midnight; `to` before `from` is on the next day. */
  readonly from_min: number;
  readonly to_min: number;
  /** Days on which it begins. */
  readonly days: readonly Day[];
  /** An IANA name; null: that of this host. */
  readonly timezone: string | null;
}

export interface TriggerPlan {
  /** `active`: the node whose role is active, found by asking both; else the name of a node. */
  readonly node: string;
  readonly action: Action;
  /** Another way to do the same, as the driver names it (`redeploy` of `crash-redeploy`); null: the plain one. */
  readonly variant: string | null;
  /** `exec` only: the shell command, run on this host. */
  readonly command: string | null;
  /** `exec` only: the shell command that takes it back. */
  readonly undo: string | null;
  /** `manual` only: what the person is asked to do. */
  readonly prompt: string | null;
  readonly timeout_ns: Nanoseconds;
  readonly guard: GuardPlan;
  /** null: at any time. */
  readonly window: WindowPlan | null;
}

/** A trigger at any time, as often as its driver allows. */
export const UNLIMITED = {
  variant: null,
  guard: { flaps: null, within_ns: null, pause_ns: null, wait_ns: ns(0) },
  window: null,
} as const satisfies Partial<TriggerPlan>;

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

export interface TrialPlan {
  readonly repeat: number;
  /** Clean forwarding before the trigger (RFC 6201 §4: >= 15 s). */
  readonly steady_ns: Nanoseconds;
  /** How long recovery must hold: max of this and 5 probes (RFC 6412 §3.7.5). */
  readonly recovered_ns: Nanoseconds;
  /** After this long without recovery the trial is `not-recovered`. */
  readonly giveUp_ns: Nanoseconds;
  /** How long the restored pair may take to be healthy. */
  readonly restore_ns: Nanoseconds;
  /** `measure`: move the role back and measure that too; `none`: leave the roles as they are. */
  readonly failback: 'measure' | 'none';
  readonly coolDown_ns: Nanoseconds;
}

export interface AnalysisPlan {
  /** A reply later than this is late (RFC 6412 §3.6.3); null: derived from the baseline and reported. */
  readonly delayThreshold_ns: Nanoseconds | null;
  /** Loss periods closer than this are merged; 0: none are. */
  readonly mergeGap_ns: Nanoseconds;
}

export const STREAM_METRICS = ['longest', 'total', 'span', 'periods', 'silence'] as const;
export const SESSION_METRICS = ['survived', 'stall'] as const;

/** One limit of the scenario, as in `ping.longest: 5s` or `echo.survived: 100%`. */
export interface Limit {
  /** `ping.longest` */
  readonly key: string;
  readonly subject: string;
  readonly metric: (typeof STREAM_METRICS)[number] | (typeof SESSION_METRICS)[number];
  /** Seconds for times (an upper limit), a count for `periods` (upper), a share 0..1 for `survived` (lower). */
  readonly value: number;
  /** As written: `5s`, `100%`. */
  readonly text: string;
}

/** The lab `vrrp`: keepalived, conntrackd and nftables on both nodes. */
export interface VrrpPlan {
  readonly design: 'vrrp';
  /** VRRP advertisement interval (RFC 5798 §5.2.7); the backup takes over after 3 of them plus its skew. */
  readonly advert_ns: Nanoseconds;
  /** Connection-tracking state sync between the nodes. */
  readonly sync: 'conntrackd' | 'none';
  /** From power back to keepalived started. */
  readonly boot_ns: Nanoseconds;
  /** net.netfilter.nf_conntrack_tcp_loose on the nodes. */
  readonly tcpLoose: boolean;
  /** `ports`: the nodes translate the client's TCP connections to their virtual address and a port of their own. */
  readonly nat: 'none' | 'ports';
  /** Does the higher priority take its role back? */
  readonly preempt: boolean;
}

/** How long an operation takes: uniformly distributed between the two. */
export interface DelayPlan {
  readonly least_ns: Nanoseconds;
  readonly most_ns: Nanoseconds;
}

/** The lab `cloud-ip`: a secondary address that the passive node moves to itself by a cloud's asynchronous API. */
export interface CloudIpPlan {
  readonly design: 'cloud-ip';
  /** Heartbeat over the HA link. */
  readonly heartbeat_ns: Nanoseconds;
  /** Heartbeats in a row that have to be missing before the passive node acts. */
  readonly missed: number;
  /** From the request to detach an address until it is done; of each of the two interfaces. */
  readonly detach: DelayPlan;
  readonly attach: DelayPlan;
  /** From the attachment until the network forwards to the new interface. */
  readonly routes: DelayPlan;
  /** From both addresses attached until the node says it is active and forwards. */
  readonly promotion: DelayPlan;
  /** How often the node asks whether an operation is done. */
  readonly poll_ns: Nanoseconds;
  readonly sync: 'conntrackd' | 'none';
  readonly boot_ns: Nanoseconds;
}

/** The lab `dns`: a monitor that starts the standby and rewrites a DNS record. */
export interface DnsPlan {
  readonly design: 'dns';
  /** TTL of the record. */
  readonly ttl_ns: Nanoseconds;
  /** How often the monitor probes the primary. */
  readonly monitor_ns: Nanoseconds;
  /** Failed probes in a row before it acts. */
  readonly missed: number;
  readonly boot_ns: Nanoseconds;
  /** From the standby's start until the record is rewritten (the DNS provider's API). */
  readonly update: DelayPlan;
}

/** The lab `lb`: a load balancer with health probes in front of two active nodes. */
export interface LbPlan {
  readonly design: 'lb';
  readonly probe_ns: Nanoseconds;
  /** Failed health probes in a row that take a node out, and good ones that take it in again. */
  readonly threshold: number;
  /** Flows of a dead node: `stick` to it, or are sent to another (`rebalance`). */
  readonly existing: 'stick' | 'rebalance';
  readonly sync: 'conntrackd' | 'none';
  readonly boot_ns: Nanoseconds;
}

/** A lab: which design and its knobs. */
export type LabPlan = VrrpPlan | CloudIpPlan | DnsPlan | LbPlan;
export const LAB_DESIGNS = ['vrrp', 'cloud-ip', 'dns', 'lb'] as const;
export type LabDesign = (typeof LAB_DESIGNS)[number];

/** A scenario, resolved: every default filled in, every unit parsed. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What is under test (firmware, timers, design); a folder-name-safe word. */
  readonly version: string;
  readonly lab: LabPlan | null;
  readonly nodes: readonly NodePlan[];
  readonly vantages: readonly VantagePlan[];
  readonly streams: readonly StreamPlan[];
  readonly sessions: readonly SessionPlan[];
  readonly trigger: TriggerPlan;
  readonly observe: readonly ObservePlan[];
  /** Where the time of an outage goes; empty: the rules of `phases` in docs/timeline.md that need none. */
  readonly phases: readonly PhasePlan[];
  readonly trial: TrialPlan;
  readonly analysis: AnalysisPlan;
  readonly limits: readonly Limit[];
  /** Trials with state sync switched off, after the others: what would live through a failover without it? */
  readonly controlArm: { readonly arm: 'no-sync'; readonly repeat: number } | null;
}
