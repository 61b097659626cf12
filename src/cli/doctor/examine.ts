import type { Scenario } from '../../model/plan.js';
import { fromMs, type Clock } from '../../model/time.js';
import { clockSourceFinding, ntpFinding } from './clock.js';
import {
  coresFinding,
  cpuTicks,
  memoryFinding,
  stealFinding,
  stealShare,
  conntrackFinding,
  openFilesFinding,
  portsFinding,
  receiveBufferFinding,
} from './cpu.js';
import { type Finding, fail, ok, warn } from './finding.js';
import { icmpFindings, type IcmpEngine } from './icmp.js';
import {
  measureLateness,
  type LatenessFigures,
  latenessFinding,
  smallestInterval,
  stallFinding,
} from './lateness.js';
import { needsOf, ORDINARY_NEEDS, type Needs } from './needs.js';
import type { Sources } from './host-sources.js';
import { sayNumberOf } from '../../analysis/words/format.js';
import { KnownError } from '../../model/error.js';
import { loginText } from '../../ssh/configured-login.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

export const versionsFinding = ({ nodeVersion, platform }: Sources, toolVersion: string): Finding => {
  const check = 'versions';
  const text = `seqgap ${toolVersion} on Node ${nodeVersion}, ${platform}`;
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  // package.json, "engines".
  return major > 20 || (major === 20 && minor >= 19)
    ? ok(check, text)
    : fail(check, text, 'install Node 20.19 or newer');
};

export const resultsFinding = async (sources: Sources, out: string): Promise<Finding> => {
  const check = 'results';
  const { existing, writable, free_bytes } = await sources.folder(out);
  const free =
    free_bytes >= GIB ? `${(free_bytes / GIB).toFixed(1)} GiB` : `${Math.floor(free_bytes / MIB)} MiB`;
  if (!writable)
    return fail(check, `${existing} is not writable`, 'choose another folder with --out, or chown it');
  const text = `${existing} is writable, ${free} free`;
  // Measured: one hour of probes at 1,000/s takes about 250 MB.
  if (free_bytes >= GIB) return ok(check, text);
  const remedy = 'free some space, or choose another disk with --out';
  return free_bytes >= 100 * MIB ? warn(check, text, remedy) : fail(check, text, remedy);
};

/** The lab is a way to try things; it is an obstacle only to a scenario that is set in it. */
export const labFindings = async (sources: Sources, { lab }: Needs): Promise<Finding[]> => {
  const obstacle = lab ? fail : warn;
  const missing = sources.missingPackages();
  const tools =
    missing.length === 0
      ? ok('lab-tools', 'all there')
      : obstacle(
          'lab-tools',
          `missing: ${missing.join(', ')}`,
          `apt-get install --no-install-recommends ${missing.join(' ')} (or npm run setup)`,
        );
  if (missing.length > 0)
    return [tools, obstacle('lab-namespaces', 'not tried while tools are missing', 'install them first')];
  const error = await sources.lab();
  const namespaces =
    error === null
      ? ok('lab-namespaces', 'root, and namespaces can be made')
      : obstacle('lab-namespaces', error.message, error.remedy ?? 'run this as root (sudo)');
  return [tools, namespaces];
};

const agentText = async (sources: Sources): Promise<string> => {
  if (sources.sshAgent === null) return 'no agent';
  const list = await sources.run('ssh-add', ['-l'], 2000);
  // Exit codes of ssh-add(1): 1 is an agent that has no keys.
  if (list?.code === 0) return `agent with ${sayNumberOf(list.stdout.trim().split('\n').length, 'key')}`;
  return list?.code === 1 ? 'agent without keys' : 'SSH_AUTH_SOCK is set, but no agent answers';
};

/** How this user can log in to nodes and vantages without being asked. */
export const sshFinding = async (sources: Sources, { logins, scenario }: Needs): Promise<Finding> => {
  const check = 'ssh';
  for (const login of logins) {
    const where = loginText(login);
    // Which keys there are for it, ssh itself knows.
    if (login.system !== undefined) continue;
    const methods = await sources.sshMethods(login);
    if (methods instanceof KnownError)
      return fail(check, `${where}: ${methods.message}`, methods.remedy ?? 'check `ssh:` in the scenario');
    if (methods.length === 0)
      return fail(
        check,
        `${where}: no key, agent or password to log in with`,
        'give `key:` or `agent: true`',
      );
  }
  if (logins.length > 0)
    return ok(check, `${logins.map(loginText).join('; ')}: each with a key, an agent or a password at hand`);
  if (scenario !== null) return ok(check, 'not needed on this host');
  const any = await sources.sshMethods(null);
  const keys = any instanceof KnownError ? 0 : any.filter((type) => type === 'publickey').length;
  const agent = await agentText(sources);
  const text = `${agent}, ${sayNumberOf(keys, 'usable key file')} in ~/.ssh`;
  if (keys > 0 || agent.startsWith('agent with ')) return ok(check, text);
  return warn(check, text, 'for real nodes: ssh-keygen -t ed25519, or eval "$(ssh-agent)"; ssh-add');
};

