import { formatDuration } from '../model/duration.js';
import type { LabPlan } from '../model/lab-plan.js';
import {
  type AftercarePlan,
  type Scenario,
  neededVantages,
  type ReflectPlan,
  type TrialPlan,
  type VantagePlan,
} from '../model/plan.js';
import { redact } from '../model/secret.js';
import { oldestAge } from '../model/session.js';
import { NS_PER_S, type Nanoseconds, fromMs, ns } from '../model/time.js';
import { knobWords } from './lab.js';
import { limitWords } from './limit.js';
import { nodeWords } from './node.js';
import { observeWords } from './observe.js';
import { pacingEntries } from './pacing.js';
import { phaseWords } from './phase.js';
import { sessionWords } from './session.js';
import { stopWords } from './stop.js';
import { streamWords } from './stream.js';
import { triggerWords, undoWords } from './trigger.js';

const WIDTH = 100;

/**
 * Breaks a text at blanks so that no line is longer than the width. Redacts first: a secret that is cut in two
 * would not be recognised any more.
 */
const wrap = (head: string, text: string, indent: number): string[] => {
  const room = WIDTH - indent;
  const words = redact(text)
    .split(/\s+/)
    .flatMap((word) => word.match(new RegExp(`.{1,${room}}`, 'gu')) ?? []);
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each, i) => `${i === 0 ? head.padEnd(indent) : ' '.repeat(indent)}${each}`);
};

/** A section with its entries, their names in a column. */
const section = (title: string, entries: readonly (readonly [string, string])[]): string[] => {
  if (entries.length === 0) return [];
  const column = Math.min(24, Math.max(...entries.map(([name]) => name.length)));
  const lines = entries.flatMap(([name, text]) =>
    name.length > column ? [`  ${name}`, ...wrap('', text, column + 4)] : wrap(`  ${name}`, text, column + 4),
  );
  return ['', title, ...lines];
};

