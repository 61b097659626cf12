import { spawnSync } from 'node:child_process';
import { EXIT, KnownError } from '../model/error.js';
import type { SshLogin } from '../model/login.js';
import { brief } from '../model/outside.js';
import { INSTALL_SSH } from './ssh-config.js';

interface Cause {
  readonly said: RegExp;
  readonly what: (match: RegExpExecArray) => string;
  readonly remedy: string;
}

/** What OpenSSH says, in the order in which it explains the most. */
const CAUSES: readonly Cause[] = [
  {
    said: /spawn ssh ENOENT/,
    what: () => 'there is no ssh in PATH',
    remedy: INSTALL_SSH,
  },
  {
    said: /REMOTE HOST IDENTIFICATION HAS CHANGED[^]*?Host key for (\S+) has changed|REMOTE HOST IDENTIFICATION HAS CHANGED/,
    what: ([, host]) =>
      `host key ${host === undefined ? '' : `of ${host} `}CHANGED: another machine, or someone in between`,
    remedy: 'find out why; only then: ssh-keygen -R HOST, and add the new key',
  },
  {
    said: /Certificate invalid: ([^\r\n]+)/,
    what: ([, why = '']) => `host certificate invalid: ${why}`,
    remedy: 'have the certificate of the host signed again',
  },
  {
    said: /(?:has been |marked as )revoked|REVOKED HOST KEY/i,
    what: () => 'host key is revoked',
    remedy: 'do not trust this machine',
  },
  {
    said: /No (\S+) host key is known for (\S+) and you have requested strict checking/,
    what: ([, type = '', host = '']) =>
      `host key unknown (no ${type} key of ${host} is in known_hosts, and no authority that signed it)`,
    remedy: 'compare the fingerprint at the device, then add its key, or its authority as @cert-authority',
  },
  {
    said: /open failed: administratively prohibited/,
    what: () => 'a hop opens no way to the next host (administratively prohibited)',
    remedy: 'see AllowTcpForwarding and PermitOpen of its sshd',
  },
  {
    said: /open failed: connect failed: ([^\r\n]+)/,
    what: ([, why = '']) => `a hop does not reach the next host (${why})`,
    remedy: 'see whether it is up, and reached from there',
  },
  {
    said: /(\S+@\S+): Permission denied \(([^)]*)\)/,
    what: ([, who = '', methods = '']) => `the keys offered were refused for ${who}; it offers ${methods}`,
    remedy: 'check user, key and certificate, and ~/.ssh/authorized_keys on the device',
  },
  {
    said: /Could not resolve hostname (\S+): ([^\r\n]+)/,
    what: ([, host = '', why = '']) => `no such host name ${host} (${why})`,
    remedy: 'check `host`, or give an address',
  },
  {
    said: /connect to host (\S+) port (\d+): ([^\r\n]+)/,
    what: ([, host = '', port = '', why = '']) => `${host} port ${port}: ${why.toLowerCase()}`,
    remedy: 'check the address, the port, and that sshd runs there',
  },
];

export interface SshCause {
  readonly what: string;
  readonly remedy: string;
  /** Whoever logs in was not let in. */
  readonly isRefused: boolean;
}

/** Why the system's ssh could not make a connection, by all that it said; null: not known. */
export const sshCause = (said: string): SshCause | null => {
  for (const { said: pattern, what, remedy } of CAUSES) {
    const match = pattern.exec(said);
    if (match !== null)
      return { what: brief(what(match)), remedy, isRefused: match[0].includes('Permission denied') };
  }
  return null;
};

/** When a certificate is over, if it is: `ssh-keygen -L` says its times in those of this host. */
const expiredAt = (file: string): string | null => {
  const { stdout } = spawnSync('ssh-keygen', ['-L', '-f', file], { encoding: 'utf8', timeout: 2000 });
  const until = /^\s*Valid: (?:from \S+ to|before) (\S+)/m.exec(stdout ?? '')?.[1];
  if (until === undefined || !(Date.parse(until) < Date.now())) return null;
  return until;
};

const expiredCertificate = (login: SshLogin): Omit<SshCause, 'isRefused'> | null => {
  const file = /^the certificate (.*)$/s.exec(login.system?.why ?? '')?.[1];
  const until = file === undefined ? null : expiredAt(file);
  return until === null
    ? null
    : { what: brief(`the certificate ${file} expired at ${until}`), remedy: 'have it signed again' };
};

/** One line for a connection that the system's ssh could not make; exit code 2. @param said what it wrote */
export const systemSshError = (login: SshLogin, said: string, otherwise: string): KnownError => {
  const { user, host, port } = login;
  const where = `SSH to ${user}@${host}:${port}`;
  const cause = sshCause(said);
  if (cause !== null) {
    const { what, remedy } = (cause.isRefused ? expiredCertificate(login) : null) ?? cause;
    return new KnownError(`${where}: ${what}`, { remedy, exitCode: EXIT.inconclusive });
  }
  const [last = otherwise] = said
    .trim()
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .slice(-1);
  return new KnownError(`${where}: ${brief(last)}`, {
    remedy: `try it by hand: ${login.system?.command.join(' ') ?? 'ssh -v'}`,
    exitCode: EXIT.inconclusive,
  });
};
