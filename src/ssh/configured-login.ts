import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { usage } from '../model/error.js';
import type { SshConfigured, SshHop, SshLogin } from '../model/login.js';
import { fromMs, type Nanoseconds } from '../model/time.js';
import { readUserFileNow, SMALL_FILE } from '../user-file.js';
import { authoritiesOfHost, keysOfHost, USUAL_PORT } from './known-hosts.js';
import {
  agentKeyTypes,
  type Destination,
  hopsTo,
  hopText,
  keyFileType,
  pathOf,
  sshSettings,
  type SshSettings,
} from './ssh-config.js';

/** A login as somebody wrote it; null: as ssh's configuration says, or by default. */
export interface WrittenLogin extends Destination {
  readonly key: string | null;
  readonly passphrase: string | null;
  readonly password: string | null;
  readonly agent: boolean | null;
  readonly knownHosts: string | null;
  /** Nobody checks who answers at the destination; hops are checked all the same. */
  readonly ignoreHostKey: boolean;
  readonly jump: readonly string[] | null;
  readonly timeout_ns: Nanoseconds | null;
}

export const USUAL_KNOWN_HOSTS = join(homedir(), '.ssh', 'known_hosts');
const PATIENCE = fromMs(10_000);

/** Ways to log in and to share a connection that are left to ssh itself; told where they are set. */
const ASIDE: Readonly<Record<string, string>> = {
  controlmaster: 'ControlMaster',
  hostbasedauthentication: 'HostbasedAuthentication',
  pkcs11provider: 'PKCS11Provider',
  remotecommand: 'RemoteCommand',
  setenv: 'SetEnv',
};

/** Where a connection goes and who is trusted: what is set of it must be heeded, which only ssh itself can. */
const ONLY_SSH: Readonly<Record<string, string>> = {
  proxycommand: 'ProxyCommand',
  knownhostscommand: 'KnownHostsCommand',
  revokedhostkeys: 'RevokedHostKeys',
  bindaddress: 'BindAddress',
  bindinterface: 'BindInterface',
  addressfamily: 'AddressFamily',
  pubkeyauthentication: 'PubkeyAuthentication',
};

const isThere = (path: string): boolean => path !== 'none' && existsSync(path);

const contentOf = (path: string): string => {
  try {
    return readUserFileNow(path, SMALL_FILE.most).toString('utf8');
  } catch {
    // Where the file is read in earnest, what is wrong with it is told.
    return '';
  }
};

const knownHostFiles = (settings: SshSettings | null): string[] =>
  settings === null
    ? [USUAL_KNOWN_HOSTS]
    : ['userknownhostsfile', 'globalknownhostsfile'].flatMap((name) =>
        (settings.first(name) ?? '')
          .split(' ')
          .filter((path) => path !== '' && path !== 'none')
          .map((path) => pathOf(path, settings)),
      );

/** The socket of `IdentityAgent`; null: that of SSH_AUTH_SOCK; `none`: no agent is to be asked. */
const agentOf = (settings: SshSettings | null): string | null => {
  const written = settings?.first('identityagent') ?? null;
  if (settings === null || written === null || written === 'SSH_AUTH_SOCK') return null;
  if (written.startsWith('$')) return process.env[written.replace(/^\$\{?|\}$/g, '')] ?? null;
  return written === 'none' ? written : pathOf(written, settings);
};

const plainOf = (configured: SshConfigured): boolean =>
  configured.identities.length === 0 &&
  configured.alsoKnownHosts.length === 0 &&
  configured.aside.length === 0 &&
  configured.agent === null &&
  configured.hostKeyAlias === null &&
  !configured.identitiesOnly;

