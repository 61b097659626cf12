import { parseTarget, isHost } from '../../scenario/target.js';
import { unknownName } from '../../yaml/problem.js';
import { usage } from '../../model/error.js';
import type { Driver } from '../../trigger/driver/schema.js';
import type { Address, Choice, VantageChoice } from './answers.js';

/*
 * What there is to choose from, by the drivers there are.
 */

/** The word for a pair that no driver knows. */
export const NO_DRIVER = 'manual';

/** Drivers of the machines of a lab: those stand in its ready scenarios (`--lab`). */
export const isOfLab = (name: string): boolean => /^lab(?:-|$)/.test(name);

/** A driver that tells roles is a platform; one that does not has only power to give and to take. */
const isPlatform = (driver: Driver): boolean => driver.role !== undefined;

const choice = ({ name, title }: Driver): Choice => ({ name, about: title });
const byName = (a: Choice, b: Choice): number => (a.name < b.name ? -1 : 1);

export const platformChoices = (drivers: ReadonlyMap<string, Driver>): Choice[] => [
  ...[...drivers.values()]
    .filter((driver) => isPlatform(driver) && !isOfLab(driver.name))
    .map(choice)
    .sort(byName),
  { name: NO_DRIVER, about: 'no driver: a person fails the pair over when asked to' },
];

export const powerChoices = (drivers: ReadonlyMap<string, Driver>): Choice[] =>
  [...drivers.values()]
    .filter((driver) => !isPlatform(driver) && !isOfLab(driver.name))
    .map(choice)
    .sort(byName);

/** The actions that could be undone again, each with what it does; the plain ones first. */
export const actionChoices = (driver: Driver | null, power: Driver | null): Choice[] => {
  const own = Object.entries(driver?.actions ?? {});
  const cut = Object.entries(power?.actions ?? {});
  const known = new Map<string, string>();
  for (const [name, { about, undo }] of [...own, ...cut])
    if (name !== 'sync-off' && (undo !== 'power' || power !== null) && !known.has(name))
      known.set(name, about);
  // As the trial does: what cuts the power goes before the node's own.
  for (const [name, { about, abrupt }] of cut)
    if (abrupt && /^(?:crash|stop)/.test(name)) known.set(name, about);
  return [
    ...[...known].map(([name, about]) => ({ name, about })),
    { name: 'manual', about: 'a person does it when asked to' },
  ];
};

/** One of the choices, by its name or its number in the list. Throws KnownError (usage). */
export const oneOf =
  (choices: readonly Choice[], kind: string) =>
  (text: string): string => {
    const found = choices.find(({ name }, index) => name === text || String(index + 1) === text);
    if (found !== undefined) return found.name;
    throw usage(
      unknownName(
        text,
        kind,
        choices.map(({ name }) => name),
      ),
    );
  };

export const parseAddress = (text: string): Address => {
  const target = parseTarget(text, 'none');
  if (typeof target !== 'string') return target;
  const withPort = parseTarget(text, 'needed');
  if (typeof withPort === 'string')
    throw usage(`"${text}" is no address`, 'write it like 192.0.2.11 or fw-a.example');
  return withPort;
};

/** A host that is probed by ICMP: without a port. */
export const parseHost = (text: string): string => {
  const target = parseTarget(text, 'none');
  if (typeof target === 'string') throw usage(target);
  return target.host;
};

export const parseNumber =
  (what: string, least: number, most: number) =>
  (text: string): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw usage(`"${text}" is not ${what} from ${least} to ${most}`);
  };

/** An empty answer leaves it open. */
export const orNothing =
  <T>(parse: (text: string) => T) =>
  (text: string): T | null =>
    text === '' ? null : parse(text);

const NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;

export const parseName = (text: string): string => {
  if (NAME.test(text)) return text;
  throw usage(`"${text}" is no name`, 'up to 40 lower-case letters, digits, "-" and "_"');
};

const USER = /^[^\s@-][^\s@]*$/;

export const parseUser = (text: string): string => {
  if (USER.test(text)) return text;
  throw usage(`"${text}" is no user name`);
};

const FORMS =
  'local, USER@HOST (by ssh), netns:NAME, or exec:PREFIX such as "exec:kubectl exec -i client --"';

/** Reads `local`, `[USER@]HOST`, `netns:NAME` or `exec:PREFIX`. Throws KnownError (usage). */
export const parseVantage = (text: string): VantageChoice => {
  if (text === 'local') return { kind: 'local' };
  const [, kind, rest = ''] = /^(netns|exec):\s*(.+)$/.exec(text) ?? [];
  if (kind === 'netns') return { kind, name: rest };
  if (kind === 'exec') return { kind, prefix: rest };
  const [, user = null, host = ''] = /^(?:([^\s@-][^\s@]*)@)?(.+)$/.exec(text) ?? [];
  if (isHost(host)) return { kind: 'ssh', user, host };
  throw usage(`"${text}" is no place to probe from`, `write ${FORMS}`);
};
