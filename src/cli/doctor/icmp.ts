import { join } from 'node:path';
import { PACKAGE } from '../../package-folder.js';
import { fail, ok, warn, type Finding } from './finding.js';
import type { Needs } from './needs.js';
import type { NativeSocket, Sources } from './host-sources.js';

/** What can open an ICMP socket of a family here; `why`: why the native engine cannot. */
type SocketState =
  | { readonly engine: 'native'; readonly native: NativeSocket }
  | { readonly engine: 'net-ping'; readonly why: string }
  | ({ readonly engine: null } & SocketProblem);

/** `absent`: an engine is not there. `refused`: the system does not let us, and what was refused. */
interface SocketProblem {
  readonly problem: 'no-family' | 'refused' | 'absent';
  readonly text: string;
  readonly byNative: boolean;
}

/** What Node adds to an error of loading: who asked, and npm's own advice. */
const ADDED = /\nRequire stack:.*|\. Please try re-compiling.*/s;
const wordsOf = ({ message }: Error): string => message.replace(ADDED, '').replaceAll(/\s*\n\s*/g, ' ');

/** Of a file that is there: no right to ICMP would help. */
const NOT_LOADED = 'cannot be loaded';

const problemOf = (error: Error, byNative: boolean): SocketProblem => {
  const text = wordsOf(error);
  if (text.includes(NOT_LOADED)) return { problem: 'absent', text, byNative };
  if (/not permitted|EPERM|permission denied|EACCES/i.test(text))
    return { problem: 'refused', text, byNative };
  if (/address family|EAFNOSUPPORT|protocol not supported/i.test(text))
    return { problem: 'no-family', text, byNative };
  return { problem: 'absent', text, byNative };
};

const socketState = async (sources: Sources, family: 4 | 6): Promise<SocketState> => {
  const native = await sources.nativeSocket(family);
  if (!(native instanceof Error)) return { engine: 'native', native };
  const netPing = await sources.rawSocket(family);
  const own = problemOf(native, true);
  if (netPing === null) return { engine: 'net-ping', why: own.text };
  if (own.problem !== 'absent') return { engine: null, ...own };
  const theirs = problemOf(netPing, false);
  if (theirs.problem !== 'absent') return { engine: null, ...theirs };
  return { engine: null, ...own, text: `${own.text}; ${theirs.text}` };
};

const BUILD = `node ${join(PACKAGE, 'scripts', 'native.mjs')} --build`;

/** For what src/probe/stream/native-module.ts and scripts/native.mjs say; the first that is in it. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /failed to map segment/,
    `${PACKAGE} is on a file system without programs: sudo mount -o remount,exec "$(findmnt -no TARGET -T ${PACKAGE})", or install it elsewhere`,
  ],
  [/permission denied/i, `sudo chmod -R a+rX ${PACKAGE}`],
  [/cannot be loaded/, `${BUILD}, which builds it for this host by its C compiler`],
  [
    /headers/,
    `npm_config_nodedir=FOLDER ${BUILD}, with the FOLDER that include/node is in (Node's own archive has it)`,
  ],
  [/C compiler/, `sudo apt-get install --no-install-recommends gcc libc6-dev; ${BUILD}`],
  [/NODE_MODULE_VERSION/, `npm rebuild --prefix ${PACKAGE} raw-socket, with the Node that runs seqgap`],
  [/it is for Linux/, 'install net-ping with a compiler at hand: npm install -g --allow-scripts=raw-socket'],
];

const buildRemedy = (why: string): string =>
  REMEDIES.find(([cause]) => cause.test(why))?.[1] ?? `${BUILD}, which says why it cannot be built`;

const socketRemedy = ({ problem, text, byNative }: SocketProblem, execPath: string): string => {
  switch (problem) {
    case 'refused': {
      const rights = `run as root, or once: sudo setcap cap_net_raw+ep ${execPath} (a container: --cap-add NET_RAW)`;
      return byNative ? `${rights}, or sudo sysctl -w net.ipv4.ping_group_range="0 2147483647"` : rights;
    }
    case 'absent':
      return buildRemedy(text);
    case 'no-family':
      return 'sysctl -w net.ipv6.conf.all.disable_ipv6=0, if IPv6 is to be probed';
  }
};

const socketFinding = (found: SocketState, family: 4 | 6, needs: Needs, execPath: string): Finding => {
  const check = `raw-icmp-${family}`;
  if (found.engine === 'native')
    return ok(check, `the native engine opens a ${found.native.socket} socket for IPv${family}`);
  if (found.engine === 'net-ping') return ok(check, `net-ping opens a raw socket for IPv${family}`);
  const what = {
    refused: `raw sockets are not permitted (${found.text})`,
    absent: `no engine of ours can be used (${found.text})`,
    'no-family': `no IPv${family} on this host (${found.text})`,
  }[found.problem];
  const wanted = family === 6 && needs.ipv6 && found.problem === 'no-family';
  return (wanted ? fail : warn)(check, what, socketRemedy(found, execPath));
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
  readonly name: 'native' | 'net-ping' | 'ping' | null;
  /** The smallest interval it grants; 0: any. */
  readonly min_ms: number;
}

