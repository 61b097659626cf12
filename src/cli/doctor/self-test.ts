import { release } from 'node:os';
import type { HostFigures } from '../../model/run.js';
import { fromMs, type Clock } from '../../model/time.js';
import { clockSource, ntpState } from './clock.js';
import { cpuTicks, stealShare } from './cpu.js';
import { hostSources, type Sources } from './host-sources.js';
import { measureLateness } from './lateness.js';

/** Together below 0.5 s: what a run can spend on itself before its first trial. */
const MEASURE_MS = 250;
const NTP_TIMEOUT_MS = 200;

/** What can be said of this host in half a second. Contacts no other host. */
export const hostSelfTest = async (clock: Clock, sources: Sources = hostSources()): Promise<HostFigures> => {
  const before = await cpuTicks(sources);
  const lateness = await measureLateness(clock, fromMs(MEASURE_MS));
  const steal = stealShare(before, await cpuTicks(sources));
  // Only now: programs that start would make timers late.
  const { state } = await ntpState(sources, NTP_TIMEOUT_MS);
  return {
    lateness_p50_ms: lateness.p50_ms,
    lateness_p99_ms: lateness.p99_ms,
    lateness_max_ms: lateness.max_ms,
    clock_source: await clockSource(sources),
    ntp: state,
    kernel: release(),
    cpus: sources.cpus,
    steal_share: steal,
  };
};
