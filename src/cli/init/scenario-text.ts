import type { Answers, VantageChoice, Equipment, NodeAnswer } from './answers.js';
import { actionChoices } from './choices.js';
import { comment, scalar, indented } from './scalar.js';
import type { Driver } from '../../trigger/driver/schema.js';
import { loginLines, secretOf } from './credentials.js';

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
const nodeLines = (equipment: Equipment): string[] => {
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

/** What the text says of the file it stands in. */
export interface About {
  /** The scenario's file, as a person would type it. */
  readonly file: string;
  /** Path of schema.json from there; null: there is none near it. */
  readonly schema: string | null;
}

/** `crash-redeploy` is the action crash in its variant redeploy. */
const split = (action: string): readonly [string, string | null] => {
  const dash = action.indexOf('-');
  return dash === -1 ? [action, null] : [action.slice(0, dash), action.slice(dash + 1)];
};

/** Whether a node boots afterwards, which takes minutes. */
const boots = (action: string): boolean => !action.startsWith('switchover') && action !== 'manual';

const descriptionOf = ({ equipment, action }: Answers): string => {
  const who = equipment === null ? 'the pair' : equipment.driver.title;
  if (action === 'manual') return `${who}: a person makes it fail over`;
  return `${who}: ${action} of the active node`;
};

const headLines = (answers: Answers, { file, schema }: About): string[] => {
  const { equipment } = answers;
  const rows = [
    [`seqgap check ${file}`, 'says this plan in words, touches nothing'],
    [`seqgap doctor --scenario ${file}`, 'can this host measure it?'],
    [`seqgap run ${file} --dry-run`, 'prints what would be sent, sends nothing'],
    [`seqgap run ${file}`, 'asks, then does it'],
  ] as const;
  const width = Math.max(...rows.map(([command]) => command.length));
  const drivers =
    equipment === null ? [] : [equipment.driver, ...(equipment.power === null ? [] : [equipment.power])];
  return [
    ...(schema === null ? [] : [`# yaml-language-server: $schema=${schema}`, '#']),
    ...comment(`${descriptionOf(answers)}. Made by "seqgap init"; change what you like.`),
    '#',
    ...rows.map(([command, what]) => `#   ${command.padEnd(width)}   ${what}`),
    ...drivers.map(
      ({ name }) => `#   ${`seqgap drivers show ${name}`.padEnd(width)}   what this driver asks and sends`,
    ),
    '#',
    ...comment(
      'Every duration carries its unit (us, ms, s, m, h). All keys are in docs/scenario-reference.md.',
    ),
  ];
};

const nodesOf = ({ equipment }: Answers): string[] => {
  if (equipment === null)
    return comment('No nodes: nobody is asked for a role, and a person does what the trigger says.');
  const notes = equipment.driver.notes.flatMap((note) => comment(note));
  return [
    ...comment('The pair, by its management addresses: roles are read, and the action is sent, there.'),
    ...notes,
    ...nodeLines(equipment),
  ];
};

const FROM = 'prober';

const vantageLine = (place: Exclude<VantageChoice, { kind: 'local' }>): string => {
  switch (place.kind) {
    case 'netns':
      return `netns: ${scalar(place.name)}`;
    case 'ssh':
      return `ssh: { host: ${scalar(place.host)}${place.user === null ? '' : `, user: ${scalar(place.user)}`} }`;
    case 'exec':
      return `exec: ${scalar(place.prefix)}`;
  }
};

const vantagesOf = ({ from }: Answers): string[] => {
  if (from.kind === 'local')
    return comment(
      'Probes start on this host. Another place: vantages: { client: { ssh: { host: … } } }, and from: client.',
    );
  return [
    ...comment(
      'Where probes start. Behind ssh and exec seqgap is installed there, or brought by push: true.',
    ),
    'vantages:',
    `  ${FROM}:`,
    `    ${vantageLine(from)}`,
  ];
};

/** With its port: an IPv6 address needs brackets. */
const withPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

const streamsOf = ({ from, target, port, control }: Answers): string[] => {
  const place = from.kind === 'local' ? '' : `, from: ${FROM}`;
  return [
    ...comment(
      'Hosts behind the pair, never the nodes themselves. An outage is known to plus or minus `every`.',
    ),
    'streams:',
    `  - { name: ping, type: icmp${place}, to: ${scalar(target)}, every: 20ms }`,
    ...(port === null
      ? [
          `  # - { name: web, type: tcp${place}, to: ${scalar(withPort(target, 443))}, every: 100ms }    new connections`,
        ]
      : [
          `  - { name: web, type: tcp${place}, to: ${scalar(withPort(target, port))}, every: 100ms } # new connections`,
        ]),
    "  # Does not cross the pair: what is lost here too was not the pair's, and voids the trial.",
    control === null
      ? `  # - { name: control, type: icmp${place}, to: …, every: 100ms, control: true }`
      : `  - { name: control, type: icmp${place}, to: ${scalar(control)}, every: 100ms, control: true }`,
  ];
};

const sessionsOf = ({ from, target, shellUser }: Answers): string[] => {
  const place = from.kind === 'local' ? '' : `, from: ${FROM}`;
  const item = (user: string): string =>
    `  - { name: shell, type: ssh${place}, to: ${scalar(target)}, user: ${user}, heartbeat: 500ms }`;
  const about = comment(
    'Connections that are open before the failover and are to live through it (docs/sessions.md).',
  );
  return shellUser === null
    ? [...about, '# sessions:', `# ${item('…')}`]
    : [...about, 'sessions:', item(scalar(shellUser))];
};

const triggerOf = ({ equipment, action: name }: Answers): string[] => {
  const [action, variant] = split(name);
  const done = actionChoices(equipment?.driver ?? null, equipment?.power ?? null).find(
    (each) => each.name === name,
  );
  const about = [
    ...comment('What is done, and to whom: both nodes are asked for their role just before.'),
    ...comment(`${name}: ${done?.about ?? ''}.`),
  ];
  const prompt = 'fail the pair over now';
  const words =
    action === 'manual'
      ? `{ action: manual, prompt: ${scalar(prompt)} }`
      : `{ node: active, action: ${action}${variant === null ? '' : `, variant: ${variant}`} }`;
  return [
    ...(equipment === null || action === 'manual'
      ? comment('What the person at the terminal is asked to do.')
      : about),
    `trigger: ${words}`,
    ...(equipment === null
      ? []
      : [
          '',
          ...comment('The roles are put on the timeline beside the probes.'),
          'observe: [{ name: roles, every: 1s, driver: role }]',
        ]),
  ];
};

const trialOf = ({ equipment, action, repeat }: Answers): string[] => {
  const slow = boots(action);
  const rows = [
    [`repeat: ${repeat}`, 'trials; one alone says little'],
    ['steady: 15s', 'clean forwarding before the trigger (RFC 6201 asks for 15s)'],
    ['recovered: 5s', 'how long the recovery must hold (RFC 6412 asks for 5s)'],
    [`give-up: ${slow ? '15m' : '5m'}`, 'without recovery for this long: not-recovered'],
    ...(equipment === null
      ? []
      : [[`restore: ${slow ? '30m' : '10m'}`, 'how long the pair may take to be healthy again']]),
    ['cool-down: 30s', 'the pause before the next trial'],
  ] as const;
  const width = Math.max(...rows.map(([key = '']) => key.length));
  const back =
    equipment?.driver.actions['switchover'] === undefined
      ? []
      : ['  # failback: measure    moves the role back afterwards, with figures of its own'];
  return [
    ...comment('The course of a trial.'),
    'trial:',
    ...rows.map(([key = '', what = '']) => `  ${key.padEnd(width)} # ${what}`),
    ...back,
  ];
};

const limitsOf = ({ shellUser }: Answers): string[] => [
  ...comment('What makes a run fail (exit code 1): set it once you know what the pair can do.'),
  `# limits: { ping.longest: 5s${shellUser === null ? '' : ', shell.survived: 100%'} }`,
];

/** The scenario as a file with comments, ready for `seqgap check`. */
export const scenarioText = (answers: Answers, about: About): string => {
  const parts = [
    headLines(answers, about),
    [`name: ${answers.name}`, `description: ${scalar(descriptionOf(answers))}`],
    nodesOf(answers),
    vantagesOf(answers),
    streamsOf(answers),
    sessionsOf(answers),
    triggerOf(answers),
    trialOf(answers),
    limitsOf(answers),
  ];
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
};

/** Names of the environment variables that the scenario refers to, outside of comments. */
export const variablesOf = (text: string): string[] => {
  const live = text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n');
  return [...new Set([...live.matchAll(/(?<!\$)\$\{env:([^}]+)\}/g)].map(([, name = '']) => name))];
};
