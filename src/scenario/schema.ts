import * as z from 'zod';
import { ns } from '../model/time.js';
import {
  choice,
  count,
  duration,
  ipAddress,
  mapping,
  matching,
  named,
  percentage,
  slug,
  text,
} from './field.js';
import { lab } from './lab.js';
import { node } from './node.js';
import { observe } from './observe.js';
import { phase } from './phase.js';
import { session } from './session.js';
import { ONE_CONDITION, stopWhen } from './stop.js';
import { stream } from './stream.js';
import { trigger } from './trigger.js';
import { vantage } from './vantage.js';

/** A word that is safe as part of a folder name. */
export const VERSION = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;
export const VERSION_WORDS = 'a version (letters, digits and ". _ + -", fit for a folder name)';

const POSITIVE = ns(1);
const aftercareFor = duration('So long after the recovery, and that of the failback.', POSITIVE);

const aftercare = z
  .union([
    aftercareFor,
    mapping('How long, and how often.', {
      for: aftercareFor,
      every: duration('Streams send no more often then; default as before.', POSITIVE).optional(),
    }),
  ])
  .meta({
    description: 'Probing on after the recovery, for outages minutes later.',
  });

const pairAddress = ipAddress('An address.');

const trial = mapping('The phases of one trial.', {
  repeat: count('Number of trials; or --repeat.', 1, 1000).prefault('1'),
  steady: duration('Clean forwarding before the trigger.').prefault('15s'),
  recovered: duration('How long recovery must hold (at least 5 probes).').prefault('5s'),
  'give-up': duration(
    'Without recovery this long after the trigger the trial is not-recovered.',
    POSITIVE,
  ).prefault('5m'),
  restore: duration('How long the pair may take to be healthy again; else exit code 3.', POSITIVE).prefault(
    '5m',
  ),
  'control-repeat': count('Number of trials of the control arm.', 1, 1000).prefault('1'),
  failback: choice('"measure": move the role back by a switchover, measured too.', [
    'measure',
    'none',
  ]).prefault('none'),
  'background-loss': percentage(
    'Share of probes that may be lost at random, one or two at a time, before trigger and after outage.',
    50,
  ).prefault('0%'),
  aftercare: aftercare.optional(),
  'cool-down': duration('Pause after a trial.').prefault('5s'),
  via: z
    .array(pairAddress)
    .min(1, 'needs at least one address')
    .meta({
      description: 'Addresses of the pair, virtual ones too; a path without any is warned of.',
    })
    .optional(),
  'stop-when': stopWhen.optional(),
});

const analysis = mapping('How probes become figures.', {
  'delay-threshold': duration(
    'A reply later than this is late; default twice the slowest of the baseline, at least 100ms.',
    POSITIVE,
  ).optional(),
  'merge-gap': duration('Loss periods closer than this count as one; 0s: never.').prefault('0s'),
});

/** An inventory's hosts are put in its place before this is asked (inventory.ts): the second form is for editors. */
const byNameOrInventory = <T extends z.core.SomeType>(description: string, value: T, from: string) =>
  z
    .union([
      named(description, value),
      z.looseObject({ from: text(from) }).transform((): Record<string, z.output<T>> => ({})),
    ])
    .meta({ description })
    .prefault({});

export const scenarioSchema = mapping('A failover, and how its outage is measured.', {
  name: slug('Name, also of its results folder.'),
  description: text('One line on what is tested.').optional(),
  labels: named('Labels to select runs by; --label adds some.', text('A label.')).prefault({}),
  version: matching(
    'What is under test: letters, digits, "._+-"; or --version.',
    VERSION,
    VERSION_WORDS,
  ).prefault('unversioned'),
  lab: lab.optional(),
  nodes: byNameOrInventory(
    'The nodes of the pair, by name; may be left out for exec and manual.',
    node,
    'Instead: FILE#GROUP of an Ansible inventory; keys beside it are those of both.',
  ),
  vantages: byNameOrInventory(
    'Places that probe, by name; "local" is always there.',
    vantage,
    'The same; `ssh`, `agent`, `push`, `ping` beside it.',
  ),
  streams: z
    .array(stream)
    .min(1, 'needs at least one stream')
    .meta({ description: 'Streams of probes; at least one is no control stream.' }),
  sessions: z
    .array(session)
    .prefault([])
    .meta({ description: 'Sessions to be kept alive across the failover.' }),
  trigger,
  'control-arm': choice(
    'Trials after the others, state sync switched off by the driver: does survival prove it?',
    ['no-sync'],
  ).optional(),
  observe: z.array(observe).prefault([]).meta({ description: 'States to be polled.' }),
  phases: z.array(phase).prefault([]).meta({
    description:
      'What the outage is divided into, each from the end of the one before; default: what is known without.',
  }),
  trial: trial.prefault({}),
  analysis: analysis.prefault({}),
  limits: z
    .record(z.string(), text('5s for times, 100% for survived, a number for count.'))
    .prefault({})
    .meta({
      description:
        'By STREAM.METRIC or SESSION.METRIC, as in "ping.longest: 5s"; aftercare.METRIC: of all in it.',
    }),
});

/** A scenario as written: units parsed, static defaults filled in, names not yet resolved. */
export type Written = z.output<typeof scenarioSchema>;

/** JSON Schema of a scenario file, for editors; made from the schema that `seqgap check` applies. */
export const scenarioJsonSchema = (): object => ({
  title: 'seqgap scenario',
  ...z.toJSONSchema(scenarioSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // Defaults are written as text, since YAML is read as text: an editor is to see 22 and false.
      const typed = jsonSchema.type === 'integer' || jsonSchema.type === 'boolean';
      if (jsonSchema.description === ONE_CONDITION) {
        for (const key of ['properties', 'additionalProperties']) Reflect.deleteProperty(jsonSchema, key);
        jsonSchema.$ref = '#/properties/trial/properties/stop-when/anyOf/1/items';
      }
      if (typed && typeof jsonSchema.default === 'string')
        jsonSchema.default = JSON.parse(jsonSchema.default);
    },
  }),
});
