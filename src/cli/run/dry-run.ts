import { systemClock } from '../../clock.js';
import { formatDuration } from '../../model/duration.js';
import { EXIT, KnownError, usage } from '../../model/error.js';
import type { ObservePlan } from '../../model/observe-plan.js';
import type { Action, Scenario } from '../../model/plan.js';
import { redact } from '../../model/secret.js';
import { observeWords } from '../../scenario/observe.js';
import { stopWords } from '../../scenario/stop.js';
import { streamWords } from '../../scenario/stream.js';
import { stderr, askYes } from '../../terminal.js';
import { actionName, type PlannedAction } from '../../trigger/act/action.js';
import { askOn, type Person } from '../../trigger/act/person.js';
import { driversOf } from '../../trigger/driver/driver-file.js';
import { openTrigger } from '../../trigger/open-trigger.js';
import { possibleActions, type Asked, type Trigger } from '../../trigger/trigger.js';

/** The trigger of a scenario, ready for its first command; nothing is contacted yet. */
export const triggerOf = async (
  scenario: Scenario,
  folders: readonly string[],
  ask: Person['ask'] = askOn(stderr),
): Promise<Trigger> =>
  openTrigger(scenario, {
    drivers: await driversOf(scenario, folders),
    clock: systemClock,
    input: process.stdin,
    ask,
  });

/** Lines of one command after its first. */
const indented = (command: string): string => command.replaceAll('\n', '\n        ');

/** What is asked first, since a command may have many lines; one of many lines is shown once. */
const askLines = (asked: readonly Asked[], shown: Map<string, string>, of: string): string[] =>
  asked.map(({ what, command }) => {
    const before = shown.get(command);
    shown.set(command, before ?? `${what} (${of})`);
    const same = before !== undefined && command.includes('\n');
    return `  ask   ${what}: ${same ? `the same command as "${before}"` : indented(command)}`;
  });

const block = (when: string, plan: PlannedAction, asked: readonly string[]): string => {
  const undo = plan.undo.length === 0 ? ['(nothing to undo)'] : plan.undo;
  return [
    `${when}: ${actionName(plan)} by ${plan.driver} over ${plan.transport}`,
    ...asked,
    ...plan.steps.map((step) => `  send  ${indented(step)}`),
    ...undo.map((step) => `  undo  ${indented(step)}`),
  ].join('\n');
};

/** All that is sent in a run, in blocks. */
class Blocks {
  readonly #scenario: Scenario;
  readonly #trigger: Trigger;
  readonly #shown = new Map<string, string>();

  constructor(scenario: Scenario, trigger: Trigger) {
    this.#scenario = scenario;
    this.#trigger = trigger;
  }

  #action(when: string, node: string | null, action: Action): string {
    const plan = this.#trigger.plan(node, action);
    const asked = node === null ? [] : this.#trigger.questions(node, plan);
    return block(when, plan, askLines(asked, this.#shown, node ?? ''));
  }

  actions(): string[] {
    const { node: wanted } = this.#scenario.trigger;
    return possibleActions(this.#scenario).map(({ by, node, action }) => {
      const name = node ?? 'this host';
      const when = {
        trigger: wanted === 'active' && node !== null ? `if ${name} is active` : `on ${name}`,
        failback: `failback, if ${name} is active then`,
        'control arm': `control arm, before its trigger, on ${name}`,
      };
      return this.#action(when[by], node, action);
    });
  }

  /** What each node is asked by itself: who it is, its role, whether it is fit. */
  questions(): string[] {
    return this.#scenario.nodes.map(({ name }) =>
      [
        `${name} is asked in every trial, before anything is changed and until it is restored`,
        ...askLines(this.#trigger.questions(name), this.#shown, name),
      ].join('\n'),
    );
  }

  /** From which ports probes are sent, for who looks for them in the log of the pair. */
  ports(): string[] {
    return this.#scenario.streams
      .filter(({ sourcePorts }) => sourcePorts !== undefined)
      .map((stream) => `stream ${stream.name}\n  probe ${streamWords(stream)}`);
  }

  /** What is asked beside the probes. */
  observers(): string[] {
    const { observe, trial } = this.#scenario;
    return [
      ...observe.map((plan) => [`observer ${plan.name}`, ...this.#observer(plan)].join('\n')),
      ...(trial.stopWhen ?? []).map((plan) => `stop condition ${plan.name}\n  ask   ${stopWords(plan)}`),
    ];
  }

  #observer(plan: ObservePlan): string[] {
    const asked = this.#trigger
      .inquiries(plan.name)
      .map(({ subject, command }) => ({ what: subject, command }));
    return asked.length === 0
      ? [`  ask   ${observeWords(plan)}`]
      : askLines(asked, this.#shown, `every ${formatDuration(plan.every_ns)}`);
  }
}

/** The exact commands; nothing is contacted. */
const planned = (scenario: Scenario, trigger: Trigger): string => {
  const blocks = new Blocks(scenario, trigger);
  const all = [...blocks.actions(), ...blocks.questions(), ...blocks.observers(), ...blocks.ports()];
  return `${all.map(redact).join('\n')}\n`;
};

/** What a run would send, as text. */
export const dryRun = async (scenario: Scenario, folders: readonly string[]): Promise<string> => {
  const trigger = await triggerOf(scenario, folders);
  try {
    return planned(scenario, trigger);
  } finally {
    await trigger.close();
  }
};

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

/** What a run of a scenario does to the pair, in words: the failbacks and the control arm as well. */
export const deed = (scenario: Scenario): string => {
  const { nodes, trigger, trial, controlArm } = scenario;
  const pair = nodes.map(({ name }) => name).join(' and ');
  const node = trigger.node === 'active' ? `the active node of ${pair}` : trigger.node;
  const done = nodes.length === 0 ? trigger.action : `${actionName(trigger)} of ${node}`;
  const failback =
    trial.failback === 'measure' ? `, a switchover back after ${trial.repeat === 1 ? 'it' : 'each'}` : '';
  const control =
    controlArm === null
      ? ''
      : `; then ${times(controlArm.repeat)} more with the state sync of ${pair} switched off`;
  return `${done}, ${times(trial.repeat)}${failback}${control}`;
};

/** Asks once before anything real is touched. The lab is not real. */
export const confirm = async (scenarios: readonly Scenario[], yes: boolean): Promise<void> => {
  const real = scenarios.filter(({ lab }) => lab === null);
  if (yes || real.length === 0) return;
  const what =
    real.length === 1
      ? real.map(deed).join()
      : real.map((scenario) => `${deed(scenario)} (${scenario.version})`).join('; ');
  if (!process.stdin.isTTY) throw usage(`not started: ${what} needs a yes`, 'add --yes');
  if (!(await askYes(`This will do: ${what}. Go on?`)))
    throw new KnownError('not started', { exitCode: EXIT.inconclusive });
};
