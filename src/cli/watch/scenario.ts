import { isIPv6 } from 'node:net';
import { basename } from 'node:path';
import { KnownError, usage } from '../../model/error.js';
import {
  UNLIMITED,
  type EnginePlan,
  type Scenario,
  type SessionPlan,
  type StreamOf,
  type StreamPlan,
  type VantagePlan,
} from '../../model/plan.js';
import { fromMs, ns, type Nanoseconds } from '../../model/time.js';
import { resolveDestination } from '../../probe/resolve.js';
import { parseTarget } from '../../scenario/target.js';

export interface WatchPlan {
  readonly targets: readonly WatchTarget[];
  readonly sessions: readonly SessionPlan[];
  readonly vantage: VantagePlan;
  readonly every_ns: Nanoseconds;
  readonly engine: EnginePlan;
  /** Names the run folder. */
  readonly label: string;
  readonly delayThreshold_ns: Nanoseconds | null;
}

/** The scenario name of every watch, and the folder of their runs below `results/`. */
export const WATCH_NAME = 'watch';

/**
 * Short, because a gap is told when the last of its probes is given up: a trial waits 10 s, a person should not. What
 * is answered later still counts as late, not as lost.
 */
const ICMP_WAIT = fromMs(2000);
/** Linux sends a SYN again after 1 s (RFC 6298 §2.1): a probe that waits longer would be two. */
const TCP_WAIT = fromMs(900);
const NONE = ns(0);

const stream = ({ name, host, port }: WatchTarget, plan: WatchPlan): StreamPlan => {
  const icmp: StreamOf<'icmp'> = {
    name,
    type: 'icmp',
    from: plan.vantage.name,
    host,
    port: null,
    family: null,
    every_ns: plan.every_ns,
    // Late must be told from lost.
    wait_ns: ns(Math.max(ICMP_WAIT, 2 * (plan.delayThreshold_ns ?? 0))),
    size: 56,
    control: false,
    engine: plan.engine,
    flows: 1,
    stamp: null,
  };
  return port === null ? icmp : { ...icmp, type: 'tcp', port, wait_ns: TCP_WAIT, size: 0 };
};

/** What is watched as a scenario without a trigger, so that a watch is stored and read back like any run. */
export const watchScenario = (plan: WatchPlan): Scenario => ({
  name: WATCH_NAME,
  description: `watch of ${plan.targets.map(({ name }) => name).join(', ')}`,
  labels: {},
  version: plan.label,
  lab: null,
  nodes: [],
  vantages: [plan.vantage],
  streams: plan.targets.map((target) => stream(target, plan)),
  sessions: plan.sessions.map((each) => ({ ...each, from: plan.vantage.name })),
  trigger: {
    ...UNLIMITED,
    node: '',
    action: 'manual',
    command: null,
    undo: null,
    prompt: null,
    timeout_ns: NONE,
  },
  observe: [],
  phases: [],
  trial: {
    repeat: 1,
    steady_ns: NONE,
    recovered_ns: NONE,
    giveUp_ns: NONE,
    restore_ns: NONE,
    failback: 'none',
    coolDown_ns: NONE,
  },
  analysis: { delayThreshold_ns: plan.delayThreshold_ns, mergeGap_ns: NONE },
  limits: [],
  controlArm: null,
});

/** What is watched: by ICMP, or by TCP where there is a port. */
export interface WatchTarget {
  /** As it is shown, and the name of its stream: `10.4.4.4`, `10.4.4.4:443`, `[fd00::4]:22`. */
  readonly name: string;
  readonly host: string;
  readonly port: number | null;
}

const EXAMPLES = 'seqgap watch 10.4.4.4 server.example:443 [fd00::4]:22, or --tcp 443 for all of them';

const wrong = (message: string): KnownError => usage(message, `for example ${EXAMPLES}`);

const nameOf = (host: string, port: number | null): string => {
  if (port === null) return host;
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
};

