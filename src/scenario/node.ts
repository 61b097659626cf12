import * as z from 'zod';
import type { NodePlan, PowerPlan } from '../model/plan.js';
import { loginText } from '../ssh/configured-login.js';
import { type Problem, problem } from '../yaml/problem.js';
import { has, itemIn, rawAt, textAt } from '../yaml/raw.js';
import { mapping, named, text } from './field.js';
import {
  httpLogin,
  nodeHttp,
  nodeLogin,
  nodeLoginProblems,
  nodeSshLogin,
  type Surroundings,
  type WrittenHttp,
} from './login.js';

/** A node of the pair, as written. */
export const node = mapping('A node of the pair.', {
  driver: text('Name of the driver.'),
  ssh: nodeLogin.optional(),
  http: nodeHttp.optional(),
  serial: text('Serial number or id its driver must read before each trial.').optional(),
  params: named('Parameters for the driver.', text('A parameter.')).prefault({}),
  power: z
    .object({
      driver: text('Name of the power driver.'),
      ssh: nodeLogin.optional(),
      http: nodeHttp.optional(),
    })
    .catchall(text('A parameter of the power driver.'))
    .meta({ description: 'What can cut its power; further keys are parameters of that driver.' })
    .optional(),
});

type WrittenNode = z.output<typeof node>;

export const nodeProblems = (root: unknown, name: string, around: Surroundings): Problem[] => {
  const node = rawAt(rawAt(root, 'nodes'), name);
  const places = [
    { value: node, path: ['nodes', name] },
    { value: rawAt(node, 'power'), path: ['nodes', name, 'power'] },
  ];
  return [
    ...(name === 'active' ? [problem(['nodes', name], '"active" is no name for a node', 'key')] : []),
    ...places.flatMap(({ value, path }) => {
      const login = itemIn(value, 'ssh', [...path, 'ssh']);
      const api = itemIn(value, 'http', [...path, 'http']);
      return [
        ...(login === null ? [] : nodeLoginProblems(login, around)),
        ...(api === null || !has(api, 'ca') || textAt(api.value, 'insecure') !== 'true'
          ? []
          : [problem([...api.path, 'ca'], 'is not looked at with `insecure: true`', 'key')]),
      ];
    }),
  ];
};

interface WrittenLogins {
  readonly ssh?: z.output<typeof nodeLogin> | undefined;
  readonly http?: WrittenHttp | undefined;
}

const logins = ({ ssh, http }: WrittenLogins, around: Surroundings): Pick<PowerPlan, 'ssh' | 'http'> => ({
  ssh: ssh === undefined ? null : nodeSshLogin(ssh, around),
  http: http === undefined ? null : httpLogin(http, around),
});

const power = (written: NonNullable<WrittenNode['power']>, around: Surroundings): PowerPlan => {
  const { driver, ssh, http, ...params } = written;
  return { driver, params, ...logins({ ssh, http }, around) };
};

export const nodePlan = (name: string, written: WrittenNode, around: Surroundings): NodePlan => ({
  name,
  driver: written.driver,
  ...logins(written, around),
  serial: written.serial ?? null,
  params: written.params,
  power: written.power === undefined ? null : power(written.power, around),
});

/** Who a node is and how it is reached, in words. */
export const nodeWords = ({ driver, ssh, http, serial, power }: NodePlan): string =>
  [
    `driver ${driver}`,
    http === null ? null : `by its API at ${http.url}`,
    ssh === null ? null : `by SSH as ${loginText(ssh)}`,
    serial === null ? null : `must be ${serial}`,
    power === null ? null : `its power by driver ${power.driver}`,
  ]
    .filter((part) => part !== null)
    .join(', ');
