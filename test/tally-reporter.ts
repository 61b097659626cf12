import { stripVTControlCharacters } from 'node:util';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** So much of what was wrong at the first try: a cause must be found in it, from a machine that is gone. */
const MOST = 1500;

/** On one line: what was said, and what was there instead. */
const wrongOf = (error: SerializedError | undefined): string => {
  const diff: unknown = error?.['diff'];
  const text = `${error?.message ?? ''}\n${typeof diff === 'string' ? diff : ''}`.trim();
  const said = stripVTControlCharacters(text).replaceAll(/\s*\n\s*/g, ' | ');
  return said.length > MOST ? `${said.slice(0, MOST / 2)} … ${said.slice(-MOST / 2)}` : said;
};

/**
 * Ends a test run with one plain line: `N passed, N failed, N skipped`. Above it are the tests that passed only at the
 * second try, with what was wrong at the first: a fault to be understood, which nobody is to overlook.
 */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<SerializedError>): void {
    const tally = { passed: 0, failed: unhandled.length, skipped: 0 };
    const again: string[] = [];
    for (const module of modules) {
      if (module.errors().length > 0) tally.failed += 1;
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === 'passed' && test.diagnostic()?.flaky === true) {
          again.push(
            `passed at the second try: ${module.relativeModuleId} > ${test.fullName}: ${wrongOf(errors?.[0])}\n`,
          );
        }
        if (state === 'passed') tally.passed += 1;
        else if (state === 'failed') tally.failed += 1;
        else tally.skipped += 1;
      }
    }
    // After the default reporter's own summary, which is printed in the same turn.
    process.once('exit', () => {
      for (const line of again) process.stdout.write(line);
      process.stdout.write(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped\n`);
    });
  }
}
