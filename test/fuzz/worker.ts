import { writeSync } from 'node:fs';
import { caseOf } from './kind.js';
import { KINDS } from './kinds.js';
import { tryCase } from './try-case.js';

/*
 * worker.js KIND SEED FIRST: tries case after case, and says so on descriptor 3: `NUMBER` before each, and
 * `NUMBER FINDING` (JSON) after one. Ends when it is killed: one that hangs cannot.
 */
const [name = '', seed = '', first = ''] = process.argv.slice(2);
const load = KINDS[name];
if (load === undefined) throw new Error(`no kind ${name}`);
const kind = await load();
const corpus = await kind.corpus();

process.on('SIGTERM', () => {
  void (kind.close?.() ?? Promise.resolve()).finally(() => process.exit(0));
});

for (let number = Number(first); ; number += 1) {
  writeSync(3, `${number}\n`);
  const found = await tryCase(kind, caseOf(corpus, Number(seed), number, kind.make));
  if (found !== null) writeSync(3, `${number} ${JSON.stringify(found)}\n`);
  // Signals and timers have their turn.
  if (number % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
}
