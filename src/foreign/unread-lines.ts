import { brief } from '../model/outside.js';
import { plural } from './targets.js';

/** Only a tool's line about a probe has these: where an answer is from, a number, a time to live, a round trip, a wait that ended. */
const LIKE_A_PROBE =
  /(?:seq|req|ttl|hlim)\s?[=:]\s?\d|[=<]\s?\d+(?:[.,]\d+)?\s?(?:ms|msec|мс|µs|μs|usec|毫秒|ミリ秒)(?![\p{L}=])|\btime[d-]?\s?-?out\b|\bunreachable\b|\b\d+ bytes from\b/iu;
/** More are counted. */
const MOST_QUOTED = 3;

const quoted = (lines: Iterable<string>): string =>
  [...lines].map((line) => `«${brief(line, 60)}»`).join(', ');

/** Lines of a log that its reader did not understand: none of them vanishes. */
export class UnreadLines {
  understood = 0;
  #count = 0;
  #probes = 0;
  /** By shape: the same line with other numbers is quoted once. */
  readonly #samples = new Map<string, string>();
  readonly #probeSamples = new Map<string, string>();

  /**
   * @param line as text, not empty
   * @param suspected the reader takes it for one about a probe
   */
  add(line: string, suspected: boolean): void {
    this.#count += 1;
    const probe = suspected || LIKE_A_PROBE.test(line);
    if (probe) this.#probes += 1;
    const samples = probe ? this.#probeSamples : this.#samples;
    if (samples.size >= MOST_QUOTED) return;
    const shape = line.replace(/\d+/g, '#');
    if (!samples.has(shape)) samples.set(shape, line.trim());
  }

  /** For the notes. */
  get said(): string[] {
    if (this.#count === 0) return [];
    const samples = [...this.#probeSamples.values(), ...this.#samples.values()].slice(0, MOST_QUOTED);
    return [`not understood, and passed over: ${plural(this.#count, 'line')}, as ${quoted(samples)}`];
  }

  /** Why there may be no figure: what was not understood could tell otherwise; null: it could not. */
  get forbids(): string | null {
    if (this.#probes > 0)
      return `${this.#probes === 1 ? 'a line that looks like one of a probe was' : `${this.#probes} lines that look like those of probes were`} not understood: ${quoted(this.#probeSamples.values())}`;
    if (this.#count > this.understood)
      return `more lines were not understood (${this.#count}) than were (${this.understood}): ${quoted(this.#samples.values())}`;
    return null;
  }
}
