import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrialEvent } from '../../../src/model/event.js';
import type { Limit } from '../../../src/model/plan.js';
import { decodeHeartbeat, decodeProbe } from '../../../src/model/probe.js';
import { fromMs } from '../../../src/model/time.js';
import { analyse, scenarioOf, sessionPlan, streamPlan } from '../../unit/analysis/fixture.js';

/** Each case is a folder: probes.csv, heartbeats.csv and events.jsonl as a trial writes them, and expected.json. */
const cases = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());

const LONGEST: Limit = { key: 'ping.longest', subject: 'ping', metric: 'longest', value: 1, text: '1s' };

const base = scenarioOf({
  streams: [
    streamPlan('ping'),
    streamPlan('web', { type: 'tcp', port: 80, every_ns: fromMs(200) }),
    streamPlan('control', { control: true, host: '10.4.3.250', every_ns: fromMs(200) }),
  ],
  sessions: [sessionPlan('echo', { count: 2, heartbeat_ns: fromMs(200) })],
  limits: [LONGEST],
});
/** The histories have two seconds and more before the trigger: all of it is the baseline. */
const scenario = { ...base, trial: { ...base.trial, steady_ns: fromMs(5000) } };

describe('raw history to rows', () => {
  it.each(cases.map(({ name }) => name))('%s', (name) => {
    const read = (file: string): string => readFileSync(path.join(import.meta.dirname, name, file), 'utf8');
    const rows = (file: string): string[] => read(file).trim().split('\n').slice(1);
    const events = read('events.jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TrialEvent);
    const probes = rows('probes.csv').map(decodeProbe);
    const result = analyse(scenario, events, probes, rows('heartbeats.csv').map(decodeHeartbeat));
    // What `explain` goes on with is no row.
    expect({ ...result, seen: undefined }).toEqual(JSON.parse(read('expected.json')));
  });

  it('has its cases', () => {
    expect(cases.map(({ name }) => name)).toEqual(['arp-failure', 'crash-and-failback', 'prober-stall']);
  });
});
