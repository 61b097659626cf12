import { z } from 'zod';
import { ns } from '../model/time.js';
import { choice, count, duration, mapping, slug, text } from './field.js';
import { httpAsked, shellOrWords } from './schema-observe.js';

/** A condition that breaks a trial off; exactly one of command, url and file. */
const condition = mapping(
  'A condition that breaks the trial off when it holds: exactly one of command, url and file.',
  {
    name: slug('Name in words and in the history; default: of what is asked.').optional(),
    command: shellOrWords(
      'Holds where this ends with 0, not where it ends with 1: a shell line on this host, or a list of arguments.',
    ).optional(),
    ...httpAsked,
    url: httpAsked.url.describe(
      'Holds by what a GET of it is answered: "status", or a value by json, xml or text.',
    ),
    status: count('For url: the status with which it holds.', 100, 599).optional(),
    is: text(
      'For json, xml and text: the value with which it holds, or /a regular expression/; default: any but none, false and 0.',
    ).optional(),
    file: text('Holds where this file is there; relative to the scenario.').optional(),
    every: duration('Time from one question to the next.', ns(100e6)).prefault('1s'),
    timeout: duration('After this long without an answer it could not be asked.', ns(1)).prefault('5s'),
    'on-error': choice('What it means where it cannot be asked.', ['stop', 'ignore']).prefault('stop'),
  },
);

/** What the JSON Schema says of one condition by itself: it has the keys of those in a list. */
export const ONE_CONDITION = 'One condition, as in a list.';

export const stopWhen = z
  .union([
    condition.meta({ description: ONE_CONDITION }),
    z.array(condition).min(1, 'needs at least one condition'),
  ])
  .meta({
    description: 'What breaks a trial off and has the pair restored: one condition or a list of them.',
  });

export type WrittenStop = z.output<typeof condition>;
