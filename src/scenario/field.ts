import { isIP } from 'node:net';
import * as z from 'zod';
import { KnownError } from '../model/error.js';
import type { Nanoseconds } from '../model/time.js';
import { parseDuration, formatDuration } from '../model/duration.js';
import { didYouMean } from '../yaml/problem.js';
import { isHost } from './target.js';

/*
 * The kinds of field a scenario has. YAML gives every scalar as text (source.ts), so a field reads text and
 * says by its metadata what an editor is to expect. Defaults are written as a person would write them.
 */

const SLUG = /^[a-z0-9][a-z0-9_-]{0,39}$/;
const SLUG_WORDS = 'is 1 to 40 lower-case letters, digits, "-" and "_", starting with a letter or digit';

/** Any text; `min` 1 where an empty one would mean nothing. */
export const text = (description: string) =>
  z
    .string()
    .min(1, 'is empty')
    .meta({ type: ['string', 'number', 'boolean'], description });

export const slug = (description: string) =>
  z
    .string()
    .regex(SLUG, { error: ({ input }) => `"${String(input)}" is not a name; a name ${SLUG_WORDS}` })
    .meta({ description });

export const matching = (description: string, pattern: RegExp, what: string) =>
  z
    .string()
    .regex(pattern, { error: ({ input }) => `"${String(input)}" is not ${what}` })
    .meta({ type: ['string', 'number'], description });

/** As `matching`, and of parts that make an address: `http://192.0.2.999` has the form of a URL and is none. */
export const url = (description: string, pattern: RegExp, what: string) =>
  matching(description, pattern, what).refine(
    // A placeholder that `check` leaves open is nobody's fault.
    (written) => !pattern.test(written) || written.includes('${') || URL.canParse(written),
    { error: ({ input }) => `"${String(input)}" is not ${what}` },
  );

export const hostName = (description: string) =>
  z
    .string()
    .refine(isHost, { error: ({ input }) => `"${String(input)}" is not a host name or address` })
    .meta({ description });

export const ipAddress = (description: string) =>
  z
    .string()
    .refine((written) => isIP(written) !== 0, {
      error: ({ input }) => `"${String(input)}" is not an IP address`,
    })
    .meta({ description });

const tooShort = (input: string, min: Nanoseconds): string =>
  min <= 1 ? `"${input}" must be more than nothing` : `"${input}" must be at least ${formatDuration(min)}`;

const durationFrom = (input: string, min: Nanoseconds | null): Nanoseconds | string => {
  try {
    const value = parseDuration(input);
    return min !== null && value < min ? tooShort(input, min) : value;
  } catch (error) {
    if (error instanceof KnownError) return `${error.message}; ${error.remedy ?? ''}`;
    throw error;
  }
};

/** A duration with its unit, as nanoseconds. The description says the least, if that is more than nothing. */
export const duration = (description: string, min: Nanoseconds | null = null) =>
  z
    .string()
    .transform((input, context): Nanoseconds => {
      const value = durationFrom(input, min);
      if (typeof value === 'number') return value;
      context.addIssue({ code: 'custom', message: value });
      return z.NEVER;
    })
    .meta({
      description: min === null || min <= 1 ? description : `${description} At least ${formatDuration(min)}.`,
      pattern: '^\\d+(\\.\\d+)?\\s*(ns|us|µs|ms|s|m|h)$|\\$\\{',
      examples: ['500us', '10ms', '5m'],
    });

/** A whole number within bounds. */
export const count = (description: string, minimum: number, maximum: number) =>
  z
    .string()
    .transform((input, context): number => {
      const value = /^\d{1,9}$/.test(input) ? Number(input) : Number.NaN;
      if (value >= minimum && value <= maximum) return value;
      const message = `"${input}" is not a whole number from ${minimum} to ${maximum}`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .meta({ type: 'integer', minimum, maximum, description });

/** A share of 100 %, as 0..1. */
export const percentage = (description: string, maximum: number) =>
  z
    .string()
    .transform((input, context): number => {
      const written = /^(\d{1,3}(?:\.\d{1,6})?)\s*%$/.exec(input)?.[1];
      const value = written === undefined ? Number.NaN : Number(written);
      if (value >= 0 && value <= maximum) return value / 100;
      const message = `"${input}" is not a share from 0% to ${maximum}%, such as 1%`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .meta({ description, pattern: '^\\d{1,3}(\\.\\d{1,6})?\\s*%$|\\$\\{', examples: ['1%', '0.5%'] });

export const flag = (description: string) =>
  z
    .string()
    .transform((input, context): boolean => {
      if (input === 'true' || input === 'false') return input === 'true';
      context.addIssue({ code: 'custom', message: `"${input}" is neither true nor false` });
      return z.NEVER;
    })
    .meta({ type: 'boolean', description });

export const choice = <const T extends readonly [string, ...string[]]>(description: string, values: T) =>
  z
    .enum(values, {
      error: ({ input }) =>
        typeof input === 'string'
          ? values.length === 1
            ? `"${input}" is unknown; only "${values[0]}" is known here`
            : `"${input}" is not one of ${values.join(', ')}${didYouMean(input, values)}`
          : undefined,
    })
    .meta({ description });

/** 4 or 6. */
export const family = (description: string) =>
  choice(description, ['4', '6'])
    .transform((input): 4 | 6 => (input === '4' ? 4 : 6))
    .meta({ type: 'integer', enum: [4, 6], description });

/** A mapping that knows all of its keys. The message has one line per unknown key, in the order of `keys`. */
export const mapping = <T extends z.core.$ZodLooseShape>(description: string, shape: T) =>
  z
    .strictObject(shape, {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => `unknown key${didYouMean(key, Object.keys(shape))}`).join('\n')
          : undefined,
    })
    .meta({ description });

/** A mapping from names to values of one kind. */
export const named = <T extends z.core.SomeType>(description: string, value: T) =>
  z.record(slug('A name.'), value).meta({ description });