/** One login by itself, whatever is on the way. */
const hopLogin = (written: WrittenLogin, settings: SshSettings | null): SshHop => {
  const { key, passphrase, password, ignoreHostKey } = written;
  const agent = agentOf(settings);
  const changed = settings?.changed ?? [];
  const [knownHosts = '/dev/null', ...also] =
    written.knownHosts === null ? knownHostFiles(settings) : [written.knownHosts];
  const seconds = Number(settings?.first('connecttimeout') ?? 'none');
  const own = key !== null || password !== null;
  const configured: SshConfigured = {
    identities:
      own || settings === null
        ? []
        : settings
            .all('identityfile')
            .map((each) => pathOf(each, settings))
            .filter(isThere),
    identitiesOnly: !own && settings?.first('identitiesonly') === 'yes',
    agent: agent === 'none' ? null : agent,
    alsoKnownHosts: ignoreHostKey ? [] : also.filter(isThere),
    hostKeyAlias: settings?.first('hostkeyalias') ?? null,
    aside: Object.keys(ASIDE).flatMap((name) => (changed.includes(name) ? (ASIDE[name] ?? []) : [])),
  };
  return {
    host: settings?.first('hostname') ?? written.host,
    port: written.port ?? Number(settings?.first('port') ?? USUAL_PORT),
    user: written.user ?? settings?.first('user') ?? userInfo().username,
    key,
    passphrase,
    password,
    agent: written.agent ?? (!own && agent !== 'none'),
    knownHosts: ignoreHostKey ? null : knownHosts,
    timeout_ns: written.timeout_ns ?? (seconds > 0 ? fromMs(1000 * seconds) : PATIENCE),
    ...(plainOf(configured) ? {} : { configured }),
  };
};

/** What of a login only ssh itself can do; null: nothing. */
const onlySsh = (login: SshHop, settings: SshSettings | null): string | null => {
  const { key, password, agent, knownHosts, host, port, configured } = login;
  const changed = settings?.changed ?? [];
  const setting = Object.keys(ONLY_SSH).find((name) => changed.includes(name));
  if (setting !== undefined) return ONLY_SSH[setting] ?? setting;
  const files = [...(key === null ? [] : [key]), ...(configured?.identities ?? [])];
  const certificates =
    password === null && settings !== null
      ? [
          ...settings.all('certificatefile').map((each) => pathOf(each, settings)),
          ...files.map((file) => `${file}-cert.pub`),
        ]
      : [];
  const certificate = certificates.find(isThere);
  if (certificate !== undefined) return `the certificate ${certificate}`;
  const hardware = files.find((file) => keyFileType(file)?.startsWith('sk-'));
  if (hardware !== undefined) return `the hardware key ${hardware}`;
  if (agent && agentKeyTypes(configured?.agent ?? null).some((type) => /^sk-|-cert-v\d\d@/.test(type)))
    return 'a certificate or hardware key of the agent';
  const [name, at] = configured?.hostKeyAlias == null ? [host, port] : [configured.hostKeyAlias, USUAL_PORT];
  for (const file of [...(knownHosts === null ? [] : [knownHosts]), ...(configured?.alsoKnownHosts ?? [])]) {
    const content = contentOf(file);
    if (keysOfHost(content, name, at).some(({ revoked }) => !revoked)) return null;
    if (authoritiesOfHost(content, name, at) > 0) return `the @cert-authority in ${file}`;
  }
  return null;
};

/** Settings by which ssh would believe a host that this program does not believe. */
const WEAK: readonly (readonly [string, string, RegExp])[] = [
  ['stricthostkeychecking', 'StrictHostKeyChecking', /^(?:no|false|off|accept-new)$/],
  ['verifyhostkeydns', 'VerifyHostKeyDNS', /^(?:yes|true)$/],
  ['nohostauthenticationforlocalhost', 'NoHostAuthenticationForLocalhost', /^(?:yes|true)$/],
];

/** What makes ssh believe hosts on the way that nobody checked: it has no option for hops. @throws KnownError (usage) */
export const requireCheckedHops = (hops: readonly Destination[]): void => {
  for (const hop of hops) {
    const settings = sshSettings(hop);
    for (const [name, shown, weak] of WEAK) {
      const value = settings?.first(name) ?? '';
      if (weak.test(value))
        throw usage(
          `ssh's configuration has ${shown} ${value} for the hop ${hopText(hop)}, which would let in anybody`,
          `set ${shown} to its default for that host, and put its key into known_hosts`,
        );
    }
  }
};

