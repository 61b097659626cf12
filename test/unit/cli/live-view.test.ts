import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { renderProgress } from '../../../src/cli/run/live-view.js';
import { fromMs } from '../../../src/model/time.js';
import type { Progress } from '../../../src/trial/progress.js';

const progress: Progress = {
  trial: 2,
  repeat: 4,
  of: 'failover',
  stage: 'outage',
  planned_ns: fromMs(60_000),
  stageSince_ns: fromMs(15_000),
  now_ns: fromMs(18_000),
  node: 'fw-a',
  action: 'crash',
  touched: true,
  triggered_ns: fromMs(14_800),
  streams: [
    {
      name: 'ping',
      sent: 1800,
      answered: 1516,
      bad: 284,
      clean_from_ns: null,
      last_good_ns: fromMs(15_150),
      good_run: 0,
      down_since_ns: fromMs(15_160),
      refused_since_ns: null,
      rtt_ms: 0.31,
      cause: null,
    },
    {
      name: 'control',
      sent: 180,
      answered: 180,
      bad: 0,
      clean_from_ns: fromMs(0),
      last_good_ns: fromMs(17_900),
      good_run: 180,
      down_since_ns: fromMs(1),
      refused_since_ns: null,
      rtt_ms: 0.05,
      cause: null,
    },
  ],
  sessions: [{ name: 'echo', planned: 20, open: 20, stalled: 19, ended: 0, proven: 20 }],
};

describe('live view', () => {
  const text = stripVTControlCharacters(renderProgress('lab', progress, new Set(['control'])));

  it('shows trial, stage, trigger and the outage clock of the crossing streams alone', () => {
    expect(text).toContain('trial 2 of 4');
    expect(text).toContain('outage 3.0 s of at most 60 s');
    expect(text).toContain('crash of fw-a 3.2 s ago');
    expect(text).toContain('traffic down for 2.84 s');
  });

  it('says of a service that refuses that it does: no traffic is down', () => {
    const streams = progress.streams.map((stream) => ({
      ...stream,
      down_since_ns: null,
      refused_since_ns: stream.name === 'ping' ? fromMs(15_160) : null,
    }));
    const shown = stripVTControlCharacters(
      renderProgress('lab', { ...progress, streams }, new Set(['control'])),
    );
    expect(shown).toMatch(/ping +✗ refused 2\.84 s/);
    expect(shown).not.toContain('traffic down');
  });

  it('has a line for each stream and session within 100 columns', () => {
    expect(text).toMatch(/ping +✗ down 2\.84 s/);
    expect(text).toMatch(/echo +20 open · 19 stalled/);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});
