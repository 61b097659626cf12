import * as z from 'zod';
import { ns } from './time.js';

/* What the schemas of all that is stored have in common. */

type Fixed<T> = T extends string | number | boolean | null | undefined
  ? T
  : { readonly [K in keyof T]: Fixed<T[K]> };

/** What a schema reads. Nobody changes it. */
export type Shape<S extends z.ZodType> = Fixed<z.output<S>>;

export const nanoseconds = z.number().transform(ns);
export const words = z.record(z.string(), z.string());
/** Of addresses. */
export const family = z.union([z.literal(4), z.literal(6)]);
