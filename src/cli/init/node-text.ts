import type { Driver } from '../../trigger/driver/schema.js';
import type { Equipment, NodeAnswer } from './answers.js';
import { loginLines, secretOf } from './credentials.js';
import { indented, scalar } from './scalar.js';

/** A text of several lines cannot be a comment. */
const preset = (text: string): string => (text === '' ? '' : `, else ${JSON.stringify(text)}`);

/** Every parameter that there is: what was not given is a comment that says what it would be. */
const paramLines = (driver: Driver, given: Readonly<Record<string, string>>): string[] =>
  Object.entries(driver.params).map(([name, { about, default: usual = '', secret }]) => {
    const value = given[name];
    if (value !== undefined) return `${name}: ${scalar(value)}`;
    return secret
      ? `# ${name}: ${secretOf(driver.name, name)}    ${about}`
      : `# ${name}: …    ${about}${preset(usual)}`;
  });

const ownParams = (driver: Driver, given: Readonly<Record<string, string>>): string[] => {
  const lines = paramLines(driver, given);
  if (lines.length === 0) return [];
  // A mapping of comments alone would be none.
  return Object.keys(given).length === 0
    ? ['# params:', ...lines.map((line) => `#  ${line.slice(1)}`)]
    : ['params:', ...indented(lines, 2)];
};

const powerLines = (equipment: Equipment, node: NodeAnswer): string[] => {
  const { power, powerUser } = equipment;
  if (power === null) return [];
  const login = { user: powerUser, login: { kind: 'agent' } as const };
  return [
    'power:',
    `  driver: ${power.name}`,
    ...indented(loginLines(power, node.powerAddress, login), 2),
    ...indented(paramLines(power, node.powerParams), 2),
  ];
};

/** `nodes:` with all that belongs to it. */
export const nodeLines = (equipment: Equipment): string[] => {
  const { driver, nodes } = equipment;
  const serial = driver.identity === undefined ? [] : ['# serial: …    refuse to touch any other device'];
  return [
    'nodes:',
    ...nodes.flatMap((node) => [
      `  ${node.name}:`,
      ...indented(
        [
          `driver: ${driver.name}`,
          ...loginLines(driver, node.address, equipment),
          ...serial,
          ...ownParams(driver, node.params),
          ...powerLines(equipment, node),
        ],
        4,
      ),
    ]),
  ];
};
