import { labPaths } from './place.js';
import { startProgram } from './program.js';

/**
 * Starts the lab's witness: a 1 ms one-way UDP stream each way in both families, captured at both ends. It costs
 * most of a core, hence only for tests and calibration. Resolves when capture and senders run.
 */
export const startWitness = async (): Promise<void> => {
  await startProgram(null, 'witness-watcher', [labPaths.truth]);
  await Promise.all([
    startProgram('client', 'witness-sender', ['client']),
    startProgram('server', 'witness-sender', ['server']),
  ]);
};
