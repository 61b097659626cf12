import { join } from 'node:path';
import type { Scenario } from '../model/plan.js';
import { CAPTURES_FOLDER, captureName } from '../store/names.js';
import { addressesOf, captureFilter } from './capture-filter.js';
import { Capture } from './capture.js';

/** The captures of one trial. Nothing of them rejects. */
export interface Captures {
  /** All listen, or have failed to. */
  readonly begun: Promise<void>;
  /** Ends them at once. Resolves when their files are whole. */
  stop(): Promise<void>;
}

/** Starts every observer that records packets. @param run the folder of the run */
export const startCaptures = (
  scenario: Pick<Scenario, 'observe' | 'vantages' | 'streams' | 'sessions' | 'nodes'>,
  trial: number,
  run: string,
  note: (text: string) => void,
): Captures => {
  const all = scenario.observe.flatMap(({ name, source }) => {
    if (source.kind !== 'capture') return [];
    const { prefix } = scenario.vantages.find((vantage) => vantage.name === source.from) ?? { prefix: [] };
    return new Capture({
      prefix,
      interface: source.interface,
      filter: captureFilter(addressesOf(scenario)),
      path: join(run, CAPTURES_FOLDER, captureName(trial, name)),
      note: (text) => note(`observer ${name}: ${text}`),
    });
  });
  return {
    begun: Promise.all(all.map(({ begun }) => begun)).then(() => undefined),
    stop: async () => {
      for (const capture of all) capture.stop();
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
};
