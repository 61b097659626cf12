import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrialEvent } from '../../../src/model/event.js';
import type { ObservePlan, PhasePlan } from '../../../src/model/observe-plan.js';
import { fromMs } from '../../../src/model/time.js';
import { csvFiles } from '../../../src/report/text/csv.js';
import { altered, analyse, probesOf, scenarioOf, streamPlan } from '../../unit/analysis/fixture.js';

/**
 * Each case is a file: the observers and phases of the scenario, the events of a trial, and its probes as a pattern (one
 * letter each, every 100 ms from 0). Beside it are the timeline and the phases as they are written.
 */
interface Case {
  readonly observe: readonly ObservePlan[];
  readonly phases: readonly PhasePlan[];
  readonly events: readonly TrialEvent[];
  readonly probes: string;
  /** From this instant on replies have another TTL, in milliseconds. */
  readonly ttlChangesAt: number | null;
}

const cases = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length));

const file = (name: string): string => path.join(import.meta.dirname, name);

describe('the events and probes of a trial to its timeline and its phases', () => {
  it.each(cases)('%s', async (name) => {
    const told = JSON.parse(readFileSync(file(`${name}.json`), 'utf8')) as Case;
    const { ttlChangesAt } = told;
    const probes = altered(
      probesOf(told.probes),
      ({ sent_ns, ttl }) =>
        ttlChangesAt !== null && ttl !== null && (sent_ns ?? 0) >= fromMs(ttlChangesAt),
      () => ({ ttl: 61 }),
    );
    const scenario = {
      ...scenarioOf({ streams: [streamPlan('ping')] }),
      observe: told.observe,
      phases: told.phases,
    };
    const result = analyse(scenario, told.events, probes);
    const tables = csvFiles(result);
    await expect(tables['timeline.csv']).toMatchFileSnapshot(file(`${name}.timeline.csv`));
    await expect(tables['phases.csv'] ?? '').toMatchFileSnapshot(file(`${name}.phases.csv`));
    const [trial] = result.trials;
    const sum = (result.phases ?? []).reduce((total, { length_s }) => total + (length_s ?? 0), 0);
    // Of an outage that did not end nothing adds up.
    if (trial?.status === 'ok') expect(sum).toBeCloseTo(trial.outage_s ?? NaN, 9);
    else expect(trial).toMatchObject({ status: 'not-recovered', outage_s: null });
  });

  it('has its cases', () => {
    expect(cases).toEqual(['address-moved-by-api', 'nobody-saw-it', 'not-recovered', 'roles-only']);
  });
});
