import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { logFile } from '../../../src/foreign/open-log.js';
import { readLog } from '../../../src/foreign/read-log.js';
import type { OutageRow, StreamRow } from '../../../src/model/tables.js';
import { ns } from '../../../src/model/time.js';
import { resultDocument } from '../../../src/report/text/csv.js';

/*
 * logs/NAME is a log, expected/NAME.json what is to be found in it. Recorded: busybox, fping*, irtt, iputils-D-O, -O,
 * -plain, -ends-in-outage, -late-burst, -ts*, loss: Debian 12, a veth pair whose far end dropped packets for about 1.5 s (for
 * the late burst: ARP off for 0.7 s; loss: beside 3.5 % random loss, and 2.5 s later for 0.8 s again). The others are written after the tools' output.
 */
const logs = join(import.meta.dirname, 'logs');

const options = {
  format: null,
  interval_ns: null,
  timeout_ns: null,
  threshold_ns: null,
  mergeGap_ns: ns(0),
};

/** What is about this module; that all columns are there, and in which order, is pinned where they are written. */
const STREAM = [
  'stream',
  'family',
  'status',
  'sent',
  'received',
  'lost',
  'late',
  'duplicate',
  'reordered',
  'local_blocked',
  'periods',
  'longest_lo_s',
  'longest_s',
  'longest_hi_s',
  'total_s',
  'span_s',
  'silence_s',
  'rtt_before_ms',
  'ttl_before',
  'interval_s',
  'late_s',
  'disruption_s',
  'background_loss',
] as const satisfies readonly (keyof StreamRow)[];
const OUTAGE = [
  'stream',
  'kind',
  'first_seq',
  'last_seq',
  'lost',
  'late',
  'start_utc',
  'start_s',
  'lo_s',
  'outage_s',
  'hi_s',
  'silence_s',
  'censored',
] as const satisfies readonly (keyof OutageRow)[];

const pick = <Row extends object>(row: Row, columns: readonly (keyof Row & string)[]): object =>
  Object.fromEntries(columns.map((column) => [column, row[column]]));

test.each(readdirSync(logs))('%s', async (name) => {
  const { format, targets, assumptions, notes } = await readLog(logFile(join(logs, name), name), options);
  const { streams, outages } = resultDocument({
    trials: [],
    streams: targets.map(({ stream }) => stream),
    outages: targets.flatMap((target) => target.outages),
    sessions: [],
  });
  expect(streams.map(({ run, trial, phase, trigger }) => [run, trial, phase, trigger])).toEqual(
    targets.map(() => [name, null, null, null]),
  );
  const found = {
    format,
    assumptions,
    notes: [...targets.flatMap((target) => target.notes), ...notes],
    streams: streams.map((row) => pick(row, STREAM)),
    outages: outages.map((row) => pick(row, OUTAGE)),
  };
  await expect(`${JSON.stringify(found, null, 2)}\n`).toMatchFileSnapshot(join('expected', `${name}.json`));
});
