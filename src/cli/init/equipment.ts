import { usage } from '../../model/error.js';
import { unknownName } from '../../yaml/problem.js';
import { findDriver } from '../../trigger/driver/driver-file.js';
import type { Driver } from '../../trigger/driver/schema.js';
import { type Address, type Equipment, type Login, answer, type Ask } from './answers.js';
import { asksUser, bySsh } from './credentials.js';
import { type Given, askParams } from './params.js';
import {
  actionChoices,
  oneOf,
  orNothing,
  parseAddress,
  parseName,
  parseUser,
  powerChoices,
} from './choices.js';

interface NamedAddress {
  readonly name: string;
  readonly address: Address;
}

/** `NAME=ADDRESS`, or an address alone, of the node that has the usual name. */
const parseNode =
  (usual: string) =>
  (text: string): NamedAddress => {
    const [, name = usual, address = ''] = /^(?:([^=]*)=)?(.*)$/.exec(text) ?? [];
    return { name: parseName(name), address: parseAddress(address) };
  };

const sameHost = (one: Address, other: Address): boolean =>
  one.host.toLowerCase() === other.host.toLowerCase() && one.port === other.port;

/** Two names of one device are no pair. */
const apart = (node: NamedAddress, first: NamedAddress | undefined): NamedAddress => {
  if (first === undefined) return node;
  if (node.name === first.name)
    throw usage(`both nodes are called ${node.name}`, 'give each a name: NAME=ADDRESS');
  if (sameHost(node.address, first.address))
    throw usage(
      `${node.address.host} is the address of ${first.name} already`,
      'give the management address of the other node',
    );
  return node;
};

const askNodes = async (ask: Ask, given: readonly string[]): Promise<NamedAddress[]> => {
  if (given.length > 2) throw usage(`--node is given ${given.length} times`, 'a pair has two nodes');
  const nodes: NamedAddress[] = [];
  for (const [index, usual] of ['fw-a', 'fw-b'].entries()) {
    const question = {
      option: '--node NAME=ADDRESS',
      text: `Management address of the ${index === 0 ? 'first' : 'second'} node (${usual}; another name: NAME=ADDRESS)`,
      preset: null,
      parse: (text: string): NamedAddress => apart(parseNode(usual)(text), nodes[0]),
    };
    nodes.push(await answer(ask, question, given[index]));
  }
  return nodes;
};

const parseLogin = (text: string): Login => {
  if (text === 'agent' || text === 'password') return { kind: text };
  if (text.includes('PRIVATE KEY')) throw usage('the key itself was given', 'give the path of its file');
  return { kind: 'key', file: text };
};

/** An option that would change nothing is a mistake of whoever gave it. */
const refuseUnused = (option: string, given: string | readonly string[] | undefined, why: string): void => {
  if (given === undefined || given.length === 0) return;
  throw usage(`--${option} has no meaning here: ${why}`, `leave --${option} out`);
};

const askLogin = async (
  ask: Ask,
  driver: Driver,
  given: Given,
): Promise<{ readonly user: string; readonly login: Login }> => {
  const preset = driver.transport === 'ssh' ? 'root' : 'seqgap';
  const question = { option: '--user NAME', text: 'User to log in as', preset, parse: parseUser };
  if (!asksUser(driver)) refuseUnused('user', given.user, `driver ${driver.name} takes an API key`);
  const user = asksUser(driver) ? await answer(ask, question, given.user) : preset;
  if (!bySsh(driver)) {
    refuseUnused('login', given.login, `driver ${driver.name} does not log in by SSH`);
    return { user, login: { kind: 'password' } };
  }
  const login = await answer(
    ask,
    {
      option: '--login HOW',
      text: 'Log in by: agent (keys of the SSH agent), password (from the environment), or the file of a key',
      preset: 'agent',
      parse: parseLogin,
    },
    given.login,
  );
  return { user, login };
};

/** What has the power of the nodes: the host that commands are sent to, for each node, and as whom. */
const askPowerLogin = async (
  ask: Ask,
  power: Driver | null,
  nodes: readonly string[],
  given: Given,
): Promise<{ readonly powerUser: string; readonly addresses: ReadonlyMap<string, Address> }> => {
  const addresses = new Map<string, Address>();
  if (power === null || power.transport === 'exec') {
    const why = power === null ? 'there is no power driver' : `driver ${power.name} runs on this host`;
    refuseUnused('power-node', given['power-node'], why);
    refuseUnused('power-user', given['power-user'], why);
    return { powerUser: '', addresses };
  }
  const words = given['power-node'];
  for (const word of words) {
    const [, node] = /^([^=]*)=/.exec(word) ?? [];
    if (node !== undefined && !nodes.includes(node))
      throw usage(
        `--power-node: ${unknownName(node, 'a node', nodes)}`,
        'write NODE=ADDRESS, or an address for both',
      );
  }
  for (const name of nodes) {
    const own = words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
    const question = {
      option: `--power-node ${name}=ADDRESS`,
      text: `Address of what has the power of ${name} (${power.name})`,
      preset: null,
      parse: parseAddress,
    };
    addresses.set(name, await answer(ask, question, own ?? words.find((word) => !word.includes('='))));
  }
  const question = {
    option: '--power-user NAME',
    text: `User to log in as there (${power.name})`,
    preset: power.transport === 'ssh' ? 'root' : 'seqgap',
    parse: parseUser,
  };
  return { powerUser: await answer(ask, question, given['power-user']), addresses };
};

const askPower = async (
  ask: Ask,
  given: string | undefined,
  drivers: ReadonlyMap<string, Driver>,
): Promise<Driver | null> => {
  const choices = powerChoices(drivers);
  const question = {
    option: '--power DRIVER',
    text: 'What can cut the power of the nodes (empty: nothing, or not wanted)',
    preset: '',
    choices,
    parse: orNothing(oneOf(choices, 'a power driver')),
  };
  const name = await answer(ask, question, given);
  return name === null ? null : findDriver(drivers, name, '--power');
};

/** The nodes, how to log in to them, what has their power and what is done to the active one. */
export const askEquipment = async (
  ask: Ask,
  driver: Driver,
  given: Given,
  drivers: ReadonlyMap<string, Driver>,
): Promise<Equipment & { readonly action: string }> => {
  const named = await askNodes(ask, given.node);
  const { user, login } = await askLogin(ask, driver, given);
  const power = await askPower(ask, given.power, drivers);
  const choices = actionChoices(driver, power);
  const question = {
    option: '--action ACTION',
    text: 'What is done to the active node',
    preset: choices[0]?.name ?? null,
    choices,
    parse: oneOf(choices, 'an action of these drivers'),
  };
  const action = await answer(ask, question, given.action);
  const names = named.map(({ name }) => name);
  const asked = { nodes: names, action };
  const params = await askParams(ask, { driver, option: 'param', given: given.param, ...asked });
  const { powerUser, addresses } = await askPowerLogin(ask, power, names, given);
  const powerParams = await askParams(ask, {
    driver: power,
    option: 'power-param',
    given: given['power-param'],
    ...asked,
  });
  const nodes = named.map(({ name, address }) => ({
    name,
    address,
    params: params[name] ?? {},
    powerAddress: addresses.get(name) ?? null,
    powerParams: powerParams[name] ?? {},
  }));
  return { driver, user, login, power, powerUser, nodes, action };
};
