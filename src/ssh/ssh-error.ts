import { createHash } from 'node:crypto';
import { EXIT, KnownError, messageOf } from '../model/error.js';
import type { SshHop } from '../model/login.js';
import { brief } from '../model/outside.js';
import { formatDuration } from '../model/duration.js';
import { keyType, knownHostName, type HostKeyVerdict } from './known-hosts.js';

/** How far a connection came: TCP, the server's first word, the key exchange, the login. */
export type SshStage = 'tcp' | 'banner' | 'key-exchange' | 'login';

/** What is known when a connection fails. */
export interface SshFailure {
  readonly stage: SshStage;
  readonly error: unknown;
  readonly hostKey: { readonly verdict: HostKeyVerdict; readonly blob: Buffer } | null;
  /** What the server still offers (RFC 4252 §5.1); null if it never said. */
  readonly offered: readonly string[] | null;
  /** Which methods were tried. */
  readonly tried: readonly string[];
}

interface Cause {
  readonly what: string;
  readonly remedy: string;
}

const textOf = (error: unknown, field: 'code' | 'level'): string => {
  if (!(error instanceof Error) || !(field in error)) return '';
  const value = (error as unknown as Record<string, unknown>)[field];
  return typeof value === 'string' ? value : '';
};

const fingerprint = (blob: Buffer): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;

const hostKeyCause = (login: SshHop, failure: SshFailure): Cause | null => {
  if (failure.hostKey === null || login.knownHosts === null) return null;
  const { verdict, blob } = failure.hostKey;
  const shown = `${keyType(blob)} ${fingerprint(blob)}`;
  const alias = login.configured?.hostKeyAlias ?? null;
  switch (verdict) {
    case 'known':
      return null;
    case 'unknown':
      return {
        what: `host key unknown (${shown} is not in ${login.knownHosts}${alias === null ? '' : `, as ${alias}`})`,
        remedy:
          alias === null
            ? `compare the fingerprint at the device, then: ssh-keyscan -p ${login.port} ${login.host} >> ${login.knownHosts}`
            : `compare the fingerprint at the device, then add its key as ${alias}`,
      };
    case 'changed':
      return {
        what: `host key CHANGED (now ${shown}): another machine, or someone in between`,
        remedy: `find out why; only then: ssh-keygen -R '${alias ?? knownHostName(login.host, login.port)}' -f ${login.knownHosts}, and add the new key`,
      };
    case 'revoked':
      return {
        what: `host key is marked @revoked in ${login.knownHosts}`,
        remedy: 'do not trust this machine',
      };
  }
};

const SOCKET_CAUSES: Readonly<Record<string, Cause>> = {
  ECONNREFUSED: { what: 'connection refused', remedy: 'check that sshd runs there, and the port' },
  EHOSTUNREACH: { what: 'host unreachable', remedy: 'check the address, the route and that it is up' },
  ENETUNREACH: { what: 'network unreachable', remedy: "check this host's routes" },
  EHOSTDOWN: { what: 'host is down', remedy: 'check the address and that it is up' },
  ENOTFOUND: { what: 'no such host name', remedy: 'check `host`, or give an address' },
  EAI_AGAIN: { what: 'the name server does not answer', remedy: 'give an address instead of a name' },
  ETIMEDOUT: { what: 'no answer (TCP timed out)', remedy: 'check the address and firewalls on the way' },
};

const timeoutCause = (login: SshHop, stage: SshStage): Cause => {
  const after = formatDuration(login.timeout_ns);
  switch (stage) {
    case 'tcp':
      return {
        what: `no answer within ${after}`,
        remedy: 'check the address, that it is up, and firewalls on the way',
      };
    case 'banner':
      return {
        what: `port open, but nothing was said within ${after}`,
        remedy: 'check that it is an SSH port and that the device is not hung or overloaded',
      };
    case 'key-exchange':
      return {
        what: `hung in the key exchange for ${after}`,
        remedy: 'check the load of the device and the path MTU',
      };
    case 'login':
      return {
        what: `hung at the login for ${after}`,
        remedy: "check the device's authentication server (RADIUS, LDAP, DNS)",
      };
  }
};

const loginCause = (login: SshHop, { offered, tried }: SshFailure): Cause => {
  const wanted = offered ?? [];
  const wants = wanted.length > 0 ? `; it offers ${brief(wanted.join(', '))}` : '';
  const keysTried = tried.includes('publickey') || tried.includes('agent');
  if (login.password === null && !wanted.includes('publickey') && wanted.length > 0)
    return { what: `a password is wanted${wants}`, remedy: 'give `password: ${env:…}`' };
  if (login.password !== null)
    return {
      what: `${keysTried ? 'key and password were' : 'the password was'} refused for user ${login.user}${wants}`,
      remedy: 'check `user` and `password`',
    };
  if (keysTried)
    return {
      what: `the ${login.key === null ? 'keys offered were' : `key ${login.key} was`} refused for user ${login.user}${wants}`,
      remedy: 'check `user` and `key`, and ~/.ssh/authorized_keys on the device',
    };
  return {
    what: `no way to log in was given${wants}`,
    remedy: 'give `key`, `agent: true` or `password: ${env:…}`',
  };
};

/** Causes in the order in which they explain the most. */
const causeOf = (login: SshHop, failure: SshFailure): Cause => {
  const hostKey = hostKeyCause(login, failure);
  if (hostKey !== null) return hostKey;
  const socket = SOCKET_CAUSES[textOf(failure.error, 'code')];
  if (socket !== undefined) return socket;
  const level = textOf(failure.error, 'level');
  if (level === 'client-timeout') return timeoutCause(login, failure.stage);
  if (level === 'client-authentication') return loginCause(login, failure);
  if (failure.stage !== 'tcp' && /connection lost|ECONNRESET|closed/i.test(messageOf(failure.error)))
    return {
      what:
        failure.stage === 'login'
          ? 'connection closed during the login'
          : 'connection closed before the login',
      remedy: "see the device's sshd log (MaxStartups, allowed addresses), or whether it is an SSH port",
    };
  // A server that ends the connection says why, before anybody knows who it is.
  return { what: brief(messageOf(failure.error)), remedy: 'try `ssh -v` to the same address' };
};

/** One line of what, where and remedy for a connection that could not be made; exit code 2. */
export const sshError = (login: SshHop, failure: SshFailure): KnownError => {
  const { what, remedy } = causeOf(login, failure);
  return new KnownError(`SSH to ${login.user}@${login.host}:${login.port}: ${what}`, {
    remedy,
    exitCode: EXIT.inconclusive,
    cause: failure.error,
  });
};

/** A hop that lets nobody through. */
export const forwardError = (hop: SshHop, to: SshHop, why: string): KnownError =>
  new KnownError(
    `SSH to ${hop.user}@${hop.host}:${hop.port}: it opens no way to ${to.host}:${to.port} (${brief(why)})`,
    {
      remedy: /prohibited/i.test(why)
        ? 'see AllowTcpForwarding and PermitOpen of its sshd'
        : `see whether ${to.host} port ${to.port} is reached from there`,
      exitCode: EXIT.inconclusive,
    },
  );