/**
 * Reads the targets of a command line. `host:port` is TCP by itself; `tcpPort` makes TCP of the others too. One that
 * is named twice is watched once. Throws KnownError.
 */
export const parseTargets = (texts: readonly string[], tcpPort: number | null): readonly WatchTarget[] => {
  if (tcpPort !== null && !(Number.isInteger(tcpPort) && tcpPort >= 1 && tcpPort <= 65_535))
    throw wrong('--tcp takes a port from 1 to 65535');
  const targets = new Map<string, WatchTarget>();
  for (const text of texts) {
    const parsed = parseTarget(text, tcpPort ?? 0);
    if (typeof parsed === 'string') throw wrong(parsed);
    // 0 is what a target without a port falls back to.
    const port = parsed.port === 0 ? null : parsed.port;
    const name = nameOf(parsed.host, port);
    targets.set(name, { name, host: parsed.host, port });
  }
  return [...targets.values()];
};

/** `::1:22` is an address, of which the end looks like a port: what was perhaps meant. */
export const doubtOf = ({ name, host, port }: WatchTarget): string | null => {
  const [, before = '', end = ''] = /^(.*::.*):(\d{1,5})$/.exec(host) ?? [];
  if (port !== null || !isIPv6(before)) return null;
  return `${name} is taken for an address; port ${end} of ${before} is written [${before}]:${end}`;
};

/** Targets with the address that is probed, and a line for each name that has none. */
export interface ResolvedTargets {
  readonly targets: readonly WatchTarget[];
  readonly failed: readonly string[];
}

/**
 * Looks up the names of this host's own targets, all at once. One that has no address does not end the others. Throws
 * KnownError if none has.
 */
export const resolveTargets = async (targets: readonly WatchTarget[]): Promise<ResolvedTargets> => {
  const found = await Promise.all(
    targets.map(async (target): Promise<WatchTarget | KnownError> => {
      try {
        const { address } = await resolveDestination(target.host, null);
        return { ...target, host: address };
      } catch (error) {
        if (error instanceof KnownError) return error;
        throw error;
      }
    }),
  );
  const errors = found.filter((each) => each instanceof KnownError);
  const resolved = found.filter((each): each is WatchTarget => !(each instanceof KnownError));
  if (resolved.length === 0 && errors[0] !== undefined) throw errors[0];
  return { targets: resolved, failed: errors.map(({ message }) => `${message}: it is not watched`) };
};

/** `server.example:443 (192.0.2.7)`, `10.4.4.4` */
export const sayTarget = ({ name, host }: Pick<WatchTarget, 'name' | 'host'>): string =>
  name.includes(host) ? name : `${name} (${host})`;

/** Programs that start a command where this file system is not. */
const FAR = new Set([
  'ssh',
  'docker',
  'podman',
  'nerdctl',
  'kubectl',
  'oc',
  'lxc',
  'incus',
  'crictl',
  'machinectl',
]);

const LOCAL: VantagePlan = { name: 'local', kind: 'local', prefix: [], agent: null };

/**
 * The place that probes: this host, or behind a prefix such as `ip netns exec client` or `ssh jump`. Behind one that
 * leads to another host or container, `seqgap agent` is started there. Throws KnownError.
 */
export const watchVantage = (from: string | null): VantagePlan => {
  if (from === null) return LOCAL;
  const prefix = from.trim().split(/\s+/);
  if (from.trim() === '' || /["'\\]/.test(from))
    throw usage(
      `--from ${JSON.stringify(from)} is not a prefix of a command without quotes`,
      "for example --from 'ip netns exec client' or --from 'ssh jump'",
    );
  const far = prefix.some((word) => FAR.has(basename(word)));
  // `netns` says that the clock is ours.
  return far
    ? { name: 'there', kind: 'exec', prefix, agent: ['seqgap', 'agent'] }
    : { name: 'there', kind: 'netns', prefix, agent: null };
};
