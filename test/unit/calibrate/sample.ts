import type { Observation } from '../../../src/cli/calibrate/match.js';
import type { Calibration } from '../../../src/cli/calibrate/result.js';
import { agreementOf, cellAgreements } from '../../../src/cli/calibrate/statistics.js';

/** Errors in milliseconds; an outage is covered if it is off by less than 15. */
export const observed = (errors: readonly number[]): Observation[] =>
  errors.map((error, index) => ({
    kind: index % 2 === 0 ? 'drop' : 'arp',
    length_s: index % 2 === 0 ? 0.3 : 3.4,
    at_s: index,
    truth_lo_s: 0.299,
    truth_hi_s: 0.301,
    rows: 1,
    lo_s: 0.285 + error / 1e3,
    point_s: 0.3 + error / 1e3,
    hi_s: 0.315 + error / 1e3,
    error_s: error / 1e3,
    covered: Math.abs(error) < 15,
  }));

const quiet = (outages: number, unsent: number): NonNullable<Calibration['stall']>['streams'][number] => ({
  stream: 'icmp-10ms',
  outages,
  sent: 6000,
  lost: 0,
  unsent,
  slowest_ms: 1.234,
});

/** A calibration of one ICMP stream at 10 ms with these errors. */
export const sampleCalibration = (
  errors: readonly number[],
  more: { spurious?: number; spacing_s?: number; nullOutages?: number; stallOutages?: number } = {},
): Calibration => {
  const observations = observed(errors);
  return {
    format: 1,
    tool: { name: 'seqgap', version: '0.1.0', node: '20.20.2' },
    host: { name: 'jump', kernel: '6.18.5', cpus: 2 },
    engines: { native: '0.1.0', 'net-ping': '1.2.4', ping: 'ping from iputils 20221126', nft: null },
    date_utc: '2026-01-31T23:59:59.000Z',
    complete: true,
    settings: {
      outages: errors.length,
      lengths_s: [0.3, 3.4],
      kinds: ['drop', 'arp'],
      delay_threshold_s: 0.1,
    },
    streams: [
      {
        stream: 'icmp-10ms',
        type: 'icmp',
        interval_s: 0.01,
        spacing_s: more.spacing_s ?? 0.01,
        total: agreementOf(observations),
        cells: cellAgreements(observations),
        spurious: more.spurious ?? 0,
        unsent: 0,
        lateness_p99_ms: 0.2,
      },
    ],
    null_run: { duration_s: 60, streams: [quiet(more.nullOutages ?? 0, 0)] },
    stall: { duration_s: 1, streams: [quiet(more.stallOutages ?? 0, 100)] },
    observations: observations.map((each) => ({ stream: 'icmp-10ms', ...each })),
  };
};
