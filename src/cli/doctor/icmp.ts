import { fail, ok, warn, type Finding } from './finding.js';
import type { Needs } from './needs.js';
import type { Sources } from './host-sources.js';

/** `absent`: net-ping (or the address family) is not there. `refused`: the system does not let us. */
type RawSocketState = { readonly state: 'usable' } | RawSocketProblem;
interface RawSocketProblem {
  readonly state: 'no-family' | 'refused' | 'absent';
  readonly text: string;
}

const rawSocketState = async (sources: Sources, family: 4 | 6): Promise<RawSocketState> => {
  const error = await sources.rawSocket(family);
  if (error === null) return { state: 'usable' };
  const text = error.message.split('\n')[0] ?? '';
  if (/not permitted|EPERM|permission denied|EACCES/i.test(text)) return { state: 'refused', text };
  if (/address family|EAFNOSUPPORT|protocol not supported/i.test(text)) return { state: 'no-family', text };
  return { state: 'absent', text };
};

const rawRemedy = ({ state }: RawSocketProblem, execPath: string): string => {
  switch (state) {
    case 'refused':
      return `run as root, or once: sudo setcap cap_net_raw+ep ${execPath} (a container: --cap-add NET_RAW)`;
    case 'absent':
      return (
        'install net-ping with a compiler at hand (apt-get install --no-install-recommends g++ make python3): npm ci in a ' +
        'clone, npm install -g --allow-scripts=raw-socket for the package'
      );
    case 'no-family':
      return 'sysctl -w net.ipv6.conf.all.disable_ipv6=0, if IPv6 is to be probed';
  }
};

const rawFinding = (raw: RawSocketState, family: 4 | 6, needs: Needs, execPath: string): Finding => {
  const check = `raw-icmp-${family}`;
  if (raw.state === 'usable') return ok(check, `net-ping opens a raw socket for IPv${family}`);
  const what = {
    refused: `net-ping is there, but raw sockets are not permitted (${raw.text})`,
    absent: `net-ping cannot be used (${raw.text})`,
    'no-family': `no IPv${family} on this host (${raw.text})`,
  }[raw.state];
  const wanted = family === 6 && needs.ipv6 && raw.state === 'no-family';
  return (wanted ? fail : warn)(check, what, rawRemedy(raw, execPath));
};

/** The system's `ping`, and the smallest interval it grants this user (0: any). */
export type PingState =
  | { readonly state: 'usable'; readonly version: string; readonly min_ms: number }
  | { readonly state: 'missing' | 'foreign' | 'refused'; readonly text: string };

const PING_TIMEOUT_MS = 3000;

/**
 * Tries `ping` on loopback below every limit there is: iputils before 2021 grants users 200 ms, since then 2 ms
 * (iputils#317), each version with a wording of its own.
 */
export const pingState = async (sources: Sources): Promise<PingState> => {
  const asked = await sources.run('ping', ['-V'], PING_TIMEOUT_MS);
  if (asked === null) return { state: 'missing', text: 'there is no ping, or none that answers' };
  const version = /iputils[- ](\S+)/.exec(asked.stdout)?.[1];
  if (version === undefined)
    return { state: 'foreign', text: 'ping is not iputils’ (BusyBox and BSD have neither -D nor -O)' };
  const one = ['-n', '-c', '1', '127.0.0.1'];
  const fast = await sources.run('ping', ['-i', '0.001', ...one], PING_TIMEOUT_MS);
  if (fast?.code === 0) return { state: 'usable', version, min_ms: 0 };
  const limit = /minimal interval.*?(\d+)\s*ms/.exec(fast?.stderr ?? '')?.[1];
  const plain = limit === undefined ? fast : await sources.run('ping', one, PING_TIMEOUT_MS);
  if (limit !== undefined && plain?.code === 0) return { state: 'usable', version, min_ms: Number(limit) };
  const text = plain?.stderr.trim().split('\n')[0] || 'no answer from 127.0.0.1';
  return { state: 'refused', text };
};

const pingFinding = (ping: PingState): Finding => {
  const check = 'ping';
  switch (ping.state) {
    case 'usable':
      return ok(
        check,
        `iputils ${ping.version}, ${ping.min_ms === 0 ? 'any interval' : `intervals of ${ping.min_ms} ms and more`}`,
      );
    case 'missing':
    case 'foreign':
      return warn(check, ping.text, 'apt-get install --no-install-recommends iputils-ping');
    case 'refused':
      return warn(
        check,
        `ping does not work for this user: ${ping.text}`,
        'sudo setcap cap_net_raw+ep "$(command -v ping)", or sysctl -w net.ipv4.ping_group_range="0 2147483647"',
      );
  }
};

export interface IcmpEngine {
  readonly name: 'net-ping' | 'ping' | null;
  /** The smallest interval it grants; 0: any. */
  readonly min_ms: number;
}

const engineOf = (raw: RawSocketState, ping: PingState): IcmpEngine => {
  if (raw.state === 'usable') return { name: 'net-ping', min_ms: 0 };
  return ping.state === 'usable' ? { name: 'ping', min_ms: ping.min_ms } : { name: null, min_ms: 0 };
};

const engineFinding = (engine: IcmpEngine, raw: RawSocketState, needs: Needs, execPath: string): Finding => {
  const check = 'icmp-engine';
  const remedy = raw.state === 'usable' ? '' : rawRemedy(raw, execPath);
  if (engine.name === 'net-ping')
    return ok(check, 'net-ping: absolute schedule, sends stamped at the socket');
  if (!needs.icmp) return ok(check, 'none here, and none is needed on this host');
  if (needs.engines.includes('net-ping'))
    return fail(check, 'a stream asks for `engine: net-ping`, which is not to be had', remedy);
  if (engine.name === null) return fail(check, 'none: neither a raw socket nor ping can be used', remedy);
  if (needs.every_ms !== null && needs.every_ms < engine.min_ms)
    return fail(
      check,
      `ping, but it grants this user ${engine.min_ms} ms and a stream wants ${needs.every_ms} ms`,
      remedy,
    );
  return warn(check, 'ping: keeps a schedule of its own that drifts, cannot see unsent slots', remedy);
};

/** How ICMP can be sent from here; IPv4 decides on the engine. */
export const icmpFindings = async (
  sources: Sources,
  needs: Needs,
): Promise<{ readonly findings: readonly Finding[]; readonly engine: IcmpEngine }> => {
  const raw4 = await rawSocketState(sources, 4);
  const raw6 = await rawSocketState(sources, 6);
  const ping = await pingState(sources);
  const engine = engineOf(raw4, ping);
  return {
    engine,
    findings: [
      rawFinding(raw4, 4, needs, sources.execPath),
      rawFinding(raw6, 6, needs, sources.execPath),
      pingFinding(ping),
      engineFinding(engine, raw4, needs, sources.execPath),
    ],
  };
};
