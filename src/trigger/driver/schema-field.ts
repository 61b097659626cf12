import * as z from 'zod';
import { messageOf } from '../../model/error.js';
import { parseDuration } from '../../model/duration.js';
import { didYouMean } from '../../yaml/problem.js';

/** A strict object whose unknown keys are answered with the nearest known one, a line each. */
export const strict = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `unknown key${didYouMean(key, Object.keys(shape))}`).join('\n')
        : undefined,
  });

export const duration = z.string().transform((text, context) => {
  try {
    return parseDuration(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
    return z.NEVER;
  }
});

/** `compile` throws on a wrong expression. Placeholders stand for a word while it is tried. */
export const expression = (compile: (text: string) => unknown) =>
  z
    .string()
    .min(1)
    .superRefine((text, context) => {
      try {
        compile(text.replaceAll(/\{\{\s*[\w.-]+\s*\}\}/g, 'x'));
      } catch (error) {
        context.addIssue({ code: 'custom', message: messageOf(error) });
      }
    });

export const pattern = expression((text) => new RegExp(text, 'gm'));
export const about = z.string().min(1);
/** Text; a number or a truth value of YAML stands for how it is written. */
export const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
