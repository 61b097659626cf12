import type { Nanoseconds } from './time.js';

/** The four measurands that disagree (docs/method.md, "Four measurands"). */
export type StreamClass = 'stateless' | 'new-tcp';
export type SessionKind = 'tcp' | 'ssh';
export type IcmpEngine = 'auto' | 'net-ping' | 'ping';

/** What one stream of probes is to do; everything resolved, nothing optional left open. */
export interface StreamPlan {
  readonly name: string;
  readonly type: 'icmp' | 'tcp';
  /** Name of the vantage. */
  readonly from: string;
  /** Host name or address as the scenario gives it; resolved once, at the vantage. */
  readonly host: string;
  /** TCP only. */
  readonly port: number | null;
  /** 4 or 6 forces a family; null takes that of the first address found. */
  readonly family: 4 | 6 | null;
  readonly every_ns: Nanoseconds;
  /** How long to wait for a reply before the probe is written as lost. */
  readonly wait_ns: Nanoseconds;
  /** Octets of ICMP payload. */
  readonly size: number;
  readonly control: boolean;
  readonly engine: IcmpEngine;
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

/** Long-lived connections that carry numbered heartbeats, each echoed by the far end. */
export interface SessionPlan {
  readonly name: string;
  readonly type: SessionKind;
  readonly from: string;
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6 | null;
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

export interface NodePlan {
  readonly name: string;
  /** Name of a driver in drivers/. */
  readonly driver: string;
  readonly ssh: SshLogin | null;
  /** Free parameters for the driver's templates (`{{unit}}`). */
  readonly params: Readonly<Record<string, string>>;
  /** A second driver for what the node cannot do to itself: pulling its power. */
  readonly power: { readonly driver: string; readonly params: Readonly<Record<string, string>> } | null;
}

export const ACTIONS = ['switchover', 'reboot', 'stop', 'crash', 'exec', 'manual'] as const;
export type Action = (typeof ACTIONS)[number];

export interface TriggerPlan {
  /** `active`: the node whose role is active, found by asking both; else the name of a node. */
  readonly node: string;
  readonly action: Action;
  /** `exec` only: the shell command, run on this host. */
  readonly command: string | null;
  /** `exec` only: the shell command that takes it back. */
  readonly undo: string | null;
  /** `manual` only: what the person is asked to do. */
  readonly prompt: string | null;
  readonly timeout_ns: Nanoseconds;
}

export interface ObservePlan {
  readonly name: string;
  readonly every_ns: Nanoseconds;
  readonly driver: 'role';
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

/** A lab: which design and its knobs. */
export interface LabPlan {
  readonly design: 'vrrp';
  /** VRRP advertisement interval (RFC 5798 §5.2.7); the backup takes over after 3 of them plus its skew. */
  readonly advert_ns: Nanoseconds;
  /** Connection-tracking state sync between the nodes. */
  readonly sync: 'conntrackd' | 'none';
  /** From power back to keepalived started. */
  readonly boot_ns: Nanoseconds;
  /** net.netfilter.nf_conntrack_tcp_loose on the nodes. */
  readonly tcpLoose: boolean;
  /** Does the higher priority take its role back? */
  readonly preempt: boolean;
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
  readonly trial: TrialPlan;
  readonly analysis: AnalysisPlan;
  readonly limits: readonly Limit[];
}
