import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { logFile } from '../../../src/foreign/open-log.js';
import { readLog } from '../../../src/foreign/read-log.js';
import { fromMs, ns } from '../../../src/model/time.js';
import { resultDocument } from '../../../src/report/document.js';

/*
 * logs/NAME is a log, expected/NAME.json what is to be found in it. Recorded: busybox, fping*, irtt, iputils-D-O, -O,
 * -plain, -ends-in-outage, -late-burst, -ts*: Debian 12, a veth pair whose far end dropped packets for about 1.5 s (for
 * the late burst: ARP off for 0.7 s). The others are written after the tools' output.
 */
const logs = join(import.meta.dirname, 'logs');

const options = {
  format: null,
  interval_ns: null,
  timeout_ns: fromMs(4000),
  threshold_ns: null,
  mergeGap_ns: ns(0),
};

test.each(readdirSync(logs))('%s', async (name) => {
  const { format, targets, assumptions, notes } = await readLog(logFile(join(logs, name), name), options);
  const { streams, outages } = resultDocument({
    trials: [],
    streams: targets.map(({ stream }) => stream),
    outages: targets.flatMap(({ outages }) => outages),
    sessions: [],
  });
  const found = { format, assumptions, notes: [...targets.flatMap(({ notes }) => notes), ...notes], streams, outages };
  await expect(`${JSON.stringify(found, null, 2)}\n`).toMatchFileSnapshot(join('expected', `${name}.json`));
});
