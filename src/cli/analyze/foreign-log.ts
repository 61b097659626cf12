import { logChart } from '../../analysis/chart/log-chart.js';
import type { ForeignLog } from '../../foreign/read-log.js';
import type { AnalysedLog } from '../../report/log/analysed-log.js';

/** A log of another tool, as it is shown. */
export const ofForeignLog = (log: ForeignLog): AnalysedLog => {
  const lanes = log.targets.map(({ lane }) => lane);
  const chart = logChart(lanes);
  return {
    source: log.source,
    format: log.format,
    streams: log.targets.map(({ stream }) => stream),
    outages: log.targets.flatMap(({ outages }) => outages),
    assumptions: log.assumptions,
    notes: [...log.targets.flatMap(({ notes }) => notes), ...log.notes],
    time: log.time,
    origin_utc: lanes.find((lane) => lane !== null)?.origin_utc ?? null,
    charts: chart === null ? [] : [chart],
    events: { sessions: [] },
  };
};
