import type { LabPlan } from './lab-plan.js';
import type { HttpLogin, SshLogin } from './login.js';
import type { ObservePlan, PhasePlan, ReadPlan } from './observe-plan.js';
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

/** Probing that goes on after a recovery, for outages that come minutes later. */
export interface AftercarePlan {
  readonly for_ns: Nanoseconds;
  /** Streams send no more often than this meanwhile; null: as often as before. */
  readonly every_ns: Nanoseconds | null;
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
  /** Share of probes, 0..1, that may be lost at random in the steady time; left out: none. */
  readonly backgroundLoss?: number;
  /** Left out where there is none. */
  readonly aftercare?: AftercarePlan;
  /** Addresses of the pair that a path across it shows; left out where none are given. */
  readonly via?: readonly string[];
  /** What breaks a trial off, from outside; left out where nothing does. */
  readonly stopWhen?: readonly StopPlan[];
}

export interface AnalysisPlan {
  /** A reply later than this is late (RFC 6412 §3.6.3); null: derived from the baseline and reported. */
  readonly delayThreshold_ns: Nanoseconds | null;
  /** Loss periods closer than this are merged; 0: none are. */
  readonly mergeGap_ns: Nanoseconds;
}

/** `periods` is what `count` was called first. */
export const STREAM_METRICS = ['longest', 'total', 'span', 'count', 'periods', 'silence'] as const;
export const SESSION_METRICS = ['survived', 'stall'] as const;
/** Subject of limits on all crossing streams, or all sessions, in the aftercare. */
export const AFTERCARE = 'aftercare';

/** One limit of the scenario, as in `ping.longest: 5s` or `echo.survived: 100%`. */
export interface Limit {
  /** `ping.longest` */
  readonly key: string;
  readonly subject: string;
  readonly metric: (typeof STREAM_METRICS)[number] | (typeof SESSION_METRICS)[number];
  /** Seconds for times (an upper limit), a number for `count` (upper), a share 0..1 for `survived` (lower). */
  readonly value: number;
  /** As written: `5s`, `100%`. */
  readonly text: string;
}

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
