import { z } from 'zod';
import { formatDuration } from '../model/duration.js';
import { messageOf } from '../model/error.js';
import type { HttpLogin } from '../model/login.js';
import type {
  MilestoneRule,
  ObservePlan,
  ObserveSource,
  PhasePlan,
  ReadPlan,
} from '../model/observe-plan.js';
import { ns } from '../model/time.js';
import { compileJmesPath } from '../jmes-path.js';
import { pathFrom } from '../yaml/reference.js';
import { choice, duration, flag, mapping, matching, named, slug, text, url } from './field.js';
import type { Surroundings } from './login.js';

/*
 * What is polled beside the probes, and the phases that the outage is divided into.
 */

/** Kinds of observers; any other word is the name of a driver whose `observers` are asked. */
export const OBSERVER_KINDS = ['role', 'http', 'command', 'dns', 'neighbour', 'ttl'] as const;

const compiling = (description: string, compile: (written: string) => unknown) =>
  z
    .string()
    .min(1, 'is empty')
    .superRefine((written, context) => {
      try {
        compile(written);
      } catch (error) {
        context.addIssue({ code: 'custom', message: `cannot be read: ${messageOf(error)}` });
      }
    })
    .meta({ description });

const expression = (what: string) =>
  compiling(`JMESPath into ${what}; a mapping gives a value for each of its keys.`, compileJmesPath);

/** How a URL is read, by an observer or a stop condition. */
export const httpAsked = {
  url: url(
    'For http: what is read by GET.',
    /^https?:\/\/[^\s/@?#]+([/?][^\s#]*)?$/,
    'a URL such as https://192.0.2.11/status (user and password have keys of their own)',
  ).optional(),
  user: text('For http: user (basic authentication).').optional(),
  password: text('For http: password, as ${env:NAME} or ${file:PATH}.').optional(),
  key: text('For http: bearer token, as ${env:NAME} or ${file:PATH}.').optional(),
  ca: text('For http: path of the authorities that may have signed the certificate.').optional(),
  insecure: flag('For http: accept any certificate; default false.').optional(),
  json: expression('a JSON answer').optional(),
  xml: expression('an XML answer').optional(),
  text: compiling(
    'A regular expression for the answer; its first group is the value, named groups are several.',
    (written) => new RegExp(written, 'gm'),
  ).optional(),
};

export const shellOrWords = (description: string) =>
  z
    .union([
      text('A shell line on this host.'),
      z.array(text('One argument.')).min(1, 'needs at least one word'),
    ])
    .meta({ description });

export const observe = mapping('A state that is polled and put on the timeline.', {
  name: slug('Name on the timeline.'),
  every: duration('Time from one poll to the next.', ns(10e6)).prefault('1s'),
  timeout: duration('After this long without an answer a poll has failed.', ns(1)).prefault('10s'),
  driver: text(`What is read: ${OBSERVER_KINDS.join(', ')}, or the name of a driver that has observers.`),
  query: slug("Which of the driver's observers is asked.").optional(),
  params: named("Parameters for the driver's query.", text('A parameter.')).optional(),
  url: httpAsked.url,
  user: httpAsked.user,
  password: httpAsked.password,
  key: httpAsked.key,
  ca: httpAsked.ca,
  insecure: httpAsked.insecure,
  command: shellOrWords('For command: a shell line on this host, or a list of arguments.').optional(),
  json: httpAsked.json,
  xml: httpAsked.xml,
  text: httpAsked.text,
  record: matching('For dns: the name that is asked for.', /^[\w.-]{1,253}$/, 'a name').optional(),
  type: choice('For dns: what is asked for; default A.', ['A', 'AAAA', 'CNAME']).optional(),
  resolver: text(
    'For dns: address of the resolver, with a port if not 53; default: that of this host.',
  ).optional(),
  from: text('For neighbour: the vantage whose neighbour it is; default local.').optional(),
  address: text('For neighbour: the address whose link-layer address is read.').optional(),
  stream: text('For ttl: the stream whose replies are looked at.').optional(),
});

const ROLES = ['active', 'standby', 'transitioning', 'faulted', 'suspended', 'unknown'] as const;

const until = z
  .union([
    choice(
      '"traffic": the recovery of the worst stream, always the end of the last phase; "accepted": the trigger was.',
      ['traffic', 'accepted'],
    ),
    mapping('What an observer shows, or the role of a node.', {
      observer: text('Name of an observer.').optional(),
      subject: text('Of what: a node, an address; default: any.').optional(),
      is: text('The value, or /a regular expression/.').optional(),
      node: text('A node, "acted" (the one that was acted on), or "other".').optional(),
      role: choice('The role of the node.', ROLES).optional(),
    }),
  ])
  .meta({ description: 'The milestone that ends the phase.' });

export const phase = mapping('A phase of the outage: from the end of the one before until its milestone.', {
  name: text('Name of the phase, in reports.'),
  until,
});

export type WrittenObserve = z.output<typeof observe>;
export type WrittenPhase = z.output<typeof phase>;

export const readWords = (read: ReadPlan): string =>
  read.by === 'text' ? `text that matches ${read.pattern}` : `${read.by.toUpperCase()}: ${read.expression}`;

const sourceWords = (source: ObserveSource): string => {
  switch (source.kind) {
    case 'role':
      return 'the role of each node, by its driver';
    case 'driver': {
      const params = Object.entries(source.params).map(([name, value]) => `${name} ${value}`);
      return [`driver ${source.driver} is asked for ${source.query}`, ...params].join(', ');
    }
    case 'http':
      return `GET ${source.url}, read as ${readWords(source.read)}`;
    case 'command':
      return `this host runs: ${source.command.join(' ')}; read as ${readWords(source.read)}`;
    case 'dns': {
      const { type, name, resolver } = source;
      return `${type} of ${name} from ${resolver === null ? "this host's resolver" : `resolver ${resolver}`}`;
    }
    case 'neighbour':
      return `the link-layer address that ${source.from} has for ${source.address}`;
    case 'ttl':
      return `the TTL with which replies of ${source.stream} arrive; read from the probes, nothing is polled`;
  }
};

/** What is read, and how often. */
export const observeWords = ({ source, every_ns, timeout_ns }: ObservePlan): string =>
  source.kind === 'ttl'
    ? sourceWords(source)
    : `every ${formatDuration(every_ns)}, failed after ${formatDuration(timeout_ns)}: ${sourceWords(source)}`;

const ruleWords = (rule: MilestoneRule): string => {
  switch (rule.milestone) {
    case 'traffic':
      return 'traffic has recovered';
    case 'accepted':
      return 'the trigger is accepted';
    case 'observed':
      return `${rule.observer} shows ${rule.is}${rule.subject === null ? '' : ` for ${rule.subject}`}`;
    case 'role': {
      const nodes = { acted: 'the node that was acted on', other: 'another node' };
      const who = rule.node === 'acted' || rule.node === 'other' ? nodes[rule.node] : rule.node;
      return `${who} is ${rule.role}`;
    }
  }
};

/** When a phase ends. */
export const phaseWords = ({ until }: PhasePlan): string => `until ${ruleWords(until)}`;

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
