import { z } from 'zod';
import { messageOf } from '../model/error.js';
import { ns } from '../model/time.js';
import { choice, duration, flag, mapping, matching, named, slug, text, url } from './field.js';
import { compileJmesPath } from '../trigger/jmes-path.js';

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
