import { basename, resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { EXIT } from '../../model/error.js';
import { findDriver, loadDrivers, readSamples } from '../../trigger/driver/driver-file.js';
import type { Driver } from '../../trigger/driver/schema.js';
import { redactedJson } from '../../model/json.js';
import { stdout } from '../../terminal.js';
import { driversOption, isPath, named, type Common } from './named.js';
import { describeDriver, listDrivers, testDriver, testSamples, testText, type Tested } from './text.js';
import { tryCommand } from './try.js';

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
  builder: (yargs) =>
    driversOption(yargs).example('$0 drivers list --drivers my-drivers', 'your own among them'),
  handler: async ({ drivers: folders, json }) => {
    const drivers = [...(await loadDrivers(folders)).values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    if (json) print({ format: 1, drivers: drivers.map(summary) });
    else stdout.write(listDrivers(drivers));
  },
};

const show: CommandModule<object, Common & { readonly name: string }> = {
  command: 'show <name>',
  describe: 'What a driver asks and sends, in words; contacts nothing',
  builder: (yargs) =>
    driversOption(yargs)
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

/** A driver with its own samples, or a file of samples with the driver that it names. */
const testOf = async (word: string, folders: readonly string[]): Promise<Tested[]> => {
  const found = isPath(word) ? await readSamples(resolve(word)) : null;
  if (found === null) return Promise.all((await named([word], folders)).map(testDriver));
  const driver = findDriver(await loadDrivers(folders), found.driver, word);
  return [testSamples(driver, found.samples, basename(word))];
};

const test: CommandModule<object, Common & { readonly names: string[] }> = {
  command: 'test [names..]',
  describe: 'Run the samples of drivers, and look at their patterns; exit code 1 if one fails',
  builder: (yargs) =>
    driversOption(yargs)
      .positional('names', {
        type: 'string',
        array: true,
        default: [],
        describe: 'Drivers or files of drivers or samples; none: all',
      })
      .example('$0 drivers test', 'all of them')
      .example('$0 drivers test my-drivers/carp.yaml', 'one of your own')
      .example('$0 drivers test keepalived-samples.yaml', 'what drivers try has written'),
  handler: async ({ names, drivers, json }) => {
    const tested =
      names.length === 0
        ? await Promise.all((await named([], drivers)).map(testDriver))
        : (await Promise.all(names.map((name) => testOf(name, drivers)))).flat();
    if (json) print({ format: 1, drivers: tested });
    else stdout.write(tested.map(testText).join(''));
    if (tested.some(({ failures }) => failures.length > 0)) process.exitCode = EXIT.limit;
  },
};

/** `seqgap drivers`: what there is, what it would send, whether its samples hold, and what it reads of a device. */
export const driversCommand: CommandModule = {
  builder: (yargs) =>
    yargs
      .command(list)
      .command(show)
      .command(test)
      .command(tryCommand)
      .demandCommand(1, 'Say what to do: seqgap drivers --help lists it.')
      .example('$0 drivers show keepalived', 'what would be sent')
      .epilogue('How a driver is written: docs/drivers.md. Exit codes: 0 fine, 1 a sample failed, 64 usage.'),
  handler: () => undefined,
};
