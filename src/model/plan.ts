import * as z from 'zod';
import { lab } from './lab-plan.js';
import { http, ssh } from './login.js';
import { observe, phase, read } from './observe-plan.js';
import { family, nanoseconds, type Shape, words } from './schema.js';
import { PLAIN_SESSION } from './session.js';
import { ns } from './time.js';

/*
 * A scenario, resolved: every default filled in, every unit parsed. It is stored in run.json and sent to the agents in
 * this shape, and read back by these schemas; what they give by default was left out by older versions.
 */

/** The measurands that disagree (docs/method.md, "Measurands"), but for sessions. */
export type StreamClass = 'stateless' | 'new-tcp' | 'name-resolution' | 'application';

const port = z.number();
/** What sends the probes: `net-ping` and `ping` ICMP, `udp` (sockets of Node) STAMP. */
const engine = z.enum(['auto', 'native', 'net-ping', 'ping', 'udp']);

/** What one stream of probes is to do, whatever its type. */
const anyStream = {
  name: z.string(),
  type: z.string(),
  /** Name of the vantage. */
  from: z.string(),
  /** Host name or address as the scenario gives it; resolved once, at the vantage, unless `http` says otherwise. */
  host: z.string(),
  port: port.nullable(),
  /** 4 or 6 forces a family; null takes that of the first address found. */
  family: family.nullable(),
  every_ns: nanoseconds,
  /** How long to wait for a reply before the probe is written as lost. */
  wait_ns: nanoseconds,
  /** Octets of ICMP or UDP payload. */
  size: z.number(),
  control: z.boolean(),
  /** Says something of ICMP and STAMP only; agents of any version find it, `size` and `stamp` in every stream. */
  engine,
  /** Flows with a source port (ICMP: an identifier) of their own, each probed every `every_ns` (RFC 6414 §3.5). */
  flows: z.number().default(1),
  stamp: z.null().default(null),
  /** Source ports: flow i has `first` + i; new connections take those from `first` to `last` in turn. Left out: as they come. */
  sourcePorts: z.object({ first: port, last: port }).exactOptional(),
};

const icmpStream = z.object({ ...anyStream, type: z.literal('icmp'), port: z.null() });
const tcpStream = z.object({ ...anyStream, type: z.literal('tcp'), port });
/** What a STAMP stream (RFC 8762, unauthenticated) says of itself in its packets. */
const stampStream = z.object({
  ...anyStream,
  type: z.literal('stamp'),
  port,
  stamp: z.object({
    /** Session identifier of flow 0 (RFC 8972 §3); flow i has this plus i. */
    ssid: z.number(),
    /** Format of the time stamps (Z bit, RFC 8762 §4.2.1). */
    timestamps: z.enum(['ntp', 'ptp']),
    /**
     * With `far-end` there are two senders on the same flows. `near`: sends, and reflects what the far end sends; `far`:
     * waits on its own port for the near end, reflects, and sends back over the same path; null: only sends.
     */
    end: z.enum(['near', 'far']).nullable(),
  }),
});
const dnsStream = z.object({
  ...anyStream,
  type: z.literal('dns'),
  port,
  /** What it asks; whom, is the stream's target. */
  dns: z.object({ query: z.string(), record: z.enum(['A', 'AAAA']) }),
});
/** TLS below HTTP; the paths are those of the vantage. */
const tls = z.object({
  /** Name that is asked for (SNI) and that the certificate has to have; null: the target's own. */
  serverName: z.string().nullable(),
  /** PEM file of the authorities that may have signed the certificate; null: the system's. */
  ca: z.string().nullable(),
  /** PEM files of the client's own certificate and its key. */
  client: z.object({ cert: z.string(), key: z.string() }).nullable(),
  /** Streams: each connection asks to resume the session of the one before, instead of a full handshake. */
  resume: z.boolean(),
});

/** A DNS server and its port. */
const resolver = z.object({ address: z.string(), port });
const httpStream = z.object({
  ...anyStream,
  type: z.literal('http'),
  port,
  /** How a probe comes to its answer. */
  http: z.object({
    path: z.string(),
    /** `once`: before the stream begins; `each`: for every probe; `cached`: again when the TTL of the answer has run out. */
    resolve: z.enum(['once', 'each', 'cached']),
    /** null: the system's name service (`once`), the first name server of the vantage. */
    resolver: resolver.nullable(),
  }),
  /** Left out: plain text. */
  tls: tls.exactOptional(),
});

