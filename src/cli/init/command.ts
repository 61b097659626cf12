import { mkdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { CommandModule } from 'yargs';
import { KnownError, usage } from '../../model/error.js';
import { writeAtomic } from '../../store/replace-file.js';
import { stdout, openDialogue, type Dialogue } from '../../terminal.js';
import { loadDrivers } from '../../trigger/driver/driver-file.js';
import { askNobody, type Ask, type Choice } from './answers.js';
import { collectAnswers } from './collect.js';
import { labScenario } from './lab-scenario.js';
import type { Given } from './params.js';
import { scenarioText, variablesOf, type About } from './scenario-text.js';
import { exists, refuseExisting } from '../new-file.js';
import { Readable, Writable } from 'node:stream';
import { systemClock } from '../../clock.js';
import { parseScenario, type LoadedScenario } from '../../scenario/load.js';
import { openTrigger } from '../../trigger/open-trigger.js';
import { ScenarioError } from '../../yaml/problem.js';
import { driverProblemsOf, fileProblemsOf } from '../../trigger/scenario-check.js';
import { askOn } from '../../trigger/act/person.js';
import type { Driver } from '../../trigger/driver/schema.js';

/** Long enough for a secret (LEAST_SECRET), and like nothing else in a scenario. */
const STAND_IN = 'seqgap-init-stand-in-for-a-secret';

interface Verified extends LoadedScenario {
  /** Files that the text names and that are not on this host yet. */
  readonly missing: readonly string[];
}

/**
 * What `seqgap check` and `seqgap run --dry-run` will do with this text, done beforehand, with something in place of
 * every secret that is not there yet. Contacts nothing. Throws KnownError (usage) for what they would refuse.
 */
export const verifyText = async (
  text: string,
  file: string,
  drivers: ReadonlyMap<string, Driver>,
): Promise<Verified> => {
  const secrets = variablesOf(text).map((name) => [name, STAND_IN] as const);
  const loaded = parseScenario(text, file, { env: { ...Object.fromEntries(secrets), ...process.env } });
  const { scenario } = loaded;
  const problems = driverProblemsOf(scenario, drivers);
  if (problems.length > 0) throw new ScenarioError(problems.map(loaded.locate));
  // A person of a manual trigger is not asked here, and the terminal is not looked at.
  const options = { drivers, clock: systemClock, input: Readable.from([]), ask: askOn(new Writable()) };
  const trigger = openTrigger(scenario, options);
  try {
    if (scenario.trigger.action !== 'manual')
      for (const { name } of scenario.nodes) trigger.plan(name, scenario.trigger.action);
  } finally {
    await trigger.close();
  }
  // A key may still have to be made.
  const missing = [...new Set(fileProblemsOf(scenario).map(({ message }) => message))];
  return { ...loaded, missing };
};

interface InitArguments extends Given {
  readonly lab: string | undefined;
  readonly out: string | undefined;
  readonly force: boolean;
  readonly yes: boolean;
  readonly drivers: readonly string[];
}

/** The schema that editors read, where a scenario has it beside or above it. */
const schemaNear = async (file: string): Promise<string | null> => {
  const folder = dirname(file);
  for (const path of ['schema.json', '../schema.json', 'scenarios/schema.json'])
    if (await exists(join(folder, path))) return path;
  return null;
};

interface Draft {
  readonly file: string;
  readonly text: string;
}

const aboutOf = async (file: string): Promise<About> => ({ file, schema: await schemaNear(file) });

const OF_A_PAIR = ['platform', 'node', 'power', 'action', 'from', 'target', 'repeat', 'name'] as const;

/** A lab has its own pair, targets and trigger. */
const refuseBesideLab = (args: InitArguments): void => {
  const extra = OF_A_PAIR.find((name) => args[name] !== undefined && args[name].length > 0);
  if (extra !== undefined)
    throw usage(
      `--lab writes a ready scenario, without ${extra === 'platform' ? 'a platform' : `--${extra}`}`,
      'leave one of the two out; then change the file as you like',
    );
};

const labDraft = async (lab: string, out: string | undefined): Promise<Draft> => {
  const file = out ?? `${lab}.yaml`;
  return { file, text: await labScenario(lab, await aboutOf(file)) };
};

/** Questions only where a person can answer, and did not say that there shall be none. */
const askedDraft = async (
  args: InitArguments,
  drivers: Awaited<ReturnType<typeof loadDrivers>>,
): Promise<Draft> => {
  const dialogue = process.stdin.isTTY && !args.yes ? openDialogue() : null;
  try {
    const answers = await collectAnswers(args, drivers, dialogue === null ? askNobody : askPerson(dialogue));
    const file = args.out ?? `${answers.name}.yaml`;
    return { file, text: scenarioText(answers, await aboutOf(file)) };
  } finally {
    dialogue?.close();
  }
};

const nextSteps = (file: string, text: string, drivers: readonly string[]): string => {
  const more = drivers.map((folder) => ` --drivers ${folder}`).join('');
  const steps = [
    ...variablesOf(text).map(
      (name) => [`read -rs ${name} && export ${name}`, 'a secret that it refers to'] as const,
    ),
    [`seqgap check ${file}`, 'says the plan in words, touches nothing'],
    [`seqgap doctor --scenario ${file}`, 'can this host measure it?'],
    [`seqgap run ${file} --dry-run${more}`, 'the exact commands, sends nothing'],
    [`seqgap run ${file}${more}`, 'asks, then does it'],
  ] as const;
  const width = Math.max(...steps.map(([command]) => command.length));
  return steps.map(([command, what]) => `  ${command.padEnd(width)}   ${what}\n`).join('');
};

const init = async (args: InitArguments): Promise<void> => {
  if (args.lab !== undefined) refuseBesideLab(args);
  if (args.out !== undefined) await refuseExisting(args.out, args.force);
  const drivers = await loadDrivers(args.drivers);
  const { file, text } = await (args.lab === undefined
    ? askedDraft(args, drivers)
    : labDraft(args.lab, args.out));
  await refuseExisting(file, args.force);
  const { warnings, missing } = await verifyText(text, file, drivers);
  await mkdir(dirname(file), { recursive: true });
  await writeAtomic(file, text);
  const notes = warnings.map((warning) => `note: ${warning}\n`).join('');
  stdout.write(
    `${relative('', file)} is written, and passes the check${missing.length === 0 ? '' : ` but for ${missing.join(', ')}`}.\n${notes}Next:\n${nextSteps(file, text, args.drivers)}`,
  );
};

/** `seqgap init`: a scenario to start from. Exit code 0; 64 where something is missing or cannot be meant; 2 on Ctrl-C. */
export const initCommand: CommandModule<object, InitArguments> = {
  builder: (yargs) =>
    yargs
      .positional('platform', { type: 'string', describe: 'A driver (seqgap drivers list), or "manual"' })
      .option('node', { type: 'string', array: true, default: [], describe: '[NAME=]ADDRESS, given twice' })
      .option('user', { type: 'string', describe: 'User to log in to the nodes as' })
      .option('login', {
        type: 'string',
        describe: 'agent (default), password, or the file of a private key',
      })
      .option('param', {
        type: 'string',
        array: true,
        default: [],
        describe: '[NODE.]NAME=VALUE for the driver',
      })
      .option('power', { type: 'string', describe: 'Power driver of the nodes' })
      .option('power-node', {
        type: 'string',
        array: true,
        default: [],
        describe: '[NODE=]ADDRESS of what has the power',
      })
      .option('power-user', { type: 'string', describe: 'User to log in there as' })
      .option('power-param', {
        type: 'string',
        array: true,
        default: [],
        describe: '[NODE.]NAME=VALUE for the power driver',
      })
      .option('action', {
        type: 'string',
        describe: 'What is done to the active node; "manual": by a person',
      })
      .option('from', { type: 'string', describe: 'local, USER@HOST, netns:NAME or exec:PREFIX' })
      .option('target', { type: 'string', describe: 'Host behind the pair that answers ping' })
      .option('tcp', { type: 'string', describe: 'TCP port of it, for new connections' })
      .option('control', { type: 'string', describe: 'Host that is reached without the pair' })
      .option('shell', { type: 'string', describe: 'User of an SSH session to the target' })
      .option('repeat', { type: 'string', describe: 'Number of trials (default 4)' })
      .option('name', { type: 'string', describe: 'Name of the scenario (default PLATFORM-ACTION)' })
      .option('lab', { type: 'string', describe: 'Instead: a ready scenario of a lab, such as vrrp' })
      .option('out', { type: 'string', describe: 'File to write (default NAME.yaml)' })
      .option('force', { type: 'boolean', default: false, describe: 'Replace a file that exists' })
      .option('yes', { type: 'boolean', alias: 'y', default: false, describe: 'Ask nothing' })
      .option('drivers', { type: 'string', array: true, default: [], describe: 'More folders with drivers' })
      .example('$0 init', 'asks everything')
      .example('$0 init --lab vrrp', 'a lab to play with: runs anywhere')
      .example(
        '$0 init keepalived --node 192.0.2.11 --node 192.0.2.12 --target 198.51.100.4 --yes',
        'a switchover; nothing is asked',
      )
      .example(
        '$0 init panos --power azure --action crash --power-param group=lab --power-param fw-a.vm=FW-A',
        'asks the rest',
      )
      .epilogue(
        'Secrets are written as ${env:NAME}, never as themselves. A file that exists is left alone without --force.',
      ),
  handler: init,
};

const listOf = (choices: readonly Choice[]): string => {
  const width = Math.max(...choices.map(({ name }) => name.length));
  const digits = String(choices.length).length;
  return choices
    .map(
      ({ name, about }, index) => `  ${String(index + 1).padStart(digits)}  ${name.padEnd(width)}  ${about}`,
    )
    .join('\n');
};

/** Puts each question to a person until the answer can be meant; Enter takes the preset. */
export const askPerson =
  (dialogue: Dialogue): Ask =>
  async ({ text, preset, choices, parse }) => {
    if (choices !== undefined) dialogue.say(`\n${listOf(choices)}`);
    const usual = preset === null || preset === '' ? '' : ` [${preset}]`;
    for (;;) {
      const given = await dialogue.question(`${text}${usual}: `);
      if (given === '' && preset === null) continue;
      try {
        return parse(given === '' ? (preset ?? '') : given);
      } catch (error) {
        if (!(error instanceof KnownError)) throw error;
        dialogue.say(`  ${error.message}${error.remedy === null ? '' : ` → ${error.remedy}`}`);
      }
    }
  };
