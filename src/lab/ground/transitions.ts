import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { labPaths } from '../paths.js';

/** Reads a file of JSON lines; a last line still being written is left out. Empty if there is none. */
export const readJsonLines = async <Line>(path: string): Promise<Line[]> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
};

/**
 * One true transition of a lab's control plane: one line of transitions.jsonl, which only tests and calibration read.
 * It happened between `after` and `before`: epoch seconds of CLOCK_REALTIME, as in truth.jsonl, to a microsecond.
 */
export interface Transition {
  /** What changed: `owner`, `next-hop`, `role`, `record`, … */
  readonly what: string;
  /** Of what: an address, a prefix, a node. */
  readonly subject: string;
  /** What it is from then on. */
  readonly value: string;
  readonly after: number;
  readonly before: number;
}

/**
 * CLOCK_REALTIME in epoch seconds. `Date.now` has whole milliseconds: the rest is taken from the monotonic clock,
 * counted from the process's start (performance.timeOrigin), as long as the two agree.
 */
export const epochSeconds = (): number => {
  const counted = performance.timeOrigin + performance.now();
  const told = Date.now();
  // A clock that was stepped or slewed since the start: what the system says, in the middle of its millisecond.
  return (Math.abs(counted - told - 0.5) <= 1 ? counted : told + 0.5) / 1e3;
};

/** Writes a transition down. Synchronous: the lab may lose its power at any time. */
export const recordTransition = (transition: Transition, path: string = labPaths.transitions): void =>
  appendFileSync(path, `${JSON.stringify(transition)}\n`);

/** Reads transitions.jsonl; empty if there is none. */
export const readTransitions = (path: string): Promise<Transition[]> => readJsonLines(path);