/** Never weaker than this program's own check, whatever the configuration says. */
export const checkOptions = (ignore: boolean, knownHosts: string | null): string[] => {
  const options = ignore
    ? ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'GlobalKnownHostsFile=/dev/null']
    : [
        'StrictHostKeyChecking=yes',
        'VerifyHostKeyDNS=no',
        'NoHostAuthenticationForLocalhost=no',
        ...(knownHosts === null
          ? []
          : [`UserKnownHostsFile=${knownHosts}`, 'GlobalKnownHostsFile=/dev/null']),
      ];
  return options.flatMap((option) => ['-o', option]);
};

/** The command of the system's ssh for the same login, the host last. */
const systemCommand = (written: WrittenLogin, login: SshHop): string[] => [
  'ssh',
  ...[
    'BatchMode=yes',
    'RemoteCommand=none',
    'RequestTTY=no',
    'ClearAllForwardings=yes',
    'ForwardAgent=no',
  ].flatMap((option) => ['-o', option]),
  ...['-o', `ConnectTimeout=${Math.max(1, Math.ceil(login.timeout_ns / 1e9))}`],
  ...checkOptions(written.ignoreHostKey, written.knownHosts),
  ...(written.port === null ? [] : ['-p', String(written.port)]),
  ...(written.user === null ? [] : ['-l', written.user]),
  ...(written.key === null ? [] : ['-i', written.key, '-o', 'IdentitiesOnly=yes']),
  ...(written.agent === false ? ['-o', 'IdentityAgent=none'] : []),
  ...(written.jump === null ? [] : ['-J', written.jump.join(',')]),
  written.host,
];

/** What a login has of its own where nothing was written but the destination. */
export const NOTHING_WRITTEN: Omit<WrittenLogin, keyof Destination> = {
  key: null,
  passphrase: null,
  password: null,
  agent: null,
  knownHosts: null,
  ignoreHostKey: false,
  jump: null,
  timeout_ns: null,
};

const hopOf = (hop: Destination, { timeout_ns }: WrittenLogin): WrittenLogin => ({
  ...hop,
  ...NOTHING_WRITTEN,
  timeout_ns,
});

/**
 * A login with all that ssh's own configuration says where nothing was written. Asks `ssh -G`; nothing is contacted but
 * what a `Match exec` of it contacts. @throws KnownError (usage) for a configuration that cannot be read, and for what
 * cannot be heeded, by its name
 */
export const configuredLogin = (written: WrittenLogin): SshLogin => {
  const settings = sshSettings(written);
  const login = hopLogin(written, settings);
  const hops = hopsTo(written, written.jump);
  const jump = hops.map((hop) => hopLogin(hopOf(hop, written), sshSettings(hop)));
  const why = [
    onlySsh(login, settings),
    ...jump.map((hop, at) => onlySsh(hop, sshSettings(hops[at] as Destination))),
  ].find((each) => each !== null);
  const way = jump.length === 0 ? {} : { jump };
  if (why === undefined) return { ...login, ...way };
  if (login.password !== null || login.passphrase !== null)
    throw usage(
      `${why} is for the system's ssh, which is given no password and no passphrase`,
      'log in with a key or an agent, or do without that setting for this host',
    );
  requireCheckedHops(hops);
  return { ...login, ...way, system: { why, command: systemCommand(written, login) } };
};

/** `root@10.4.0.11 by way of probe@bastion:2222`. Shows nothing secret. */
export const loginText = (login: SshLogin): string => {
  const { jump = [], system, configured } = login;
  const aside = configured?.aside ?? [];
  const plain = ({ user, host, port }: SshHop): string =>
    `${user}@${port === USUAL_PORT ? host : hopText({ user: null, host, port })}`;
  return [
    plain(login),
    ...(jump.length === 0 ? [] : [`by way of ${jump.map(plain).join(', ')}`]),
    ...(system === undefined ? [] : [`with the system's ssh (for ${system.why})`]),
    ...(aside.length === 0 ? [] : [`without ${aside.join(', ')} of ssh's configuration`]),
  ].join(' ');
};
