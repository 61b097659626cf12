import { usage } from '../../model/error.js';
import { NS_PER_S } from '../../model/time.js';
import { Exchanges } from '../capture/exchanges.js';
import type { FinishedLog, LineReader, ReadContext, TextFormat } from '../reader.js';
import { plural, type TargetResult } from '../targets.js';

const SENT = /^x (\d{1,3}) (\d+)$/;
const REPLY = /^p (\d{1,3}) (\d+) (\d+)$/;
const HOST = /^h (\d{1,3}) (\S+)$/;
const OTHER = /^[dtm] \d/;

/**
 * `mtr --raw`: `x hop number` for a probe, `p hop microseconds number` for its answer. A round of probes has no time.
 */
class MtrReader implements LineReader {
  readonly #context: ReadContext;
  readonly #exchanges: Exchanges;
  readonly #every_ns: number;
  readonly #hosts = new Map<number, Set<string>>();
  /** When the newest probe of each number left, by hop. */
  readonly #sends = new Map<string, number>();
  readonly #rounds = new Map<number, number>();
  #farthest = -1;
  #unasked = 0;

  constructor(context: ReadContext) {
    this.#context = context;
    this.#every_ns = context.settings.interval_ns ?? NS_PER_S;
    this.#exchanges = new Exchanges({ source: context.source, settings: context.settings, utc: () => null });
  }

  line(bytes: Buffer, from: number, to: number): boolean {
    const { stamps, text } = this.#context;
    const line = stamps.strip(text(bytes, from, to)).trimEnd();
    return line === '' || this.#read(line);
  }

  suspects(line: string): boolean {
    return /^[xp] \d/.test(line);
  }

  finish(): FinishedLog {
    const { source, settings } = this.#context;
    if (this.#unasked > 0)
      throw usage(
        `${source}: ${plural(this.#unasked, 'answer')} without a probe: an older mtr says of none that it was sent`,
        'give the whole output of mtr --raw, version 0.87 or later',
      );
    const hop = this.#target();
    const target = this.#exchanges.finish().find(({ target: name }) => name === `hop ${hop}`);
    if (target === undefined)
      throw usage(`${source}: no hop has answered`, 'give the whole output of mtr --raw');
    const hosts = [...(this.#hosts.get(hop) ?? [])];
    const every = `${this.#every_ns / NS_PER_S} s (${settings.interval_ns === null ? 'the default; --interval says otherwise' : '--interval'})`;
    return {
      targets: [named(target, hosts[0] ?? target.target)],
      assumptions: [
        `no times in the log: bounds assume a round every ${every}`,
        `hop ${hop + 1}, from where the farthest answers came, is taken for the target`,
      ],
      notes: hosts.length > 1 ? [`${hosts.join(', ')} answered there`] : [],
      time: () => null,
    };
  }

  /** The first round goes beyond the target, which answers that as well: it is where most probes went of those that it answered. */
  #target(): number {
    const last = this.#hosts.get(this.#farthest) ?? new Set();
    const same = [...this.#hosts].filter(([, hosts]) => [...hosts].some((host) => last.has(host)));
    const rounds = (hop: number): number => this.#rounds.get(hop) ?? 0;
    return same.reduce((best, [hop]) => (rounds(hop) > rounds(best) ? hop : best), this.#farthest);
  }

  #read(line: string): boolean {
    const sent = SENT.exec(line);
    if (sent !== null) {
      const hop = Number(sent[1]);
      const round = this.#rounds.get(hop) ?? 0;
      this.#rounds.set(hop, round + 1);
      const at_ns = round * this.#every_ns;
      this.#sends.set(sent[2] as string, at_ns);
      // Numbers come again; so many are never on their way.
      if (this.#sends.size > 65_536) this.#sends.delete(this.#sends.keys().next().value as string);
      this.#exchanges.request({ from: 'mtr', to: `hop ${hop}`, id: sent[2] as string }, at_ns);
      return true;
    }
    const reply = REPLY.exec(line);
    if (reply !== null) {
      const hop = Number(reply[1]);
      const at_ns = this.#sends.get(reply[3] as string);
      if (at_ns === undefined) this.#unasked += 1;
      else
        this.#exchanges.answer(
          { from: 'mtr', to: `hop ${hop}`, id: reply[3] as string },
          at_ns + Number(reply[2]) * 1000,
        );
      this.#farthest = Math.max(this.#farthest, hop);
      return true;
    }
    const host = HOST.exec(line);
    if (host === null) return OTHER.test(line);
    const hosts = this.#hosts.get(Number(host[1])) ?? new Set();
    if (hosts.size < 16) hosts.add(host[2] as string);
    this.#hosts.set(Number(host[1]), hosts);
    return true;
  }
}

const named = (result: TargetResult, name: string): TargetResult => ({
  ...result,
  target: name,
  stream: { ...result.stream, stream: name },
  outages: result.outages.map((row) => ({ ...row, stream: name })),
});

export const mtrFormat: TextFormat = {
  name: 'mtr',
  example: 'x 0 33000 and p 0 67 33000, of mtr --raw',
  knows: (line) => SENT.test(line) || REPLY.test(line),
  open: (context) => new MtrReader(context),
};
