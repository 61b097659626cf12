import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadDrivers } from '../../src/trigger/driver/driver-file.js';
import type { Driver } from '../../src/trigger/driver/schema.js';
import { describePeer } from './peer.js';

/*
 * Clouds that have no double: without a login their command lines refuse everything, but what they do not understand they
 * refuse before that, and otherwise.
 */

type Words = readonly (string | readonly string[])[];

/** Every command of a driver, once each, with all its options. */
const commandsOf = ({ observers, actions }: Driver): string[][] => {
  const runs = [
    ...Object.values(observers).map(({ run }) => run),
    ...Object.values(actions).flatMap(({ run, undo }) => [
      ...run,
      ...(typeof undo === 'object' ? [undo.done.run, ...undo.run] : []),
    ]),
  ] as Words[];
  const filled = runs.map((words) => words.flat().map((word) => word.replaceAll(/\{\{(\w+)\}\}/g, 'x-$1')));
  return [...new Map(filled.map((words) => [words.join(' '), words])).values()];
};

const CLOUDS = [
  { driver: 'gcloud', login: 'gcloud auth login', config: 'CLOUDSDK_CONFIG' },
  { driver: 'azure', login: 'az login', config: 'AZURE_CONFIG_DIR' },
] as const;

const drivers = await loadDrivers();

for (const { driver: name, login, config } of CLOUDS)
  describePeer(name, `the commands of the ${name} driver are what the real program understands`, () => {
    const commands = commandsOf(drivers.get(name) as Driver);
    let dir = '';
    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'seqgap-cloud-'));
      // The first one compiles what it imports, and lists its commands: a minute of processor time by az.
      await call(commands[0] ?? []);
    });
    afterAll(() => rm(dir, { recursive: true, force: true }));

    const call = async (words: readonly string[]): Promise<{ exitCode: number; stderr: string }> => {
      const [program = '', ...args] = words;
      const { exitCode, stderr } = await execa(program, args, { env: { [config]: dir }, reject: false });
      return { exitCode: exitCode ?? -1, stderr };
    };

    test.each(commands.map((words) => [words.join(' '), words] as const))('%s', async (_, words) => {
      expect(await call(words)).toEqual({ exitCode: 1, stderr: expect.stringContaining(login) });
    });

    test('an option that it does not know would be refused', async () => {
      const refused = { exitCode: 2, stderr: expect.stringContaining('unrecognized') };
      expect(await call([...(commands[0] ?? []), '--no-such-option'])).toEqual(refused);
    });
  });
