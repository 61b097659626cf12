import { KnownError } from '../../model/error.js';
import { sayNumberOf } from '../../analysis/words/format.js';
import { fail, ok, warn, type Finding } from './finding.js';
import type { Needs } from './needs.js';
import type { Sources } from './host-sources.js';

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
    const methods = await sources.sshMethods(login);
    const where = `${login.user}@${login.host}`;
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
    return ok(
      check,
      `${sayNumberOf(logins.length, 'login')}, each with a key, an agent or a password at hand`,
    );
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
    vantages.map(async ({ name, kind, prefix }) => {
      const check = `vantage-${name}`;
      const [program] = prefix;
      if (program === undefined) return ok(check, 'this host');
      const found = await sources.run('sh', ['-c', 'command -v "$1"', 'sh', program], 2000);
      if (found?.code !== 0)
        return fail(check, `${program} is not installed here`, `install ${program}, or correct the scenario`);
      const far = kind === 'ssh' || kind === 'exec';
      return ok(check, far ? `behind ${program}; run seqgap doctor there too` : `behind ${program}`);
    }),
  );