const stream = z.discriminatedUnion('type', [icmpStream, tcpStream, stampStream, dnsStream, httpStream]);

export type EnginePlan = Shape<typeof engine>;
export type TlsPlan = Shape<typeof tls>;
export type ResolverPlan = Shape<typeof resolver>;
export type StreamPlan = Shape<typeof stream>;
export type StreamType = StreamPlan['type'];
export type StreamOf<T extends StreamType> = Extract<StreamPlan, { type: T }>;

/** What a probe of a type is. */
interface Probe {
  /** Of the stream's row. */
  readonly class: StreamClass;
  /** A new TCP connection. */
  readonly connects: boolean;
  /** What a stream's flow is to conntrack; null: each of its probes is a connection of its own. */
  readonly tracked: 'icmp' | 'udp-stream' | null;
}

export const PROBES: Readonly<Record<StreamType, Probe>> = {
  icmp: { class: 'stateless', connects: false, tracked: 'icmp' },
  tcp: { class: 'new-tcp', connects: true, tracked: null },
  stamp: { class: 'stateless', connects: false, tracked: 'udp-stream' },
  dns: { class: 'name-resolution', connects: false, tracked: 'udp-stream' },
  http: { class: 'application', connects: true, tracked: null },
};

/** Long-lived connections that carry numbered heartbeats, each echoed by the far end. */
const anySession = {
  name: z.string(),
  type: z.string(),
  from: z.string(),
  host: z.string(),
  port,
  family: family.nullable(),
  /** Connections of each stratum. */
  count: z.number(),
  heartbeat_ns: nanoseconds,
  login: z.null(),
  control: z.boolean(),
  /** Octets of each heartbeat. */
  payload: z.number().default(PLAIN_SESSION.payload),
  /** One exchange after it was opened, then nothing until the recovery has held. */
  idle: z.boolean().default(PLAIN_SESSION.idle),
  /** Who sends the heartbeats, and with them the first word after the trigger. */
  speaksFirst: z.enum(['client', 'server']).default(PLAIN_SESSION.speaksFirst),
  /** Strata, each with `count` connections of its own; empty: all are opened before the steady time. */
  ages: z.array(z.union([nanoseconds, z.literal('during')])).default([]),
  /** Idle time before the kernel's keep-alive probes (SO_KEEPALIVE); null: none are sent. */
  keepalive_ns: nanoseconds.nullable().default(PLAIN_SESSION.keepalive_ns),
  /** New connections, one exchange each, instead of long-lived ones; null: long-lived. */
  openEvery_ns: nanoseconds.nullable().default(PLAIN_SESSION.openEvery_ns),
  /** After this long an exchange of a new connection has failed. */
  wait_ns: nanoseconds.default(PLAIN_SESSION.wait_ns),
  /** HTTP: a request for each heartbeat on one connection, or one response that goes on. */
  mode: z.enum(['requests', 'download']).default(PLAIN_SESSION.mode),
  /** HTTP: what is asked for. */
  path: z.string().default(PLAIN_SESSION.path),
  /** SSH: what echoes at the far end. */
  remote: z.enum(['cat', 'shell']).default(PLAIN_SESSION.remote),
  /** TCP, HTTP: local addresses, which connections are from in turn; else as the system routes them. */
  sources: z.array(z.string()).exactOptional(),
};

const session = z.discriminatedUnion('type', [
  z.object({ ...anySession, type: z.literal('tcp') }),
  z.object({ ...anySession, type: z.literal('ssh'), login: ssh }),
  z.object({ ...anySession, type: z.literal('http'), tls: tls.exactOptional() }),
]);

export type SessionPlan = Shape<typeof session>;
export type SessionKind = SessionPlan['type'];
export type SessionOf<T extends SessionKind> = Extract<SessionPlan, { type: T }>;

/** The far end that a vantage is for the time of a run: where it listens; port 0: not at all. */
const reflect = z.object({ bind: z.string(), stamp: z.number(), tcp: z.number(), http: z.number() });

export type ReflectPlan = Shape<typeof reflect>;

/** A place that probes. */
const vantage = z.object({
  name: z.string(),
  kind: z.enum(['local', 'netns', 'ssh', 'exec']),
  /** What the agent's command is started behind (empty for `local`). */
  prefix: z.array(z.string()),
  /** The agent's own command there; null: this very program (only where the file system is shared). */
  agent: z.array(z.string()).nullable(),
  /** The single executable is copied there for the run, and removed after it. */
  push: z.literal(true).optional(),
  /** No seqgap there: its own ping is run behind the prefix, by an agent on this host. */
  ping: z.literal(true).exactOptional(),
  /** What is copied there (`push`) reflects as well. */
  reflect: reflect.exactOptional(),
  /** Where the system's ssh goes: `probe@192.0.2.4 by way of …`; left out for the others, and in a lab. */
  reached: z.string().exactOptional(),
});

