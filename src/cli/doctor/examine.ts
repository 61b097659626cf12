import type { Scenario } from '../../model/plan.js';
import { fromMs, type Clock } from '../../model/time.js';
import { clockSourceFinding, ntpFinding } from './clock.js';
import {
  coresFinding,
  cpuTicks,
  memoryFinding,
  stealFinding,
  stealShare,
  conntrackFinding,
  openFilesFinding,
  portsFinding,
  receiveBufferFinding,
} from './cpu.js';
import type { Finding } from './finding.js';
import { icmpFindings, type IcmpEngine } from './icmp.js';
import {
  measureLateness,
  type LatenessFigures,
  latenessFinding,
  smallestInterval,
  stallFinding,
} from './lateness.js';
import { needsOf, ORDINARY_NEEDS, type Needs } from './needs.js';
import { labFindings, resultsFinding, sshFinding, vantageFindings, versionsFinding } from './surroundings.js';
import type { Sources } from './host-sources.js';
import { sayNumberOf } from '../../analysis/words/format.js';

/** What the findings amount to. */
export const verdictOf = (known: {
  readonly findings: readonly Finding[];
  readonly needs: Needs;
  readonly engine: IcmpEngine['name'];
  readonly smallest_ms: number | null;
}): { readonly canMeasure: boolean; readonly verdict: string } => {
  const { findings, needs, engine, smallest_ms } = known;
  const failed = findings.filter(({ status }) => status === 'fail').map(({ check }) => check);
  const what = needs.scenario === null ? '' : ` ${needs.scenario}`;
  if (failed.length > 0)
    return { canMeasure: false, verdict: `This host cannot measure${what} yet: see ${failed.join(', ')}.` };
  const warned = findings.filter(({ status }) => status === 'warn').length;
  const means = needs.lab ? 'the lab' : engine === null ? 'TCP' : `ICMP by ${engine}, and TCP`;
  const dense = smallest_ms === null ? '' : `, at intervals of ${smallest_ms} ms and more`;
  const rest = warned === 0 ? '' : `; ${sayNumberOf(warned, 'warning')}`;
  return { canMeasure: true, verdict: `This host can measure${what} with ${means}${dense}${rest}.` };
};

const MEASURE_MS = 2000;

export interface ExamineOptions {
  readonly sources: Sources;
  readonly clock: Clock;
  /** What is to be measured; null: nothing in particular. */
  readonly scenario: Scenario | null;
  /** The folder of all results. */
  readonly out: string;
  readonly toolVersion: string;
  readonly onStep: (text: string) => void;
  /** Replaced in tests, since a real measurement differs each time. */
  readonly measure?: (clock: Clock) => Promise<LatenessFigures>;
}

export interface Examination {
  readonly findings: readonly Finding[];
  /** No finding is `fail`. */
  readonly canMeasure: boolean;
  /** One sentence: with what and how densely, or why not. */
  readonly verdict: string;
}

/** Looks at everything that a measurement from this host depends on. Contacts no other host. */
export const examine = async (options: ExamineOptions): Promise<Examination> => {
  const { sources, clock, scenario, out, toolVersion, onStep } = options;
  const { measure = (with_: Clock) => measureLateness(with_, fromMs(MEASURE_MS)) } = options;
  const needs = scenario === null ? ORDINARY_NEEDS : needsOf(scenario);

  onStep('trying raw sockets and ping');
  const icmp = await icmpFindings(sources, needs);

  onStep(`measuring timers for ${MEASURE_MS / 1000} s at 1,000/s`);
  const before = await cpuTicks(sources);
  const lateness = await measure(clock);
  const steal = stealShare(before, await cpuTicks(sources));

  onStep('reading clocks, limits and tools');
  const findings = [
    versionsFinding(sources, toolVersion),
    ...icmp.findings,
    latenessFinding(lateness, needs.every_ms),
    stallFinding(lateness),
    await clockSourceFinding(sources),
    await ntpFinding(sources),
    coresFinding(sources),
    stealFinding(steal),
    await memoryFinding(sources),
    await openFilesFinding(sources, needs),
    await portsFinding(sources, needs),
    await receiveBufferFinding(sources),
    await conntrackFinding(sources),
    await resultsFinding(sources, out),
    ...(await labFindings(sources, needs)),
    await sshFinding(sources, needs),
    ...(await vantageFindings(sources, needs)),
  ];
  const smallest_ms = smallestInterval(lateness, needs.icmp ? icmp.engine.min_ms : 0);
  return { findings, ...verdictOf({ findings, needs, engine: icmp.engine.name, smallest_ms }) };
};