const engineOf = (found: SocketState, ping: PingState): IcmpEngine => {
  if (found.engine !== null) return { name: found.engine, min_ms: 0 };
  return ping.state === 'usable' ? { name: 'ping', min_ms: ping.min_ms } : { name: null, min_ms: 0 };
};

const nativeWords = ({ stamps, realTime }: NativeSocket): string => {
  const priority = realTime ? 'real-time priority' : 'without real-time priority';
  const stamped = stamps.received === 'kernel' ? 'by the kernel' : 'when it reads';
  return `native: absolute schedule in a thread of its own (${priority}), answers stamped ${stamped}`;
};

const engineFinding = async (
  engine: IcmpEngine,
  found: SocketState,
  needs: Needs,
  sources: Sources,
): Promise<Finding> => {
  const check = 'icmp-engine';
  const insisted = needs.engines.includes('net-ping') ? await sources.rawSocket(4) : null;
  if (insisted !== null)
    return fail(
      check,
      `a stream asks for \`engine: net-ping\`, which is not to be had (${wordsOf(insisted)})`,
      'leave `engine:` out to use what there is; or run as root, with net-ping installed',
    );
  if (found.engine === 'native') return ok(check, nativeWords(found.native));
  const remedy = found.engine === null ? socketRemedy(found, sources.execPath) : buildRemedy(found.why);
  if (!needs.icmp && found.engine === null) return ok(check, 'none here, and none is needed on this host');
  if (needs.engines.includes('native'))
    return fail(check, 'a stream asks for `engine: native`, which is not to be had', remedy);
  if (found.engine === 'net-ping')
    return warn(check, `net-ping, which stamps answers when they are read: ${found.why}`, remedy);
  if (engine.name === null) return fail(check, 'none: neither an ICMP socket nor ping can be used', remedy);
  if (needs.every_ms !== null && needs.every_ms < engine.min_ms)
    return fail(
      check,
      `ping, but it grants this user ${engine.min_ms} ms and a stream wants ${needs.every_ms} ms`,
      remedy,
    );
  return warn(check, `ping, whose own schedule drifts and hides unsent slots: ${found.text}`, remedy);
};

/** How ICMP can be sent from here; IPv4 decides on the engine. */
export const icmpFindings = async (
  sources: Sources,
  needs: Needs,
): Promise<{ readonly findings: readonly Finding[]; readonly engine: IcmpEngine }> => {
  const four = await socketState(sources, 4);
  const six = await socketState(sources, 6);
  const ping = await pingState(sources);
  const engine = engineOf(four, ping);
  return {
    engine,
    findings: [
      socketFinding(four, 4, needs, sources.execPath),
      socketFinding(six, 6, needs, sources.execPath),
      pingFinding(ping),
      await engineFinding(engine, four, needs, sources),
    ],
  };
};
