import { LONGEST_STAMPED } from './stamp.js';

/** No name of a host, a service or a container is longer. */
const LONGEST_FRONT = 100;
/** More parts has no front. */
const MOST_PARTS = 10;
/** Behind these a tool's own line may begin: `fw ping[12]: `, `pinger-1  | `, `> `, `"`, `host ping 12 - - `. */
const END = /[|>:\])"',;-]\s*|^\s+|\bstd(?:out|err) [FP] /g;

/** No tool's own words end so: `[pod/ping] `, `pinger-1  | `, `fw> `, `17:`. */
const DRAWN = /[\]|>]:?\s*$|(?:^|\s)\d+:$/;

/** The same front on another line has other numbers. */
const shapeOf = (front: string): string => front.replace(/\d+/g, '#');

/** Where the tool's own line may begin, nearest first. */
const beginnings = (line: string): number[] => {
  const found = [0];
  for (const { 0: end, index } of line.slice(0, LONGEST_FRONT).matchAll(END)) {
    if (found.length > MOST_PARTS) break;
    found.push(index + end.length);
  }
  return found;
};

/** A tool's own line may be indented: the front then ends with one space, or none, before that. */
const beforeIndent = (line: string, at: number): number[] => {
  const least = line.slice(0, at).trimEnd().length;
  return at === least ? [] : at - least === 1 ? [least] : [least + 1, least];
};

const QUOTES = ['"', "'"] as const;

/** A line in quotes, with none inside but doubled ones: a table's cells are not in them together. */
const QUOTED = /^\s*"((?:[^"]|"")*)"\s*$/;

/** What is in quotes is the line. */
const bare = (line: string): string => {
  const inside = line.includes('"') ? QUOTED.exec(line)?.[1] : undefined;
  return inside === undefined ? line : inside.replaceAll('""', '"');
};

/** Behind a front with a quote that is left open, what it quotes. */
const unquoted = (front: string, rest: string): string => {
  const quote = QUOTES.find((each) => front.split(each).length % 2 === 0);
  if (quote === undefined || !rest.trimEnd().endsWith(quote)) return rest;
  return rest.trimEnd().slice(0, -1).replaceAll(`${quote}${quote}`, quote);
};

/** The line behind the longest front of a shape that is one. */
const withoutFront = (line: string, isFront: (shape: string) => boolean): string => {
  for (const at of beginnings(line)
    .toReversed()
    .flatMap((each) => [each, ...beforeIndent(line, each)])) {
    const front = line.slice(0, at);
    if (front !== '' && isFront(shapeOf(front))) return unquoted(front, line.slice(at));
  }
  return line;
};

/**
 * What stands before the lines of a tool, and is none of its words: the name of a host, a service, a container, a quote, an
 * indent. It is learned from lines that are known behind it, and then taken off every line that has it.
 */
export class Fronts {
  readonly #counts = new Map<string, number>();
  #kept: ReadonlySet<string> = new Set();

  /** Is the line known, behind a front perhaps? Counts the nearest that fits. */
  learn(whole: string, knows: (line: string) => boolean): boolean {
    // No line of a tool is longer.
    if (whole.length > LONGEST_STAMPED) return knows(whole);
    const line = bare(whole);
    const all = beginnings(line);
    // What knows its lines behind anything may take a name for its own; what no tool begins with goes first.
    const drawn = all.filter((at) => DRAWN.test(line.slice(0, at))).toReversed();
    for (const at of [...drawn, ...all]) {
      const front = line.slice(0, at);
      if (!knows(unquoted(front, line.slice(at)).trimEnd())) continue;
      const shape = shapeOf(front);
      this.#counts.set(shape, (this.#counts.get(shape) ?? 0) + 1);
      return true;
    }
    return false;
  }

  /** Keeps those that are no chance: a line in ten has them, and more than one. */
  settle(): void {
    const known = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    this.#kept = new Set(
      [...this.#counts].filter(([, count]) => count > 1 && count >= known / 10).map(([shape]) => shape),
    );
    if ([...this.#kept].every((shape) => shape === '')) this.#kept = new Set();
  }

  /** A line without a time, without what stands before the time of another: `pinger-1  | `, `fw ping[12]: "`. */
  shared(line: string, timed: string): string {
    const shape = shapeOf(timed);
    return withoutFront(line, (front) => shape.startsWith(front));
  }

  /** The line without its front. */
  strip(whole: string): string {
    if (whole.length > LONGEST_STAMPED) return whole;
    const line = bare(whole);
    return this.#kept.size === 0 ? line : withoutFront(line, (front) => this.#kept.has(front));
  }
}
