/**
 * The program that is a running lab: `node controller.program.js '{"plan":…,"witness":…}'` in the jump's namespaces. Says
 * its steps, then `ready` or an error, as JSON lines on stdout, and then lives as long as the lab. It has no
 * tear-down: the PID namespace of the lab takes every machine with it.
 */
import { readFile } from 'node:fs/promises';
import { KnownError, messageOf } from '../model/error.js';
import type { LabPlan } from '../model/lab-plan.js';
import { serveAnswers } from './answer.js';
import { buildLab } from './design.js';
import { labPaths } from './paths.js';

/** One line of the controller's stdout. */
export type ControllerLine =
  | { readonly step: string }
  | { readonly ready: true }
  | { readonly error: string; readonly remedy: string | null };

export interface ControllerOrder {
  readonly plan: LabPlan;
  readonly witness: boolean;
}

const say = (line: ControllerLine): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const lastLine = async (file: string): Promise<string | undefined> =>
  (await readFile(file, 'utf8').catch(() => '')).trim().split('\n').findLast(Boolean);

// Whoever started the lab stops listening once it is ready.
process.stdout.on('error', () => undefined);

try {
  const { plan, witness } = JSON.parse(process.argv[2] ?? '') as ControllerOrder;
  const log = (text: string): void => void process.stderr.write(`${text}\n`);
  const lab = await buildLab(plan, { witness, log, onStep: (step) => say({ step }) });
  await serveAnswers(lab);
  say({ ready: true });
} catch (error) {
  // The log is gone with the lab: its last line goes out with the error.
  const last = await lastLine(labPaths.log);
  const reason = messageOf(error) + (last === undefined ? '' : ` (last in its log: ${last})`);
  say({ error: reason, remedy: error instanceof KnownError ? error.remedy : null });
  process.exitCode = 1;
}
