import { KnownError, usage } from '../../model/error.js';
import type { Clock } from '../../model/time.js';
import type { Device } from './bound.js';
import { HttpTransport } from '../transport/http.js';
import { LocalTransport } from '../transport/local.js';
import type { Driver } from '../driver/schema.js';
import { ShellTransport } from '../transport/shell.js';
import { SshTransport } from '../transport/ssh.js';
import { SystemSshTransport } from '../transport/system-ssh.js';
import { fillAll, type TemplateValues } from '../transport/template.js';
import { traced } from '../transport/traced.js';
import type { Transport } from '../transport/transport.js';

const missing = (driver: Driver, where: string, what: string, remedy: string): KnownError =>
  usage(`${where}: driver ${driver.name} needs ${what}`, remedy);

/** What is empty is left as it is in the environment of this program. */
const environment = (driver: Driver, values: TemplateValues): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fillAll(driver.exec?.env ?? {}, values)).filter(([, value]) => value !== ''),
  );

const wayTo = (
  driver: Driver,
  { ssh, http }: Pick<Device, 'ssh' | 'http'>,
  values: TemplateValues,
  clock: Clock,
  where: string,
): Transport => {
  switch (driver.transport) {
    case 'exec':
      return new LocalTransport(clock, { env: environment(driver, values), install: driver.exec?.install });
    case 'ssh':
    case 'shell': {
      if (ssh === null) throw missing(driver, where, 'SSH', 'give `ssh: { host: …, user: … }`');
      const { system } = ssh;
      if (driver.transport === 'ssh')
        return system === undefined
          ? new SshTransport(ssh, clock)
          : new SystemSshTransport(ssh, system.command, clock);
      if (system !== undefined)
        throw usage(
          `${where}: driver ${driver.name} types at a prompt, which does not go by the system's ssh (for ${system.why})`,
          'do without that setting for this host',
        );
      if (driver.shell === undefined) throw new Error(`driver ${driver.name} without a prompt`);
      return new ShellTransport(ssh, driver.shell, values, clock);
    }
    case 'http': {
      if (http === null) throw missing(driver, where, 'an API', 'give `http: { url: https://…, … }`');
      const options = driver.http ?? { auth: 'none', headers: {}, query: {} };
      for (const [name, value] of [
        ['user', http.user],
        ['password', http.password],
      ] as const)
        if (options.auth === 'basic' && value === null)
          throw missing(driver, where, `http.${name}`, `give it under the node's \`http:\``);
      return new HttpTransport(http, options, values, clock);
    }
  }
};
/**
 * The way from this host to a device, as its driver wants it; nothing is contacted yet. Throws KnownError (usage) for
 * a login that is missing. `where`: who asks, as in `node fw-a`. Shown to whoever debugs.
 */
export const openTransport = (
  driver: Driver,
  device: Pick<Device, 'ssh' | 'http'>,
  values: TemplateValues,
  clock: Clock,
  where: string,
): Transport => traced(wayTo(driver, device, values, clock, where), where, clock);
