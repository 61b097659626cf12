import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KnownError } from '../../../src/model/error.js';
import { forgetSecrets } from '../../../src/model/secret.js';
import { loadScenario } from '../../../src/scenario/load.js';
import { describePlan } from '../../../src/scenario/words.js';
import { runCommand } from '../command.js';
import { folderCases, type Kind } from '../kind.js';
import { oneOf } from '../mutate.js';
import { expectThat, expectWords } from '../sound.js';

const folder = mkdtempSync(join(tmpdir(), 'seqgap-fuzz-'));
const file = join(folder, 'scenario.yaml');

/** What `check` does, without its command line, which takes ten times as long. */
const direct = async (body: Buffer): Promise<void> => {
  try {
    const { scenario, warnings } = await loadScenario(file);
    expectWords([describePlan(scenario), ...warnings].join('\n'), 'plan', body);
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    expectWords(error.message, 'refusal', body);
  } finally {
    forgetSecrets();
  }
};

/** Scenario files, as `check` and a dry run read them: nothing is contacted. */
export const scenarios: Kind = {
  name: 'scenarios',
  corpus: () => [
    ...folderCases('scenarios').filter(({ body }) => !body.subarray(0, 20).includes('"$schema"')),
    ...folderCases('test/golden/scenario/errors'),
  ],
  run: async ({ body }, random) => {
    writeFileSync(file, body);
    if (random() < 0.8) return direct(body);
    const words = oneOf(random, [['check'], ['check', '--json'], ['check'], ['run', '--dry-run']]);
    const { code } = await runCommand(body, ...words, file);
    expectThat(code === 0 || code === 64 || code === 2, `${words.join(' ')}: exit code ${code}`);
  },
  close: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
};
