import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Overrides, type LoadedScenario, loadScenario } from '../../../src/scenario/load.js';

/** The least a scenario can be. */
export const MINIMAL = `
name: minimal
streams:
  - { name: ping, type: icmp, to: 10.4.4.4, every: 10ms }
trigger: { action: manual }
`;

/** A folder that goes away with the test. */
export const scratch = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'seqgap-scenario-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
};

/** A file in a folder of its own. */
export const written = async (text: string | Uint8Array, name = 'scenario.yaml'): Promise<string> => {
  const file = join(await scratch(), name);
  await writeFile(file, text);
  return file;
};

export const loaded = async (
  text: string,
  options: { env?: NodeJS.ProcessEnv; overrides?: Overrides } = {},
): Promise<LoadedScenario> => loadScenario(await written(text), { env: {}, ...options });
