import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../command.js';
import { folderCases, type Kind } from '../kind.js';
import { oneOf } from '../mutate.js';
import { expectThat } from '../sound.js';

const folder = mkdtempSync(join(tmpdir(), 'seqgap-fuzz-'));
const file = join(folder, 'scenario.yaml');

/** Scenario files, as `check` and a dry run read them: nothing is contacted. */
export const scenarios: Kind = {
  name: 'scenarios',
  corpus: () => [
    ...folderCases('scenarios').filter(({ body }) => !body.subarray(0, 20).includes('"$schema"')),
    ...folderCases('test/golden/scenario/errors'),
  ],
  run: async ({ body }, random) => {
    writeFileSync(file, body);
    const words = oneOf(random, [['check'], ['check', '--json'], ['check'], ['run', '--dry-run']]);
    const { code } = await runCommand(body, ...words, file);
    expectThat(code === 0 || code === 64 || code === 2, `${words.join(' ')}: exit code ${code}`);
  },
  close: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
};
