import { resolve } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { EXIT } from '../../model/error.js';
import { findDriver, loadDrivers, readDriver } from '../../trigger/driver/driver-file.js';
import type { Driver } from '../../trigger/driver/schema.js';
import { redactedJson } from '../../model/json.js';
import { stdout } from '../../terminal.js';
import { describeDriver, listDrivers, testDriver, testText } from './text.js';

interface Common {
  readonly drivers: string[];
  readonly json: boolean;
}

const common = (yargs: Argv) =>
  yargs
    .option('drivers', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'More folders with drivers',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print a record' });

const print = (record: object): void => stdout.writeDocument(`${redactedJson(record, 2)}\n`);

const summary = ({ name, title, about, transport, params, actions }: Driver): object => ({
  name,
  title,
  about,
  transport,
  params: Object.keys(params),
  actions: Object.keys(actions),
});

const list: CommandModule<object, Common> = {
  command: 'list',
  describe: 'Every driver, how it reaches a node, and what it can do',
  builder: (yargs) => common(yargs).example('$0 drivers list --drivers my-drivers', 'your own among them'),
  handler: async ({ drivers: folders, json }) => {
    const drivers = [...(await loadDrivers(folders)).values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    if (json) print({ format: 1, drivers: drivers.map(summary) });
    else stdout.write(listDrivers(drivers));
  },
};

/** A path is read as it is, also outside the folders of drivers. */
const isPath = (word: string): boolean => word.includes('/') || word.endsWith('.yaml');

const named = async (words: readonly string[], folders: readonly string[]): Promise<Driver[]> => {
  const drivers = words.length === 0 || !words.every(isPath) ? await loadDrivers(folders) : new Map();
  if (words.length === 0) return [...drivers.values()] as Driver[];
  return Promise.all(
    words.map(async (word) =>
      isPath(word) ? readDriver(resolve(word)) : findDriver(drivers, word, 'drivers'),
    ),
  );
};

const show: CommandModule<object, Common & { readonly name: string }> = {
  command: 'show <name>',
  describe: 'What a driver asks and sends, in words; contacts nothing',
  builder: (yargs) =>
    common(yargs)
      .positional('name', { type: 'string', demandOption: true, describe: 'A driver, or a file' })
      .example('$0 drivers show keepalived', 'role, sync, each action and its undo')
      .example('$0 drivers show my-drivers/carp.yaml', 'one of your own'),
  handler: async ({ name, drivers, json }) => {
    const [driver] = await named([name], drivers);
    if (driver === undefined) return;
    if (json) print({ format: 1, driver });
    else stdout.write(describeDriver(driver));
  },
};

const test: CommandModule<object, Common & { readonly names: string[] }> = {
  command: 'test [names..]',
  describe: 'Run the samples of drivers, and look at their patterns; exit code 1 if one fails',
  builder: (yargs) =>
    common(yargs)
      .positional('names', {
        type: 'string',
        array: true,
        default: [],
        describe: 'Drivers or files; none: all',
      })
      .example('$0 drivers test', 'all of them')
      .example('$0 drivers test my-drivers/carp.yaml', 'one of your own'),
  handler: async ({ names, drivers, json }) => {
    const tested = await Promise.all((await named(names, drivers)).map(testDriver));
    if (json) print({ format: 1, drivers: tested });
    else stdout.write(tested.map(testText).join(''));
    if (tested.some(({ failures }) => failures.length > 0)) process.exitCode = EXIT.limit;
  },
};

/** `seqgap drivers`: what there is, what it would send, and whether its samples hold. */
export const driversCommand: CommandModule = {
  command: 'drivers',
  describe: 'The driver pack: list it, show what one would send, test its samples',
  builder: (yargs) =>
    yargs
      .command(list)
      .command(show)
      .command(test)
      .demandCommand(1, 'Say what to do: seqgap drivers --help lists it.')
      .example('$0 drivers show keepalived', 'what would be sent')
      .epilogue('How a driver is written: docs/drivers.md. Exit codes: 0 fine, 1 a sample failed, 64 usage.'),
  handler: () => undefined,
};
