import type * as z from 'zod';
import { ACTIONS, DEFAULT_PROMPT, type Action, type NodePlan, type TriggerPlan } from '../model/plan.js';
import { ns } from '../model/time.js';
import { type Problem, problem, unknownName } from '../yaml/problem.js';
import { has, type Item, onlyFor, rawAt, textAt } from '../yaml/raw.js';
import { choice, duration, mapping, slug, text } from './field.js';
import { guard, window, windowPlan } from './pacing.js';

/** What makes the pair fail over, as written. */
export const trigger = mapping('What makes the pair fail over.', {
  node: text('"active": whoever says so just before; or the name of a node.').prefault('active'),
  action: choice(
    'What is done: by the node’s driver, by your command (exec), or by a person (manual).',
    ACTIONS,
  ),
  variant: slug('Another way: "redeploy" of crash is the driver’s crash-redeploy.').optional(),
  command: text('exec: the shell command, run on this host; needed.').optional(),
  undo: text('exec: the shell command that takes it back; it must stand being repeated.').optional(),
  prompt: text('manual: what the person is asked to do.').optional(),
  timeout: duration(
    'How long a command may take, and how long a loss or change of role is waited for.',
    ns(1),
  ).prefault('60s'),
  guard: guard.prefault({}),
  window: window.optional(),
});

export const triggerProblems = (root: unknown, nodes: readonly string[]): Problem[] => {
  const item: Item = { path: ['trigger'], value: rawAt(root, 'trigger') };
  const action = textAt(item.value, 'action');
  const node = textAt(item.value, 'node') ?? 'active';
  const problems: Problem[] = [];
  if (node !== 'active' && !nodes.includes(node))
    problems.push(problem(['trigger', 'node'], unknownName(node, 'a node', ['active', ...nodes])));
  if (action !== 'exec') problems.push(...onlyFor(item, ['command', 'undo'], 'action exec'));
  if (action !== 'manual') problems.push(...onlyFor(item, ['prompt'], 'action manual'));
  if (action === 'exec' || action === 'manual')
    problems.push(...onlyFor(item, ['variant'], 'actions of a driver'));
  if (nodes.length === 0) problems.push(...onlyFor(item, ['guard'], 'a pair with `nodes`'));
  if (action === 'exec' && !has(item, 'command'))
    problems.push(problem(['trigger', 'command'], 'is missing; action exec runs it'));
  const byDriver = action !== null && action !== 'exec' && action !== 'manual';
  if (byDriver && nodes.length === 0)
    problems.push(problem(['trigger', 'action'], `"${action}" is done to a node, but no nodes are declared`));
  return problems;
};

export const triggerPlan = (written: z.output<typeof trigger>): TriggerPlan => ({
  node: written.node,
  action: written.action,
  variant: written.variant ?? null,
  command: written.command ?? null,
  undo: written.undo ?? null,
  prompt: written.action === 'manual' ? (written.prompt ?? DEFAULT_PROMPT) : null,
  timeout_ns: written.timeout,
  guard: {
    flaps: written.guard.flaps ?? null,
    within_ns: written.guard.within ?? null,
    pause_ns: written.guard.pause ?? null,
    wait_ns: written.guard.wait,
  },
  window: written.window === undefined ? null : windowPlan(written.window),
});

const DEEDS: Readonly<Record<Exclude<Action, 'exec' | 'manual'>, string>> = {
  'sync-off': 'its state sync is switched off (sync-off)',
  switchover: 'the role is moved off it (switchover)',
  reboot: 'it is rebooted (reboot)',
  stop: 'it is shut down (stop)',
  crash: 'its power is cut, without warning (crash)',
};

/** A power driver goes first for what a node cannot do to itself. */
const driverOf = (action: Action, node: NodePlan | undefined): string => {
  if (node === undefined) return '';
  const byPower = node.power !== null && (action === 'crash' || action === 'stop');
  return byPower ? ` by driver ${node.power?.driver}` : ` by driver ${node.driver}`;
};

/** Who does what to whom. */
export const triggerWords = (trigger: TriggerPlan, nodes: readonly NodePlan[]): string => {
  const { action, node } = trigger;
  if (action === 'exec') return `this host runs: ${trigger.command ?? ''}`;
  if (action === 'manual') return `you are asked to act: ${trigger.prompt ?? ''}`;
  const who = node === 'active' ? 'the node that is active then' : `node ${node}`;
  const named = node === 'active' ? nodes[0] : nodes.find(({ name }) => name === node);
  const way = trigger.variant === null ? '' : `, variant ${trigger.variant}`;
  return `${who}: ${DEEDS[action]}${way}${driverOf(action, named)}`;
};

/** How it is taken back. */
export const undoWords = ({ action, undo }: TriggerPlan): string => {
  if (action === 'exec')
    return undo === null ? 'nothing is undone: the trigger names no undo' : `this host runs: ${undo}`;
  if (action === 'manual') return 'by you, when you are asked';
  return `the undo of "${action}" by the same driver, on disk before the action, on failure and Ctrl-C too`;
};