/** `2m 20s`, rounded up: for a person who waits. */
const waiting = (duration: Nanoseconds): string => {
  const whole = Math.ceil(duration / NS_PER_S);
  const parts: readonly [number, string][] = [
    [Math.floor(whole / 3600), 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ];
  const words = parts.filter(([value]) => value > 0).map(([value, unit]) => `${value}${unit}`);
  return words.length === 0 ? '0s' : words.join(' ');
};

const lossWords = ({ backgroundLoss = 0 }: TrialPlan): string =>
  backgroundLoss === 0
    ? 'without loss'
    : `with at most ${Number((100 * backgroundLoss).toFixed(6))} % random loss`;

/** Sessions that are to be older than the steady time make it longer. */
const agingWords = ({ sessions, trial }: Scenario): string => {
  const oldest = oldestAge(sessions);
  return oldest <= trial.steady_ns ? '' : `, ${formatDuration(oldest)} in all for the oldest sessions`;
};

const controlWords = ({ repeat }: NonNullable<Scenario['controlArm']>): string =>
  `then ${repeat === 1 ? 'one more trial' : `${repeat} more trials`} with state sync switched off on every node ` +
  'by its driver, to see what survives without it; no part of the limits';

/** Behind a load balancer all nodes are active: which roles a healthy pair has, its driver knows. */
const unfitWords = ({ node }: Scenario['trigger']): string =>
  node === 'active' ? 'two active or none' : 'if they are not those of a healthy pair';

const aftercareWords = (
  { for_ns, every_ns }: AftercarePlan,
  failback: Scenario['trial']['failback'],
): string => {
  const after = failback === 'measure' ? 'each recovery' : 'the recovery';
  const pace = every_ns === null ? '' : `, no more often than every ${formatDuration(every_ns)}`;
  return `probing goes on for ${formatDuration(for_ns)} after ${after}${pace}; outages in it are reported apart`;
};

const trialEntries = (scenario: Scenario): [string, string][] => {
  const { trigger, trial, nodes, sessions, controlArm } = scenario;
  const heartbeat = Math.max(0, ...sessions.map(({ heartbeat_ns }) => heartbeat_ns)) as Nanoseconds;
  const wait = heartbeat > 0 ? `a random wait of up to ${formatDuration(heartbeat)}, then ` : '';
  const names = nodes.map(({ name }) => name).join(' and ');
  const failback =
    trial.failback === 'measure'
      ? 'the role is moved back and that is measured as well'
      : 'none: roles stay as they are';
  return [
    ...pacingEntries(trigger),
    nodes.length === 0
      ? ['preflight', 'no nodes are declared: roles are not known before or after']
      : ['preflight', `${names}: asked for the role of each; ${unfitWords(trigger)}: nothing is touched`],
    ['steady', `${formatDuration(trial.steady_ns)} of probing ${lossWords(trial)}${agingWords(scenario)}`],
    ['trigger', `${wait}${triggerWords(trigger, nodes)}`],
    [
      'recovered',
      `when all streams were clean for ${formatDuration(trial.recovered_ns)} ` +
        `(at least 5 probes); given up after ${formatDuration(trial.giveUp_ns)}`,
    ],
    ...(trial.aftercare === undefined
      ? []
      : [['aftercare', aftercareWords(trial.aftercare, trial.failback)] as [string, string]]),
    ...(trial.via === undefined
      ? []
      : [['via', `a path that shows none of ${trial.via.join(', ')} is warned of`] as [string, string]]),
    ...(trial.stopWhen ?? []).map((plan): [string, string] => ['stop when', stopWords(plan)]),
    ['undo', undoWords(trigger)],
    ['restore', `up to ${formatDuration(trial.restore_ns)} for the pair to be healthy and in sync`],
    ['failback', failback],
    ['cool-down', formatDuration(trial.coolDown_ns)],
    ...(controlArm === null ? [] : [['control arm', controlWords(controlArm)] as [string, string]]),
  ];
};

const reflectWords = ({ bind, stamp, tcp, http }: ReflectPlan): string => {
  const ports = [
    ['UDP', stamp],
    ['TCP', tcp],
    ['HTTP', http],
  ] as const;
  const open = ports.flatMap(([name, port]) => (port === 0 ? [] : `${name} ${port}`));
  return `, and reflects on ${bind}: ${open.join(', ')}`;
};

const atVantage = ({ push, ping, reflect }: VantagePlan): string => {
  if (ping === true) return ' (its own ping sends)';
  if (push !== true) return '';
  return ` (seqgap is copied there for the run${reflect === undefined ? '' : reflectWords(reflect)})`;
};

const labWords = (lab: LabPlan): string =>
  `built in network namespaces of this host for the run, gone afterwards; ${knobWords(lab)}`;

/** The plan in plain words, at most 100 columns wide. Contacts nothing; shows names of drivers, no commands. */
export const describePlan = (scenario: Scenario): string => {
  const { name, description, version, labels, trial } = scenario;
  const time = planTime(scenario);
  const labelWords = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const typical = formatDuration(TYPICAL_WAIT);
  return [
    ...wrap('', `${name}${description === '' ? '' : `: ${description}`}`, 0),
    ...wrap('', `version ${version}${labelWords.length === 0 ? '' : `, labels ${labelWords.join(', ')}`}`, 2),
    ...section('Pair', [
      ...(scenario.lab === null ? [] : [[`lab ${scenario.lab.design}`, labWords(scenario.lab)] as const]),
      ...scenario.nodes.map((node) => [node.name, nodeWords(node)] as const),
    ]),
    ...section(
      'Vantages',
      neededVantages(scenario).map((vantage) => [
        vantage.name,
        vantage.kind === 'local'
          ? 'this host'
          : `behind: ${vantage.prefix.join(' ')}${vantage.reached === undefined ? '' : `, which is ${vantage.reached}`}${atVantage(vantage)}`,
      ]),
    ),
    ...section('Probed', [
      ...scenario.streams.map((stream) => [stream.name, streamWords(stream)] as const),
      ...scenario.sessions.map((session) => [session.name, sessionWords(session)] as const),
    ]),
    ...section(
      'Observed',
      scenario.observe.map((each) => [each.name, observeWords(each)]),
    ),
    ...section(
      'Phases',
      scenario.phases.map((each) => [each.name, phaseWords(each)]),
    ),
    ...section(trial.repeat === 1 ? 'The trial' : `Each of ${trial.repeat} trials`, trialEntries(scenario)),
    ...section(
      'Limits',
      scenario.limits.map((limit) => [limit.key, limitWords(limit)]),
    ),
    ...section('Time', [
      ['typically', `${waiting(time.typical_ns)}, if an outage and a restore last ${typical} each`],
      ['at most', waiting(time.max_ns)],
    ]),
    '',
  ].join('\n');
};

/**
 * What "typically" assumes of every outage, and of the time until the pair is healthy again. VRRP's defaults
 * give 2.6 to 3.6 s for a crash and 0.6 s for a graceful stop (docs/why-so-long.md, "Next to what is published"); a cloud
 * takes far longer.
 */
export const TYPICAL_WAIT = fromMs(2_000);

/** Probing that is not clean from the start may become so within this long (or give-up, if that is shorter). */
const UNSTEADY = 60e9;
/** The last answers are waited for no longer than this. */
const DRAIN = 2e9;

const longest = (...values: readonly number[]): number => Math.max(0, ...values);

/**
 * How long a scenario takes, without the time to build a lab. `max_ns`: every wait of every trial up to its
 * limit. A trial is one measured phase (failover) or two of them (and failback, for which the clean time since the
 * recovery counts as steady), each followed by a restore.
 */
export const planTime = ({
  streams,
  sessions,
  trigger,
  trial,
  controlArm,
}: Scenario): { readonly typical_ns: Nanoseconds; readonly max_ns: Nanoseconds } => {
  const intervals = [
    ...streams.map(({ every_ns }) => every_ns),
    ...sessions.map((each) => each.heartbeat_ns),
  ];
  const randomWait = longest(...intervals);
  const phases = trial.failback === 'measure' ? 2 : 1;
  const control = controlArm?.repeat ?? 0;
  const pauses = (trial.repeat + control - 1) * trial.coolDown_ns;

  const hold = longest(trial.recovered_ns, ...streams.map(({ every_ns }) => 5 * every_ns));
  const aftercare = trial.repeat * phases * (trial.aftercare?.for_ns ?? 0);
  const typicalPhase = randomWait / 2 + TYPICAL_WAIT + hold + TYPICAL_WAIT;

  const steady = longest(trial.steady_ns, oldestAge(sessions));
  const maxSteady = steady + Math.min(trial.giveUp_ns, UNSTEADY);
  // Recovery may begin at the very end of give-up and is then allowed to prove itself.
  const maxOutage = trigger.timeout_ns + longest(trigger.timeout_ns, trial.giveUp_ns) + 2 * hold;
  const maxPhase = maxSteady + randomWait + maxOutage + trial.restore_ns;
  return {
    typical_ns: ns(
      (trial.repeat + control) * steady +
        (trial.repeat * phases + control) * typicalPhase +
        aftercare +
        pauses,
    ),
    max_ns: ns(
      (trial.repeat * phases + control) * maxPhase + (trial.repeat + control) * DRAIN + aftercare + pauses,
    ),
  };
};