export type VantagePlan = Shape<typeof vantage>;

const logins = { ssh: ssh.nullable().default(null), http: http.nullable().default(null) };

/** What can cut a node's power: another driver, which goes to another place than the node. */
const power = z.object({ driver: z.string(), params: words, ...logins });

const node = z.object({
  name: z.string(),
  /** Name of a driver in drivers/. */
  driver: z.string(),
  ...logins,
  /** The serial number or id that the node has to have; null: whoever answers is the node. */
  serial: z.string().nullable().default(null),
  /** Free parameters for the driver's templates (`{{unit}}`). */
  params: words,
  /** A second driver for what the node cannot do to itself: pulling its power. */
  power: power.nullable(),
});

export type PowerPlan = Shape<typeof power>;
export type NodePlan = Shape<typeof node>;

export const ACTIONS = ['switchover', 'reboot', 'stop', 'crash', 'exec', 'manual'] as const;
/** `sync-off` is done to every node before a trial of the control arm; no scenario's trigger. */
export type Action = (typeof ACTIONS)[number] | 'sync-off';

/** What a pair may be put through over all runs; null: as its driver says. */
const guard = z.object({
  /** At most so many failovers within `within_ns`. */
  flaps: z.number().nullable(),
  within_ns: nanoseconds.nullable(),
  /** The least time between two failovers. */
  pause_ns: nanoseconds.nullable(),
  /** How long a run waits for its turn before it stops instead. */
  wait_ns: nanoseconds,
});

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

/** When the pair may be touched. */
const window = z.object({
  /** Minutes since midnight; `to` before `from` is on the next day. */
  from_min: z.number(),
  to_min: z.number(),
  /** Days on which it begins. */
  days: z.array(z.enum(DAYS)),
  /** An IANA name; null: that of this host. */
  timezone: z.string().nullable(),
});

/** A trigger at any time, as often as its driver allows. */
export const UNLIMITED = {
  variant: null,
  guard: { flaps: null, within_ns: null, pause_ns: null, wait_ns: ns(0) },
  window: null,
} as const;

/** What a person is asked to do where nothing is said; null in runs of versions that knew no such words. */
export const DEFAULT_PROMPT = 'Make the pair fail over now.';

const trigger = z.object({
  /** `active`: the node whose role is active, found by asking both; else the name of a node. */
  node: z.string(),
  action: z.enum(ACTIONS),
  /** Another way to do the same, as the driver names it (`redeploy` of `crash-redeploy`); null: the plain one. */
  variant: z.string().nullable().default(UNLIMITED.variant),
  /** `exec` only: the shell command, run on this host. */
  command: z.string().nullable(),
  /** `exec` only: the shell command that takes it back. */
  undo: z.string().nullable(),
  /** `manual` only: what the person is asked to do. */
  prompt: z.string().nullable(),
  timeout_ns: nanoseconds,
  guard: guard.default(UNLIMITED.guard),
  /** null: at any time. */
  window: window.nullable().default(UNLIMITED.window),
});

export type GuardPlan = Shape<typeof guard>;
export type WindowPlan = Shape<typeof window>;
export type TriggerPlan = Shape<typeof trigger>;

/**
 * When a stop condition holds:
 *
 * - `command`  it exits with 0; it does not with 1; anything else is no answer
 * - `status`   a GET of the URL is answered with this status
 * - `read`     a GET of the URL gives a value: `is`, or `/a regular expression/`; null: any but `none`, `false` and `0`
 * - `file`     it is there
 */
const stopSource = z.union([
  z.object({ kind: z.literal('command'), command: z.array(z.string()) }),
  z.object({ kind: z.literal('status'), url: z.string(), http, status: z.number() }),
  z.object({ kind: z.literal('read'), url: z.string(), http, read, is: z.string().nullable() }),
  z.object({ kind: z.literal('file'), path: z.string() }),
]);

/** Something outside that breaks a trial off (`trial.stop-when`). */
const stop = z.object({
  name: z.string(),
  every_ns: nanoseconds,
  /** After this long without an answer it could not be asked. */
  timeout_ns: nanoseconds,
  /** What it means where it cannot be asked. */
  onError: z.enum(['stop', 'ignore']),
  source: stopSource,
});

