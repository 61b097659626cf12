import type { RunRecord } from '../model/run.js';
import { NS_PER_S, type Nanoseconds } from '../model/time.js';

const inSeconds = (value: Nanoseconds): string => `${value / NS_PER_S} s`;

const interval = (value: Nanoseconds): string => (value < NS_PER_S ? `${value / 1e6} ms` : inSeconds(value));

/** How the figures came about, in a few sentences: for whoever reads the report without the manual. */
export const howMeasured = ({ kind, scenario }: Pick<RunRecord, 'kind' | 'scenario'>): string => {
  const streams = scenario.streams
    .map((stream) => `${stream.name} every ${interval(stream.every_ns)}`)
    .join(', ');
  const threshold =
    scenario.analysis.delayThreshold_ns === null
      ? 'a delay threshold derived from the baseline'
      : interval(scenario.analysis.delayThreshold_ns);
  return (
    `Probes left on an absolute schedule (${streams}), and an outage lasted at least from the first to the last ` +
    'impaired probe and at most from the last good probe before to the first good one after, by the real send ' +
    'instants and widened by the variation of the delay. ' +
    `A probe is impaired if it was lost or answered later than ${threshold}; what the local host did not send is ` +
    'never counted as loss. ' +
    (kind === 'watch'
      ? 'Nothing was triggered: every gap counts, by the delay before it.'
      : `Before each trigger forwarding had to be clean for ${inSeconds(scenario.trial.steady_ns)}, and recovery ` +
        `had to hold for ${inSeconds(scenario.trial.recovered_ns)} (at least 5 probes).`)
  );
};
