import type { HttpLogin } from '../model/login.js';
import type {
  MilestoneRule,
  ObservePlan,
  ObserveSource,
  PhasePlan,
  ReadPlan,
} from '../model/observe-plan.js';
import type { Surroundings } from './login.js';
import { pathFrom } from '../yaml/reference.js';
import type { WrittenObserve, WrittenPhase } from './schema-observe.js';

/* All checks are done by then (observe-problems.ts); what cannot be any more is a bug and throws a plain error. */

const given = <T>(value: T | undefined, key: string): T => {
  if (value === undefined) throw new Error(`an observer without ${key}`);
  return value;
};

export const readPlan = ({ json, xml, text }: Pick<WrittenObserve, 'json' | 'xml' | 'text'>): ReadPlan => {
  if (json !== undefined) return { by: 'json', expression: json };
  return xml === undefined
    ? { by: 'text', pattern: given(text, 'json, xml or text') }
    : { by: 'xml', expression: xml };
};

export const httpOf = (
  written: Pick<WrittenObserve, 'user' | 'password' | 'key' | 'ca' | 'insecure' | 'timeout'>,
  url: string,
  { file }: Surroundings,
): HttpLogin => ({
  url: new URL(url).origin,
  user: written.user ?? null,
  password: written.password ?? null,
  apiKey: written.key ?? null,
  ca: written.ca === undefined ? null : pathFrom(file, written.ca),
  insecure: written.insecure ?? false,
  timeout_ns: written.timeout,
});

/** A shell line, or words that no shell touches. */
export const commandOf = (command: string | readonly string[]): readonly string[] =>
  typeof command === 'string' ? ['/bin/sh', '-c', command] : command;

const source = (written: WrittenObserve, around: Surroundings): ObserveSource => {
  const { driver } = written;
  switch (driver) {
    case 'role':
      return { kind: driver };
    case 'http': {
      const url = given(written.url, 'url');
      return { kind: driver, url, http: httpOf(written, url, around), read: readPlan(written) };
    }
    case 'command': {
      const command = given(written.command, 'command');
      return {
        kind: driver,
        command: commandOf(command),
        read: readPlan(written),
      };
    }
    case 'dns':
      return {
        kind: driver,
        name: given(written.record, 'record'),
        type: written.type ?? 'A',
        resolver: written.resolver ?? null,
      };
    case 'neighbour':
      return { kind: driver, from: written.from ?? 'local', address: given(written.address, 'address') };
    case 'ttl':
      return { kind: driver, stream: given(written.stream, 'stream') };
    default:
      return { kind: 'driver', driver, query: given(written.query, 'query'), params: written.params ?? {} };
  }
};

export const observePlan = (written: WrittenObserve, around: Surroundings): ObservePlan => ({
  name: written.name,
  every_ns: written.every,
  timeout_ns: written.timeout,
  source: source(written, around),
});

const rule = (until: WrittenPhase['until']): MilestoneRule => {
  if (typeof until === 'string') return { milestone: until };
  const { observer, subject, is, node, role } = until;
  return observer === undefined
    ? { milestone: 'role', node: given(node, 'node'), role: given(role, 'role') }
    : { milestone: 'observed', observer, subject: subject ?? null, is: given(is, 'is') };
};

export const phasePlan = ({ name, until }: WrittenPhase): PhasePlan => ({ name, until: rule(until) });