export type StopSource = Shape<typeof stopSource>;
export type StopPlan = Shape<typeof stop>;

/** Probing that goes on after a recovery, for outages that come minutes later. */
const aftercare = z.object({
  for_ns: nanoseconds,
  /** Streams send no more often than this meanwhile; null: as often as before. */
  every_ns: nanoseconds.nullable(),
});

const trial = z.object({
  repeat: z.number(),
  /** Clean forwarding before the trigger (RFC 6201 §4: >= 15 s). */
  steady_ns: nanoseconds,
  /** How long recovery must hold: max of this and 5 probes (RFC 6412 §3.7.5). */
  recovered_ns: nanoseconds,
  /** After this long without recovery the trial is `not-recovered`. */
  giveUp_ns: nanoseconds,
  /** How long the restored pair may take to be healthy. */
  restore_ns: nanoseconds,
  /** `measure`: move the role back and measure that too; `none`: leave the roles as they are. */
  failback: z.enum(['measure', 'none']),
  coolDown_ns: nanoseconds,
  /** Share of probes, 0..1, that may be lost at random in the steady time; left out: none. */
  backgroundLoss: z.number().exactOptional(),
  /** Left out where there is none. */
  aftercare: aftercare.exactOptional(),
  /** Addresses of the pair that a path across it shows; left out where none are given. */
  via: z.array(z.string()).exactOptional(),
  /** What breaks a trial off, from outside; left out where nothing does. */
  stopWhen: z.array(stop).exactOptional(),
});

export type AftercarePlan = Shape<typeof aftercare>;
export type TrialPlan = Shape<typeof trial>;

const analysis = z.object({
  /** A reply later than this is late (RFC 6412 §3.6.3); null: derived from the baseline and reported. */
  delayThreshold_ns: nanoseconds.nullable(),
  /** Loss periods closer than this are merged; 0: none are. */
  mergeGap_ns: nanoseconds,
});

/** `periods` is what `count` was called first. */
export const STREAM_METRICS = ['longest', 'total', 'span', 'count', 'periods', 'silence'] as const;
export const SESSION_METRICS = ['survived', 'stall'] as const;
/** Subject of limits on all crossing streams, or all sessions, in the aftercare. */
export const AFTERCARE = 'aftercare';

/** One limit of the scenario, as in `ping.longest: 5s` or `echo.survived: 100%`. */
const limit = z.object({
  /** `ping.longest` */
  key: z.string(),
  subject: z.string(),
  metric: z.enum([...STREAM_METRICS, ...SESSION_METRICS]),
  /** Seconds for times (an upper limit), a number for `count` (upper), a share 0..1 for `survived` (lower). */
  value: z.number(),
  /** As written: `5s`, `100%`. */
  text: z.string(),
});

export type AnalysisPlan = Shape<typeof analysis>;
export type Limit = Shape<typeof limit>;

export const scenario = z.object({
  name: z.string(),
  description: z.string(),
  labels: words,
  /** What is under test (firmware, timers, design); a folder-name-safe word. */
  version: z.string(),
  lab: lab.nullable(),
  nodes: z.array(node),
  vantages: z.array(vantage),
  streams: z.array(stream),
  sessions: z.array(session),
  trigger,
  observe: z.array(observe),
  /** Where the time of an outage goes; empty: the rules of `phases` in docs/timeline.md that need none. */
  phases: z.array(phase).default([]),
  trial,
  analysis,
  limits: z.array(limit),
  /** Trials with state sync switched off, after the others: what would live through a failover without it? */
  controlArm: z
    .object({ arm: z.literal('no-sync'), repeat: z.number() })
    .nullable()
    .default(null),
});

export type Scenario = Shape<typeof scenario>;

/** From which anything is probed, in their order. */
export const usedVantages = ({
  vantages,
  streams,
  sessions,
}: Pick<Scenario, 'vantages' | 'streams' | 'sessions'>): VantagePlan[] => {
  const used = new Set([...streams, ...sessions].map(({ from }) => from));
  return vantages.filter(({ name }) => used.has(name));
};

/** Those, and the ones that reflect. */
export const neededVantages = (
  scenario: Pick<Scenario, 'vantages' | 'streams' | 'sessions'>,
): VantagePlan[] => {
  const used = usedVantages(scenario);
  return scenario.vantages.filter((each) => each.reflect !== undefined || used.includes(each));
};
