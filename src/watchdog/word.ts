import * as z from 'zod';
import { jsonOf } from '../model/json.js';

/*
 * What the runner says to its watchdog, a line of JSON each. The watchdog says READY once, and ALIVE to every beat.
 */

const allowance = z.int().nonnegative().nullable();

const word = z.discriminatedUnion('do', [
  /** The event loop of the runner turns. */
  z.object({ do: z.literal('beat') }),
  /** A stage has begun, and the next word about one comes within so long. */
  z.object({
    do: z.literal('stage'),
    name: z.string(),
    /** null: a person is waited for. */
    within_ms: allowance,
    /** The same after a stop signal. */
    stopped_ms: allowance,
  }),
  /** Process ids of the agents: they go with the runner. */
  z.object({ do: z.literal('agents'), pids: z.array(z.int().positive()) }),
  /** Ctrl-C, or a polite kill. */
  z.object({ do: z.literal('stop') }),
  /** Between trials: whatever is left to be undone has been told already. */
  z.object({ do: z.literal('rest') }),
  /** The runner ends in order. */
  z.object({ do: z.literal('end') }),
]);

export type Word = z.output<typeof word>;

export const READY = 'ready';
export const ALIVE = 'alive';

/** How often the runner says that it lives. */
export const BEAT_MS = 1000;

/**
 * How long it may say nothing. Nothing that the runner does while a change is pending keeps its event loop for a
 * second (results are analysed when the pair is restored), and a garbage collection or a swapped page takes less; a
 * pair that stays failed over for ten seconds longer is no harm.
 */
export const SILENCE_MS = 10_000;

/** null for what is no word. */
export const readWord = (line: string): Word | null => word.safeParse(jsonOf(line)).data ?? null;
