import type { TrialEvent } from '../model/event.js';
import { PROBES, type Scenario } from '../model/plan.js';
import { NS_PER_S } from '../model/time.js';
import type { StreamPhase } from './flow/stream.js';

/** The query of a driver that reads the timeouts of its node, as in `icmp 30, icmpv6 30, udp-stream 120` (seconds). */
const QUERY = 'conntrack-timeouts';

/**
 * Of Linux (nf_conntrack-sysctl): `nf_conntrack_icmp_timeout`, `nf_conntrack_icmpv6_timeout`, and
 * `nf_conntrack_udp_timeout_stream` for a flow that has been answered.
 */
const DEFAULTS_S: ReadonlyMap<string, number> = new Map([
  ['icmp', 30],
  ['icmpv6', 30],
  ['udp-stream', 120],
]);

const WORDS: ReadonlyMap<string, string> = new Map([
  ['icmp', 'ICMP'],
  ['icmpv6', 'ICMPv6'],
  ['udp-stream', 'UDP'],
]);

const protocolOf = ({ plan }: StreamPhase, events: readonly TrialEvent[]): string | null => {
  const { tracked } = PROBES[plan.type];
  if (tracked !== 'icmp') return tracked;
  const resolved = events.findLast((event) => event.event === 'resolved' && event.stream === plan.name);
  return resolved?.event === 'resolved' && resolved.family === 6 ? 'icmpv6' : 'icmp';
};

interface Timeout {
  readonly after_s: number;
  /** Who said so; null: nobody was asked. */
  readonly node: string | null;
}

/** The shortest that a node said, else the default. */
const timeoutOf = (
  protocol: string,
  { observe }: Pick<Scenario, 'observe'>,
  events: readonly TrialEvent[],
): Timeout | null => {
  const asking = new Set(
    observe.flatMap(({ name, source }) => (source.kind === 'driver' && source.query === QUERY ? [name] : [])),
  );
  const said = events.flatMap((event): Timeout[] => {
    if (event.event !== 'observed' || !asking.has(event.observer)) return [];
    const seconds = new RegExp(`(?:^|, )${protocol} (\\d{1,9})(?:,|$)`).exec(event.value)?.[1];
    return seconds === undefined ? [] : [{ after_s: Number(seconds), node: event.subject }];
  });
  const [shortest] = said.toSorted((a, b) => a.after_s - b.after_s);
  const usual_s = DEFAULTS_S.get(protocol);
  return shortest ?? (usual_s === undefined ? null : { after_s: usual_s, node: null });
};

/**
 * A firewall that sees no packet of a flow for so long forgets it. Where the outage surely lasted longer, the probes after
 * it may have been let in as a new flow, by the policy for new ones: a recovery of theirs says nothing of old flows.
 */
export const expiryNotes = (
  scenario: Pick<Scenario, 'observe'>,
  events: readonly TrialEvent[],
  streams: readonly StreamPhase[],
): string[] =>
  streams.flatMap((stream) => {
    const { plan, figures } = stream;
    const protocol = plan.control ? null : protocolOf(stream, events);
    const timeout = protocol === null ? null : timeoutOf(protocol, scenario, events);
    if (protocol === null || timeout === null || figures.censored) return [];
    if (figures.longest.lo_ns <= timeout.after_s * NS_PER_S) return [];
    const source =
      timeout.node === null ? 'the default of Linux firewalls, not read here' : `read from ${timeout.node}`;
    return [
      `${plan.name}: the outage outlasted the ${WORDS.get(protocol) ?? protocol} conntrack timeout of ` +
        `${timeout.after_s} s (${source}): unless probes still reached the firewall, their flow was set up anew afterwards`,
    ];
  });
