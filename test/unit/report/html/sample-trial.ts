import { explainRun } from '../../../../src/analysis/chain/explain-run.js';
import { ChartMaker, type TrialChart } from '../../../../src/analysis/chart/trial-chart.js';
import { TrialAnalyzer, type TrialResult } from '../../../../src/analysis/trial.js';
import type { TrialEvent } from '../../../../src/model/event.js';
import type { Evidence, EvidenceRecord } from '../../../../src/model/evidence.js';
import type { Scenario } from '../../../../src/model/plan.js';
import type { HeartbeatRow, ProbeRow } from '../../../../src/model/probe.js';
import { fromMs } from '../../../../src/model/time.js';
import type { AnalysedRun } from '../../../../src/report/run/analysed-run.js';
import { sampleRecord } from '../../../io/store/sample-record.js';
import {
  at,
  heartbeat,
  issued,
  moved,
  phase,
  probe,
  scenarioOf,
  sessionPlan,
  streamPlan,
} from '../../analysis/fixture.js';

const RUN = '20260101T000000Z-9.0';
export const FLOWS = 3;
/** Milliseconds. */
const TRIGGER = 5000;
const DOWN = 5400;
const UP = 8000;
const END = 14_000;

/** What devices and people may say: it must stay text. */
export const HOSTILE = `</script><script>alert(1)</script><img src=x onerror=alert(2)> "quoted" & 'so' <!-- ]]>`;

const isDown = (flow: number, sent: number): boolean =>
  (sent >= DOWN && sent < UP + 200 * flow) || (flow === 0 && (sent === 2000 || sent === 12_000));

const probes = (): ProbeRow[] => {
  const rows: ProbeRow[] = [];
  for (let seq = 0; seq < END / 100; seq += 1) {
    const sent = seq * 100;
    for (let flow = 0; flow < FLOWS; flow += 1) {
      const lost = isDown(flow, sent);
      rows.push(
        probe({
          flow,
          seq,
          sent,
          outcome: lost ? 'lost' : 'answered',
          received: lost ? null : sent + 1 + flow / 10,
        }),
      );
    }
    rows.push(probe({ stream: 'control', seq, sent, received: sent + 0.3 }));
  }
  return rows;
};

/** The second connection is never heard again. */
const heartbeats = (): HeartbeatRow[] =>
  Array.from({ length: END / 100 }, (_, seq) => {
    const sent = seq * 100;
    const echo = sent < DOWN ? sent + 1 : Math.max(sent + 1, UP + 500);
    return [
      heartbeat(seq, sent, echo),
      { ...heartbeat(seq, sent, sent < DOWN ? sent + 1 : null), connection: 2 },
    ];
  }).flat();

const events: readonly TrialEvent[] = [
  phase(0, 'steady'),
  ...moved(9000),
  phase(TRIGGER, 'trigger'),
  issued(TRIGGER),
  phase(5100, 'outage'),
  {
    ...at(6100),
    event: 'observed',
    observer: 'vip',
    subject: '10.4.3.1',
    value: HOSTILE,
    was: null,
    since_ns: fromMs(5900),
  },
  phase(8600, 'recovered'),
  phase(13_000, 'drain'),
  { ...at(END), event: 'note', text: HOSTILE },
];

export const sampleScenario: Scenario = {
  ...scenarioOf({
    streams: [streamPlan('ping', { flows: FLOWS }), streamPlan('control', { control: true })],
    sessions: [sessionPlan('echo', { count: 2 })],
  }),
  name: 'three flows & a session',
};

interface SampleTrial {
  readonly result: TrialResult;
  readonly chart: TrialChart;
}

export const sampleTrial = (trial: number): SampleTrial => {
  const key = { run: RUN, scenario: sampleScenario.name, version: '9.0', trial };
  const analyzer = new TrialAnalyzer(sampleScenario, key, events);
  const maker = new ChartMaker(sampleScenario, events, 1);
  for (const row of probes()) {
    analyzer.probe(row);
    maker.probe(row);
  }
  for (const row of heartbeats()) {
    analyzer.heartbeat(row);
    maker.heartbeat(row);
  }
  return { result: analyzer.finish(), chart: maker.finish(trial) };
};

