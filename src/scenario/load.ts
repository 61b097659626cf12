import { existsSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { usage } from '../model/error.js';
import { PACKAGE } from '../package-folder.js';
import { type Scenario, AFTERCARE, type AftercarePlan, type Limit, type StreamPlan } from '../model/plan.js';
import { redact } from '../model/secret.js';
import {
  problemsOf,
  wordIssue,
  type KeyPath,
  type LocatedProblem,
  pathText,
  type Problem,
  ScenarioError,
  problem,
} from '../yaml/problem.js';
import { resolveReferences } from '../yaml/reference.js';
import { scenarioSchema, VERSION, VERSION_WORDS, type Written } from './schema.js';
import { located, parseSource, plain, readSource, type Source, withinDepth } from '../yaml/source.js';
import { fillFromInventories } from './inventory.js';
import { scenarioWarnings } from './warning.js';
import { parseLimit } from './limit.js';
import { nodeProblems, nodePlan } from './node.js';
import { observeProblems, observePlan } from './observe.js';
import { phaseProblems, phasePlan } from './phase.js';
import { sessionProblems, sessionPlan } from './session.js';
import { farClashes, streamNames, streamProblems, streamPlans } from './stream.js';
import { stopProblems, stopPlans } from './stop.js';
import { triggerProblems, triggerPlan } from './trigger.js';
import { has, type Item, itemsAt, namesIn, onlyFor, rawAt, repeated, textAt } from '../yaml/raw.js';
import { farPingProblems, vantageProblems, vantagePlan } from './vantage.js';
import { labPlan } from './lab.js';

/*
 * From the scenario as written to the plan. All checks are done by then; what cannot be any more is a bug and
 * throws a plain error.
 */

const aftercarePlan = (written: NonNullable<Written['trial']['aftercare']>): AftercarePlan =>
  typeof written === 'number'
    ? { for_ns: written, every_ns: null }
    : { for_ns: written.for, every_ns: written.every ?? null };

const namesOf = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);

const limits = ({ limits, sessions }: Written, streams: readonly StreamPlan[]): Limit[] =>
  Object.entries(limits).map(([key, text]) => {
    const limit = parseLimit(key, text, namesOf(streams), namesOf(sessions));
    if ('wrong' in limit) throw new Error(limit.wrong);
    return limit;
  });

/** The plan of a checked scenario; `file` is what relative paths are relative to. */
const resolveScenario = (written: Written, file: string): Scenario => {
  const around = { file, inLab: written.lab !== undefined };
  const { trial, analysis } = written;
  const streams = written.streams.flatMap((each, index) => streamPlans(each, index, file));
  return {
    name: written.name,
    description: written.description ?? '',
    labels: written.labels,
    version: written.version,
    lab: written.lab === undefined ? null : labPlan(written.lab),
    nodes: Object.entries(written.nodes).map(([name, each]) => nodePlan(name, each, around)),
    vantages: Object.entries({ local: 'local' as const, ...written.vantages }).map(([name, each]) =>
      vantagePlan(name, each, around),
    ),
    streams,
    sessions: written.sessions.map((each) => sessionPlan(each, around)),
    trigger: triggerPlan(written.trigger),
    observe: written.observe.map((each) => observePlan(each, around)),
    phases: written.phases.map(phasePlan),
    trial: {
      repeat: trial.repeat,
      steady_ns: trial.steady,
      recovered_ns: trial.recovered,
      giveUp_ns: trial['give-up'],
      restore_ns: trial.restore,
      failback: trial.failback,
      coolDown_ns: trial['cool-down'],
      ...(trial['background-loss'] === 0 ? {} : { backgroundLoss: trial['background-loss'] }),
      ...(trial.aftercare === undefined ? {} : { aftercare: aftercarePlan(trial.aftercare) }),
      ...(trial.via === undefined ? {} : { via: trial.via }),
      ...(trial['stop-when'] === undefined ? {} : { stopWhen: stopPlans(trial['stop-when'], around) }),
    },
    analysis: { delayThreshold_ns: analysis['delay-threshold'] ?? null, mergeGap_ns: analysis['merge-gap'] },
    limits: limits(written, streams),
    controlArm:
      written['control-arm'] === undefined
        ? null
        : { arm: written['control-arm'], repeat: trial['control-repeat'] },
  };
};

const nameClashes = (items: readonly Item[]): Problem[] =>
  repeated(items, ({ value }) => textAt(value, 'name')).map(([item, first, name]) => {
    const [list = '', index = 0] = first.path;
    return problem([...item.path, 'name'], `"${name}" is the name of ${list}[${index}] already`);
  });

const limitProblems = (root: unknown, streams: readonly string[], sessions: readonly Item[]): Problem[] => {
  const fresh = namesIn(sessions.filter((item) => has(item, 'open-every')));
  return Object.entries(rawAt(root, 'limits')).flatMap(([key, value]) => {
    if (typeof value !== 'string') return [];
    const limit = parseLimit(key, value, streams, namesIn(sessions));
    if ('wrong' in limit) return [problem(['limits', key], limit.wrong, limit.at)];
    return fresh.includes(limit.subject)
      ? [problem(['limits', key], 'is for connections that last, not for open-every', 'key')]
      : [];
  });
};

