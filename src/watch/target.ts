import { isIPv6 } from 'node:net';
import { EXIT, KnownError } from '../model/error.js';
import { parseTarget } from '../scenario/target.js';

/** What is watched: by ICMP, or by TCP where there is a port. */
export interface WatchTarget {
  /** As it is shown, and the name of its stream: `10.4.4.4`, `10.4.4.4:443`, `[fd00::4]:22`. */
  readonly name: string;
  readonly host: string;
  readonly port: number | null;
}

const EXAMPLES = 'seqgap watch 10.4.4.4 server.example:443 [fd00::4]:22, or --tcp 443 for all of them';

const wrong = (message: string): KnownError =>
  new KnownError(message, { exitCode: EXIT.usage, remedy: `for example ${EXAMPLES}` });

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