/** A run of two trials, three flows, two sessions, an observer, and hostile words wherever words are free. */
export const sampleInput = (): AnalysedRun => {
  const trials = [sampleTrial(1), sampleTrial(2)];
  const [first] = trials;
  if (first === undefined) throw new Error('no trial');
  const record = sampleRecord(RUN);
  return {
    record: {
      ...record,
      run: RUN,
      labels: { site: HOSTILE },
      error: HOSTILE,
      scenario: { ...sampleScenario, labels: record.scenario.labels },
    },
    tables: {
      trials: trials.flatMap(({ result }) => result.trials),
      streams: trials.flatMap(({ result }) => result.streams),
      outages: trials.flatMap(({ result }) => result.outages),
      sessions: trials.flatMap(({ result }) => result.sessions.map((row) => ({ ...row, error: HOSTILE }))),
      timeline: [
        {
          ...{ run: RUN, scenario: 'x', version: '9.0', trial: 1, phase: 'failover', kind: 'control-plane' },
          ...{ milestone: HOSTILE, subject: HOSTILE, source: 'vip', at_lo_s: 5.9, at_s: 6, at_hi_s: 6.1 },
          ...{ after_trigger_s: 1, at_utc: null, detail: HOSTILE },
        } as const,
      ],
      phases: [
        {
          ...{
            run: RUN,
            scenario: 'x',
            version: '9.0',
            trial: 1,
            phase: 'failover',
            step: 1,
            name: 'detection',
          },
          ...{ until: HOSTILE, start_s: 5.4, lo_s: 0.5, length_s: 0.6, hi_s: 0.7, share: 0.23, status: 'ok' },
        } as const,
      ],
    },
    notes: [HOSTILE],
    findings: [{ key: 'ping.longest', text: HOSTILE, verdict: 'inconclusive' }],
    verdict: 'inconclusive',
    selfFigures: [],
    charts: trials.map(({ chart }) => chart),
  };
};

/** The first trial has a log beside it, whose node was asked for its time. */
export const explainedInput = (): AnalysedRun => {
  const run = sampleInput();
  const ms = Date.UTC(2026, 0, 1, 12);
  const file = 'history/trial-1-fw-b.log';
  const told = (
    line: number,
    kind: 'peer-lost' | 'role',
    value: string | null,
    after_ms: number,
  ): Evidence => ({
    ...{ kind, subject: 'fw-b', value, lo_ms: ms + after_ms, hi_ms: ms + after_ms + 1, clock: 'fw-b' },
    ...{ file, line, raw: `line ${line}: ${HOSTILE}` },
  });
  const record: EvidenceRecord = {
    ...{ form: 'keepalived log', zoned: true, assumptions: [], notes: [HOSTILE] },
    evidence: [told(1, 'peer-lost', 'fw-a', 6000), told(2, 'role', 'active', 7200)],
    span: { lo_ms: ms, hi_ms: ms + END },
  };
  const chains = explainRun({
    ...{ nodes: ['fw-a', 'fw-b'], observe: [], phases: [], stated: [], hasApi: false },
    trials: [
      {
        trial: 1,
        events: [
          { ...at(0), event: 'anchor', vantage: 'client', wall_ms: ms, offset_ns: 0, uncertainty_ns: 0 },
          {
            ...at(9000),
            event: 'device-time',
            observer: 'vip',
            subject: 'fw-b',
            value: 'active',
            wall_ms: ms + 7201,
            offset_ns: 1e6,
            uncertainty_ns: 1e6,
          },
          ...events,
        ],
        seen: sampleTrial(1).result.seen,
        captures: [],
      },
    ],
    records: [record],
  });
  return { ...run, explained: { chains, records: [{ file, record }], unread: [], advice: [] } };
};
