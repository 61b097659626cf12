import { labPaths } from '../paths.js';
import { startProgram } from '../ground/command.js';

export interface Witness {
  /** Lets the senders go on, or stops them where they are: nothing is lost by that, and it costs nothing. */
  send(on: boolean): void;
}

/**
 * Starts the lab's witness: a 1 ms one-way UDP stream each way in both families, captured at both ends. It costs
 * most of a core, hence only for tests and calibration. Resolves when capture and senders run.
 */
export const startWitness = async (): Promise<Witness> => {
  await startProgram(null, 'witness/witness-watcher', [labPaths.truth]);
  const senders = await Promise.all([
    startProgram('client', 'witness/witness-sender', ['client']),
    startProgram('server', 'witness/witness-sender', ['server']),
  ]);
  return {
    send: (on) => {
      for (const sender of senders) sender.kill(on ? 'SIGCONT' : 'SIGSTOP');
    },
  };
};
