import type { Driver } from '../../trigger/driver/schema.js';
import type { Address, Login } from './answers.js';
import { scalar } from './scalar.js';

/*
 * The lines of a login. A secret is a reference to the environment, never a word of the scenario.
 */

/** Where a pair of an API key and its secret stands for user and password. */
const KEY_PAIRS: ReadonlySet<string> = new Set(['opnsense']);

/** Their API takes a key alone. */
const takesKey = (driver: Driver): boolean => JSON.stringify(driver).includes('{{key}}');

/** A shell is typed into by SSH too. */
export const bySsh = (driver: Driver): boolean => driver.transport === 'ssh' || driver.transport === 'shell';

/** Whether there is a user name that could be asked for. */
export const asksUser = (driver: Driver): boolean =>
  bySsh(driver) || (driver.transport === 'http' && !takesKey(driver) && !KEY_PAIRS.has(driver.name));

/** `'${env:PANOS_KEY}'` */
export const secretOf = (driver: string, what: string): string =>
  `'\${env:${`${driver}_${what}`.toUpperCase().replaceAll('-', '_')}}'`;

const sshLines = (driver: Driver, { host, port }: Address, user: string, login: Login): string[] => [
  'ssh:',
  `  host: ${scalar(host)}`,
  ...(port === null ? [] : [`  port: ${port}`]),
  `  user: ${scalar(user)}`,
  ...(login.kind === 'key' ? [`  key: ${scalar(login.file)}`] : []),
  ...(login.kind === 'password' ? [`  password: ${secretOf(driver.name, 'password')}`] : []),
];

const whoLines = (driver: Driver, user: string): string[] => {
  if (takesKey(driver)) return [`  key: ${secretOf(driver.name, 'key')}`];
  return KEY_PAIRS.has(driver.name)
    ? [`  user: ${secretOf(driver.name, 'key')}`, `  password: ${secretOf(driver.name, 'secret')}`]
    : [`  user: ${scalar(user)}`, `  password: ${secretOf(driver.name, 'password')}`];
};

const httpLines = (driver: Driver, { host, port }: Address, user: string): string[] => {
  const name = host.includes(':') ? `[${host}]` : host;
  return [
    'http:',
    `  url: ${scalar(`https://${name}${port === null ? '' : `:${port}`}`)}`,
    ...whoLines(driver, user),
    '  # ca: ~/pki/ca.pem    the authority of the certificate, where it is not one that this host knows',
  ];
};

/** What stands below a node, or below its `power:`, about how to reach it; nothing for a driver that runs here. */
export const loginLines = (
  driver: Driver,
  address: Address | null,
  { user, login }: { readonly user: string; readonly login: Login },
): string[] => {
  if (address === null) return [];
  if (bySsh(driver)) return sshLines(driver, address, user, login);
  return driver.transport === 'http' ? httpLines(driver, address, user) : [];
};
