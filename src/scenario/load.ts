import { usage } from '../model/error.js';
import type { Scenario } from '../model/plan.js';
import { redact } from '../model/secret.js';
import { consistencyProblems } from './consistency.js';
import {
  problemsOf,
  wordIssue,
  type KeyPath,
  type LocatedProblem,
  pathText,
  type Problem,
  ScenarioError,
} from '../yaml/problem.js';
import { resolveReferences } from '../yaml/reference.js';
import { resolveScenario } from './resolve.js';
import { scenarioSchema, VERSION, VERSION_WORDS } from './schema.js';
import { located, parseSource, plain, readSource, type Source, withinDepth } from '../yaml/source.js';
import { scenarioWarnings } from './warning.js';

/** What the command line says instead of the scenario. Labels are added to those of the scenario. */
export interface Overrides {
  readonly repeat?: number | undefined;
  readonly version?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export interface LoadedScenario {
  readonly scenario: Scenario;
  /** Advice on what makes the figures weaker, a line each. */
  readonly warnings: readonly string[];
  /** Where in the file a problem is that is found later. */
  readonly locate: (problem: Problem) => LocatedProblem;
}

/** A scenario whose secrets may not be there. */
export interface CheckedScenario extends LoadedScenario {
  /** What is referred to and is not there, each with its place; something stands in for it. */
  readonly absent: readonly LocatedProblem[];
}

const withOverrides = (scenario: Scenario, { repeat, version, labels }: Overrides): Scenario => {
  if (version !== undefined && !VERSION.test(version))
    throw usage(`"${version}" is not ${VERSION_WORDS}`, 'give a version such as 11.1.4 or advert-200ms');
  if (repeat !== undefined && (!Number.isInteger(repeat) || repeat < 1 || repeat > 1000))
    throw usage(`${repeat} is not a number of trials`, 'repeat 1 to 1000 times');
  return {
    ...scenario,
    version: version ?? scenario.version,
    labels: { ...scenario.labels, ...labels },
    trial: { ...scenario.trial, repeat: repeat ?? scenario.trial.repeat },
  };
};

export interface LoadOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly overrides?: Overrides;
  /** How long a pipe is waited for that nobody writes to yet; by default not long. */
  readonly patience_ms?: number;
}

const fromSource = (source: Source, options: LoadOptions): CheckedScenario =>
  withinDepth(source.file, () => resolve(source, options));

/** Is a value there of which a part only stands in for something? What is said of it says nothing. */
const isWithin = (path: KeyPath, absent: readonly Problem[]): boolean =>
  absent.some((each) => pathText(each.path) === pathText(path.slice(0, each.path.length)));

const resolve = (source: Source, options: LoadOptions): CheckedScenario => {
  const { problems: references, absent } = resolveReferences(source, options.env ?? process.env);
  const raw = plain(source);
  const parsed = scenarioSchema.safeParse(raw, { error: wordIssue });
  const problems = [
    ...references,
    ...[...problemsOf(parsed.error?.issues ?? [], raw), ...consistencyProblems(raw)].filter(
      ({ path }) => !isWithin(path, absent),
    ),
  ];
  const locate = (each: Problem): LocatedProblem => located(source, each);
  if (problems.length > 0 || source.duplicates.length > 0)
    throw new ScenarioError([...source.duplicates, ...[...problems, ...absent].map(locate)]);
  // All that is wrong is what stands in for something: there is no plan without it.
  if (!parsed.success) throw new ScenarioError(absent.map(locate));
  const scenario = withOverrides(resolveScenario(parsed.data, source.file), options.overrides ?? {});
  return {
    scenario,
    warnings: scenarioWarnings(scenario).map(redact),
    locate,
    absent: absent.map(locate),
  };
};

/** Throws where something that is referred to is not there. */
const complete = (loaded: CheckedScenario): LoadedScenario => {
  if (loaded.absent.length > 0) throw new ScenarioError(loaded.absent);
  return loaded;
};

/**
 * Reads a scenario, with every default filled in. Throws `ScenarioError` with all problems at once, each with
 * its line and column, or `KnownError` where there is no scenario to read. Values from `${env:…}` and
 * `${file:…}` are registered as secrets before anything is checked.
 */
export const loadScenario = async (file: string, options: LoadOptions = {}): Promise<LoadedScenario> =>
  complete(fromSource(await readSource(file, options.patience_ms), options));

/** As `loadScenario`, where what is referred to need not be there. */
export const checkScenario = async (file: string): Promise<CheckedScenario> =>
  fromSource(await readSource(file), {});

/** As `loadScenario`, of a text that is to become this file. */
export const parseScenario = (text: string, file: string, options: LoadOptions = {}): LoadedScenario =>
  complete(fromSource(parseSource(text, file), options));
