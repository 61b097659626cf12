import { Readable, Writable } from 'node:stream';
import { systemClock } from '../../clock.js';
import { parseScenario, type LoadedScenario } from '../../scenario/load.js';
import { openTrigger } from '../../trigger/open-trigger.js';
import { ScenarioError } from '../../yaml/problem.js';
import { driverProblemsOf, fileProblemsOf } from '../../trigger/scenario-check.js';
import { askOn } from '../../trigger/act/person.js';
import type { Driver } from '../../trigger/driver/schema.js';
import { variablesOf } from './scenario-text.js';

/** Long enough for a secret (LEAST_SECRET), and like nothing else in a scenario. */
const STAND_IN = 'seqgap-init-stand-in-for-a-secret';

export interface Verified extends LoadedScenario {
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
