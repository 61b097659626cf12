import { ChartMaker } from '../analysis/chart/trial-chart.js';
import { saySession } from '../analysis/words/session-lines.js';
import { WatchAnalyzer } from '../analysis/watch.js';
import { worstVerdict, type Finding } from '../analysis/limits.js';
import type { WatchedSession } from '../analysis/session/watch-sessions.js';
import { sayUtc } from '../analysis/words/when.js';
import type { OutageRow, StreamRow } from '../model/tables.js';
import type { RunRecord } from '../model/run.js';
import { type AnalysedRun, selfFigures } from '../report/run/analysed-run.js';
import { watchSentence } from '../report/run/run-words.js';
import type { LogReading } from '../store/lines.js';
import type { StoredRun } from '../store/stored-run.js';

/** A watch has one history, in the folder of a first trial. */
export const WATCH_TRIAL = 1;

/** A watch has no limits: what never answered says nothing, everything else is a figure. */
const finding = (row: StreamRow, outages: readonly OutageRow[]): Finding => ({
  key: row.stream,
  text: watchSentence([row], outages),
  verdict: row.received === 0 ? 'inconclusive' : 'pass',
});

/** What never opened says nothing. */
const sessionFinding = (session: WatchedSession): Finding => ({
  key: session.row.session,
  text: saySession(session, sayUtc),
  verdict: session.hasOpened ? 'pass' : 'inconclusive',
});

const completeness = ({ status, error }: RunRecord): Finding[] => {
  if (status === 'complete') return [];
  const why = status === 'running' ? 'killed, or still running' : (error ?? status);
  return [{ key: 'watch', text: `ended early: ${why}`, verdict: 'inconclusive' }];
};

/** Analyses a stored watch from its raw history, with flat memory. Throws KnownError for a damaged one. */
export const analyseWatch = async (stored: StoredRun): Promise<AnalysedRun> => {
  const { record } = stored;
  const { run, version, scenario } = record;
  const history = await stored.events(WATCH_TRIAL);
  const analyzer = new WatchAnalyzer(scenario, { run, scenario: scenario.name, version }, history.events);
  const charts = new ChartMaker(scenario, history.events, 1);
  const readings: LogReading[] = [
    history,
    await stored.eachProbe(WATCH_TRIAL, (row) => {
      analyzer.push(row);
      charts.probe(row);
    }),
  ];
  const { streams, outages, timeline, notes } = analyzer.finish();
  const heartbeats = analyzer.sessions();
  if (scenario.sessions.length > 0)
    readings.push(
      await stored.eachHeartbeat(WATCH_TRIAL, (row) => {
        heartbeats.push(row);
        charts.heartbeat(row);
      }),
    );
  const sessions = heartbeats.finish();
  const said = history.events.flatMap((event) => (event.event === 'note' ? [event.text] : []));
  const findings = [
    ...streams.map((row) => finding(row, outages)),
    ...sessions.map(sessionFinding),
    ...completeness(record),
  ];
  return {
    record,
    tables: {
      trials: [],
      streams,
      outages,
      sessions: sessions.map(({ row }) => row),
      ...(timeline.length === 0 ? {} : { timeline }),
    },
    notes: [...new Set([...notes, ...said, ...readings.flatMap(({ warning }) => warning ?? [])])],
    findings,
    verdict: worstVerdict(findings.map(({ verdict }) => verdict)),
    selfFigures: selfFigures(history.events),
    charts: [charts.finish(WATCH_TRIAL)],
  };
};