/** Limits of the aftercare speak of something that is there, and of nothing else by that name. */
const aftercareProblems = (root: unknown, named: readonly Item[]): Problem[] => {
  const trial: Item = { path: ['trial'], value: rawAt(root, 'trial') };
  const twice = named.find((item) => textAt(item.value, 'name') === AFTERCARE);
  if (has(trial, AFTERCARE))
    return twice === undefined
      ? []
      : [problem([...twice.path, 'name'], 'limits of trial.aftercare go by that name')];
  const limits = Object.keys(rawAt(root, 'limits')).filter((key) => key.startsWith(`${AFTERCARE}.`));
  return twice === undefined
    ? limits.map((key) => problem(['limits', key], 'is for a scenario with `trial.aftercare`', 'key'))
    : [];
};

/** The control arm has to have something to switch off: else its trials would be like all others. */
const controlProblems = (root: unknown, nodes: readonly string[]): Problem[] => {
  const trial: Item = { path: ['trial'], value: rawAt(root, 'trial') };
  const isThere = typeof root === 'object' && root !== null && 'control-arm' in root;
  if (!isThere) return onlyFor(trial, ['control-repeat'], 'a scenario with `control-arm`');
  return nodes.length === 0
    ? [problem(['control-arm'], 'switches state sync off on nodes, but no nodes are declared')]
    : [];
};

/** Whatever one key says about another: names, targets, limits, and keys that exclude or need each other. */
const consistencyProblems = (root: unknown, file: string): Problem[] => {
  const [streams, sessions] = [itemsAt(root, 'streams'), itemsAt(root, 'sessions')];
  const nodes = Object.keys(rawAt(root, 'nodes'));
  const vantages = [...new Set(['local', ...Object.keys(rawAt(root, 'vantages'))])];
  const inLab = typeof root === 'object' && root !== null && 'lab' in root;
  const [observe, phases] = [itemsAt(root, 'observe'), itemsAt(root, 'phases')];
  const around = { nodes, vantages, streams: streamNames(streams), observe };
  const carrying = streams.filter(({ value }) => textAt(value, 'control') !== 'true');
  return [
    ...nameClashes([...streams, ...sessions]),
    ...nameClashes(observe),
    ...streams.flatMap((item) => streamProblems(item, vantages)),
    ...sessions.flatMap((item) => sessionProblems(item, vantages, inLab)),
    ...Object.keys(rawAt(root, 'vantages')).flatMap((name) =>
      vantageProblems(rawAt(root, 'vantages'), name, inLab),
    ),
    ...farPingProblems(root, streams, sessions),
    ...nodes.flatMap((name) => nodeProblems(root, name, { file, inLab })),
    ...triggerProblems(root, nodes),
    ...limitProblems(root, streamNames(streams), sessions),
    ...aftercareProblems(root, [...streams, ...sessions]),
    ...controlProblems(root, nodes),
    ...stopProblems(root),
    ...farClashes(streams),
    ...(streams.length > 0 && carrying.length === 0
      ? [problem(['streams'], 'are all control streams; one at least has to cross the pair')]
      : []),
    ...observe.flatMap((item) => observeProblems(item, around)),
    ...nameClashes(phases),
    ...phaseProblems(phases, around),
  ];
};

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
  const locate = (each: Problem): LocatedProblem => located(source, each);
  // Without its nodes there is nothing to be said of the rest.
  const unfilled = fillFromInventories(source);
  if (unfilled.length > 0) throw new ScenarioError([...source.duplicates, ...unfilled.map(locate)]);
  const { problems: references, absent } = resolveReferences(source, options.env ?? process.env);
  const raw = plain(source);
  const parsed = scenarioSchema.safeParse(raw, { error: wordIssue });
  const problems = [
    ...references,
    ...[...problemsOf(parsed.error?.issues ?? [], raw), ...consistencyProblems(raw, source.file)].filter(
      ({ path }) => !isWithin(path, absent),
    ),
  ];
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

/** What comes with the package (scenarios/…) is found there when it is not here: most hosts have no copy of it. */
const whereFound = (file: string): string => {
  const shipped = join(PACKAGE, file);
  const isShipped = normalize(file).startsWith('scenarios/') && !existsSync(file) && existsSync(shipped);
  return isShipped ? shipped : file;
};

/**
 * Reads a scenario, with every default filled in. Throws `ScenarioError` with all problems at once, each with
 * its line and column, or `KnownError` where there is no scenario to read. Values from `${env:…}` and
 * `${file:…}` are registered as secrets before anything is checked.
 */
export const loadScenario = async (file: string, options: LoadOptions = {}): Promise<LoadedScenario> =>
  complete(fromSource(await readSource(whereFound(file), options.patience_ms), options));

/** As `loadScenario`, where what is referred to need not be there. */
export const checkScenario = async (file: string): Promise<CheckedScenario> =>
  fromSource(await readSource(whereFound(file)), {});

/** As `loadScenario`, of a text that is to become this file. */
export const parseScenario = (text: string, file: string, options: LoadOptions = {}): LoadedScenario =>
  complete(fromSource(parseSource(text, file), options));