/** One finding for each vantage of a scenario: can its agent's command be started from here at all? */
export const vantageFindings = (sources: Sources, { vantages }: Needs): Promise<Finding[]> =>
  Promise.all(
    vantages.map(async ({ name, kind, prefix, ping }) => {
      const check = `vantage-${name}`;
      const [program] = prefix;
      if (program === undefined) return ok(check, 'this host');
      const found = await sources.run('sh', ['-c', 'command -v "$1"', 'sh', program], 2000);
      if (found?.code !== 0)
        return fail(check, `${program} is not installed here`, `install ${program}, or correct the scenario`);
      const far = kind === 'ssh' || kind === 'exec';
      const there = ping === true ? '; its own ping sends' : far ? '; run seqgap doctor there too' : '';
      return ok(check, `behind ${program}${there}`);
    }),
  );

/** What the findings amount to. */
export const verdictOf = (known: {
  readonly findings: readonly Finding[];
  readonly needs: Needs;
  readonly engine: IcmpEngine['name'];
  readonly smallest_ms: number | null;
}): { readonly canMeasure: boolean; readonly verdict: string } => {
  const { findings, needs, engine, smallest_ms } = known;
  const failed = findings.filter(({ status }) => status === 'fail').map(({ check }) => check);
  const what = needs.scenario === null ? '' : ` ${needs.scenario}`;
  if (failed.length > 0)
    return { canMeasure: false, verdict: `This host cannot measure${what} yet: see ${failed.join(', ')}.` };
  const warned = findings.filter(({ status }) => status === 'warn').length;
  const means = needs.lab ? 'the lab' : engine === null ? 'TCP' : `ICMP by ${engine}, and TCP`;
  const dense = smallest_ms === null ? '' : `, at intervals of ${smallest_ms} ms and more`;
  const rest = warned === 0 ? '' : `; ${sayNumberOf(warned, 'warning')}`;
  return { canMeasure: true, verdict: `This host can measure${what} with ${means}${dense}${rest}.` };
};

const MEASURE_MS = 2000;

export interface ExamineOptions {
  readonly sources: Sources;
  readonly clock: Clock;
  /** What is to be measured; null: nothing in particular. */
  readonly scenario: Scenario | null;
  /** The folder of all results. */
  readonly out: string;
  readonly toolVersion: string;
  readonly onStep: (text: string) => void;
  /** Replaced in tests, since a real measurement differs each time. */
  readonly measure?: (clock: Clock) => Promise<LatenessFigures>;
}

export interface Examination {
  readonly findings: readonly Finding[];
  /** No finding is `fail`. */
  readonly canMeasure: boolean;
  /** One sentence: with what and how densely, or why not. */
  readonly verdict: string;
}

/** Looks at everything that a measurement from this host depends on. Contacts no other host. */
export const examine = async (options: ExamineOptions): Promise<Examination> => {
  const { sources, clock, scenario, out, toolVersion, onStep } = options;
  const { measure = (with_: Clock) => measureLateness(with_, fromMs(MEASURE_MS)) } = options;
  const needs = scenario === null ? ORDINARY_NEEDS : needsOf(scenario);

  onStep('trying raw sockets and ping');
  const icmp = await icmpFindings(sources, needs);

  onStep(`measuring timers for ${MEASURE_MS / 1000} s at 1,000/s`);
  const before = await cpuTicks(sources);
  const lateness = await measure(clock);
  const steal = stealShare(before, await cpuTicks(sources));

  onStep('reading clocks, limits and tools');
  const findings = [
    versionsFinding(sources, toolVersion),
    ...icmp.findings,
    latenessFinding(lateness, needs.every_ms),
    stallFinding(lateness),
    await clockSourceFinding(sources),
    await ntpFinding(sources),
    coresFinding(sources),
    stealFinding(steal),
    await memoryFinding(sources),
    await openFilesFinding(sources, needs),
    await portsFinding(sources, needs),
    await receiveBufferFinding(sources),
    await conntrackFinding(sources),
    await resultsFinding(sources, out),
    ...(await labFindings(sources, needs)),
    await sshFinding(sources, needs),
    ...(await vantageFindings(sources, needs)),
  ];
  const smallest_ms = smallestInterval(lateness, needs.icmp ? icmp.engine.min_ms : 0);
  return { findings, ...verdictOf({ findings, needs, engine: icmp.engine.name, smallest_ms }) };
};
