import type { SessionKind, SessionOf, SessionPlan } from '../../model/plan.js';
import { HeartbeatTrack } from './heartbeat.js';
import { HttpTrack } from './http-track.js';
import { ServerTrack } from './server-track.js';
import { type OpenChannel, openTcpChannel } from './session-channel.js';
import { openTls } from '../tls.js';
import { openSshChannel } from './session-ssh.js';
import type { Track, WriteRow } from './session-track.js';

/** One connection of a session. */
interface Told {
  readonly connection: number;
  /** By which the echo server knows the session. */
  readonly token: string;
  readonly row: WriteRow;
}

/** What carries the octets of a type of session, and what is said on it. */
interface Kind<P extends SessionPlan> {
  /** @throws KnownError for files that cannot be used. */
  channel(plan: P, address: string): OpenChannel | Promise<OpenChannel>;
  track(plan: P, told: Told): Track;
}

const echoTrack = (
  { name: session, payload: octets, heartbeat_ns, idle, speaksFirst }: SessionPlan,
  { connection, token, row }: Told,
): Track =>
  speaksFirst === 'server'
    ? new ServerTrack({ session, connection, octets, token, heartbeat_ns, idle }, row)
    : new HeartbeatTrack({ session, connection, octets }, row);

const httpTrack = (
  { name: session, host, port, path, mode }: SessionPlan,
  { connection, row }: Told,
): Track => {
  const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return new HttpTrack({ session, connection, authority, path, mode }, row);
};

const tcpChannel = ({ port, keepalive_ns, sources = [] }: SessionPlan, host: string): OpenChannel =>
  openTcpChannel({ host, port, keepalive_ns, sources });

const httpChannel = async (plan: SessionOf<'http'>, host: string): Promise<OpenChannel> => {
  const { port, keepalive_ns, sources = [] } = plan;
  const tls = plan.tls === undefined ? null : await openTls(plan.tls, plan.host, `session ${plan.name}`);
  return openTcpChannel({ host, port, keepalive_ns, sources, tls });
};

const KINDS: { readonly [K in SessionKind]: Kind<SessionOf<K>> } = {
  tcp: { channel: tcpChannel, track: echoTrack },
  ssh: { channel: (plan, address) => openSshChannel(plan.login, address, plan), track: echoTrack },
  http: { channel: httpChannel, track: httpTrack },
};

export const kindOf = (plan: SessionPlan): Kind<SessionPlan> => KINDS[plan.type];
