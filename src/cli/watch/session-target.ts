import { isIPv6 } from 'node:net';
import { KnownError, usage } from '../../model/error.js';
import type { SessionOf, SessionPlan } from '../../model/plan.js';
import { parseTarget } from '../../scenario/target.js';
import { session, sessionPlan } from '../../scenario/session.js';
import { configuredLogin, NOTHING_WRITTEN } from '../../ssh/configured-login.js';
import { hopText } from '../../ssh/ssh-config.js';

/** Often enough that the stall of a short outage shows; the sender's retransmissions begin no sooner (RFC 6298 §2.4, Linux). */
const HEARTBEAT = '200ms';

const EXAMPLES = '--session 10.4.4.4:7, --session ssh://user@10.4.4.4, --session http://10.4.4.4/';

const wrong = (text: string, why: string): KnownError =>
  usage(`--session ${text} ${why}`, `for example ${EXAMPLES}`);

const bare = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

interface Written {
  readonly type: 'tcp' | 'ssh' | 'http';
  readonly to: string;
  readonly [key: string]: string;
}

/** What a scenario would have of it. */
const written = (text: string): Written => {
  if (!text.includes('://')) return { type: 'tcp', to: text };
  if (!URL.canParse(text)) throw wrong(text, 'is no URL');
  const { protocol, username, password, hostname, port, pathname, search } = new URL(text);
  const host = bare(hostname);
  const to = port === '' ? host : `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  if (host === '') throw wrong(text, 'names no host');
  if (password !== '') throw wrong('with a password', 'is refused: log in by a key or the agent');
  switch (protocol) {
    case 'ssh:':
      if (username === '') throw wrong(text, 'names no user to log in as');
      return { type: 'ssh', to, user: decodeURIComponent(username) };
    case 'http:':
      return { type: 'http', to, path: `${pathname}${search}` };
    case 'https:':
      return { type: 'http', to, path: `${pathname}${search}`, tls: 'true' };
    default:
      throw wrong(text, 'is neither HOST:PORT nor ssh, http or https');
  }
};

/**
 * As `ssh user@host` would log in, by ssh's own configuration: its keys, its agent, the hosts that it knows. But the connection that
 * is kept has to be the one to that host.
 */
const loggedIn = (plan: SessionOf<'ssh'>, text: string, hasPort: boolean): SessionPlan => {
  const { host, port, login } = plan;
  const own = configuredLogin({
    host,
    port: hasPort ? port : null,
    user: login.user,
    ...NOTHING_WRITTEN,
  });
  const { jump: [hop] = [], system } = own;
  if (hop !== undefined)
    throw usage(
      `--session ${text}: ssh's configuration goes there by way of ${hopText(hop)}, so that no connection of its own would be kept`,
      `watch from there: --from 'ssh ${hop.host}'`,
    );
  if (system !== undefined)
    throw usage(
      `--session ${text}: ${system.why} is for the system's ssh alone`,
      'do without that setting for this host',
    );
  return { ...plan, host: own.host, port: own.port, login: own };
};

/** `10.4.4.4:7`, `ssh://user@10.4.4.4`: as it was given, in one word of a table. */
const NAME = /^[^\s,#]{1,200}$/;

/**
 * One connection that is kept while it is watched, as a session of a scenario is: heartbeats to an echo server, over SSH, or
 * requests to a web server. Throws KnownError.
 */
export const parseSession = (text: string): SessionPlan => {
  if (!NAME.test(text)) throw wrong(JSON.stringify(text), 'is not a target');
  const item = written(text);
  const target = parseTarget(item.to, item.type === 'tcp' ? 'needed' : 0);
  if (typeof target === 'string') throw wrong(text, target);
  const given = session.safeParse({ name: 'session', heartbeat: HEARTBEAT, ...item });
  if (!given.success) throw wrong(text, given.error.issues[0]?.message ?? 'cannot be read');
  const plan = { ...sessionPlan(given.data, { file: '', inLab: false }), name: text };
  return plan.type === 'ssh' ? loggedIn(plan, text, target.port !== 0) : plan;
};
