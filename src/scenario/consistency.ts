import { AFTERCARE } from '../model/plan.js';
import { parseLimit } from './limit.js';
import { nodeProblems } from './node.js';
import { observeProblems } from './observe.js';
import { phaseProblems } from './phase.js';
import { sessionProblems } from './session.js';
import { type Problem, problem } from '../yaml/problem.js';
import { farClashes, streamNames, streamProblems } from './stream.js';
import { stopProblems } from './stop.js';
import { triggerProblems } from './trigger.js';
import { has, type Item, itemsAt, namesIn, onlyFor, rawAt, repeated, textAt } from '../yaml/raw.js';
import { vantageProblems } from './vantage.js';

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
export const consistencyProblems = (root: unknown): Problem[] => {
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
    ...Object.keys(rawAt(root, 'vantages')).flatMap((name) => vantageProblems(rawAt(root, 'vantages'), name)),
    ...nodes.flatMap((name) => nodeProblems(root, name, inLab)),
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
