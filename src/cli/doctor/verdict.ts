import { sayNumberOf } from '../../analysis/words/format.js';
import type { Finding } from './finding.js';
import type { IcmpEngine } from './icmp.js';
import type { Needs } from './needs.js';

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
