import { EXIT, KnownError } from '../model/error.js';
import { findDriver } from '../trigger/driver.js';
import type { Driver } from '../trigger/schema.js';
import type { Address, Equipment, Login } from './answers.js';
import { asksUser, bySsh } from './credentials.js';
import type { Given } from './given.js';
import {
  actionChoices,
  oneOf,
  orNothing,
  parseAddress,
  parseName,
  parseUser,
  powerChoices,
} from './offer.js';
import { askParams } from './params.js';
import { answer, type Ask } from './question.js';

const usage = (message: string, remedy: string): KnownError =>
  new KnownError(message, { remedy, exitCode: EXIT.usage });

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

const askNodes = async (ask: Ask, given: readonly string[]): Promise<NamedAddress[]> => {
  if (given.length > 2) throw usage(`--node is given ${given.length} times`, 'a pair has two nodes');
  const nodes: NamedAddress[] = [];
  for (const [index, usual] of ['fw-a', 'fw-b'].entries()) {
    const question = {
      option: '--node NAME=ADDRESS',
      text: `Management address of the ${index === 0 ? 'first' : 'second'} node (${usual}; another name: NAME=ADDRESS)`,
      preset: null,
      parse: parseNode(usual),
    };
    nodes.push(await answer(ask, question, given[index]));
  }
  if (nodes[0]?.name === nodes[1]?.name)
    throw usage(`both nodes are called ${nodes[0]?.name ?? ''}`, 'give each a name: --node NAME=ADDRESS');
  return nodes;
};

const parseLogin = (text: string): Login => {
  if (text === 'agent' || text === 'password') return { kind: text };
  if (text.includes('PRIVATE KEY')) throw usage('the key itself was given', 'give the path of its file');
  return { kind: 'key', file: text };
};

/** What has the power of the nodes: the host that commands are sent to, for each node. */
const askPowerAddresses = async (
  ask: Ask,
  power: Driver | null,
  nodes: readonly NamedAddress[],
  given: readonly string[],
): Promise<Map<string, Address>> => {
  const addresses = new Map<string, Address>();
  if (power === null || power.transport === 'exec') return addresses;
  for (const [index, { name }] of nodes.entries()) {
    const own = given.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
    const common = given.find((word) => !word.includes('='));
    const question = {
      option: `--power-node ${name}=ADDRESS`,
      text: `Address of what has the power of ${name} (${power.name})`,
      preset: null,
      parse: parseAddress,
    };
    addresses.set(nodes[index]?.name ?? name, await answer(ask, question, own ?? common));
  }
  return addresses;
};

/** The nodes, how to log in to them, what has their power and what is done to the active one. */
export const askEquipment = async (
  ask: Ask,
  driver: Driver,
  given: Given,
  drivers: ReadonlyMap<string, Driver>,
): Promise<Equipment & { readonly action: string }> => {
  const addresses = await askNodes(ask, given.node);
  const question = {
    option: '--user NAME',
    text: 'User to log in as',
    preset: driver.transport === 'ssh' ? 'root' : 'seqgap',
    parse: parseUser,
  };
  const user = asksUser(driver) ? await answer(ask, question, given.user) : question.preset;
  const login = bySsh(driver)
    ? await answer(
        ask,
        {
          option: '--login HOW',
          text: 'Log in by: agent (keys of the SSH agent), password (from the environment), or the file of a key',
          preset: 'agent',
          parse: parseLogin,
        },
        given.login,
      )
    : parseLogin('password');
  const choices = powerChoices(drivers);
  const powerName = await answer(
    ask,
    {
      option: '--power DRIVER',
      text: 'What can cut the power of the nodes (empty: nothing, or not wanted)',
      preset: '',
      choices,
      parse: orNothing(oneOf(choices, 'a power driver')),
    },
    given.power,
  );
  const power = powerName === null ? null : findDriver(drivers, powerName, '--power');
  const actions = actionChoices(driver, power);
  const action = await answer(
    ask,
    {
      option: '--action ACTION',
      text: 'What is done to the active node',
      preset: actions[0]?.name ?? null,
      choices: actions,
      parse: oneOf(actions, 'an action of these drivers'),
    },
    given.action,
  );
  const names = addresses.map(({ name }) => name);
  const asked = { nodes: names, action };
  const params = await askParams(ask, { driver, option: 'param', given: given.param, ...asked });
  const powerAddresses = await askPowerAddresses(ask, power, addresses, given['power-node']);
  const powerUser =
    power !== null && power.transport !== 'exec'
      ? await answer(
          ask,
          {
            option: '--power-user NAME',
            text: `User to log in as there (${power.name})`,
            preset: power.transport === 'ssh' ? 'root' : 'seqgap',
            parse: parseUser,
          },
          given['power-user'],
        )
      : '';
  const powerParams = await askParams(ask, {
    driver: power,
    option: 'power-param',
    given: given['power-param'],
    ...asked,
  });
  const nodes = addresses.map(({ name, address }) => ({
    name,
    address,
    params: params[name] ?? {},
    powerAddress: powerAddresses.get(name) ?? null,
    powerParams: powerParams[name] ?? {},
  }));
  return { driver, user, login, power, powerUser, nodes, action };
};
