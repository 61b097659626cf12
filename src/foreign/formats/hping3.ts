import { usage } from '../../model/error.js';
import { NS_PER_MS } from '../../model/time.js';
import type { ProbeLog } from '../probe-log.js';
import type { FinishedLog, LineReader, ReadContext, TextFormat } from '../reader.js';
import { sendsEvery } from './connect.js';
import { saidOfTimes } from './series.js';

const HEADING = /^HPING (\S+) \(\S+ ([^)]+)\):/;
/** `len=46 ip=192.0.2.1 ttl=64 DF id=0 sport=80 flags=SA seq=0 win=64240 rtt=1.2 ms`, `icmp_seq=0` with `-1` */
const REPLY = /^(DUP! )?len=\d+ ip=(\S+) ttl=(\d+) .{0,200}\b(?:icmp_)?seq=(\d+)\b.{0,200}\brtt=([\d.]+) ms/;
const COUNTS = /^(\d+) packets transmitted, (\d+) packets received/;
const ICMP_ERROR = /^(?:ICMP|TTL) (.+?) from ip=(\S+)/;
const OTHER =
  /^(?:-+ .* hping statistic|round-trip min|using \S+, addr|hping in flood mode|\s*name=|\[main\])/i;

/**
 * hping3 numbers its probes from 0 and writes a line for each answer alone: what is missing was lost. Its summary goes to
 * the error output, so that in a file it may stand before all else.
 */
class HpingReader implements LineReader {
  readonly #context: ReadContext;
  #log: ProbeLog | null = null;
  #replies = 0;
  #copies = 0;
  #headings = 0;
  #counts: { readonly sent: number; readonly received: number } | null = null;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  line(bytes: Buffer, from: number, to: number): boolean {
    const { stamps, text, targets } = this.#context;
    const line = stamps.strip(text(bytes, from, to)).trimEnd();
    const reply = REPLY.exec(line);
    if (reply !== null) {
      const [, copy, address = '', ttl, seq, rtt] = reply;
      this.#log ??= targets.of(address);
      if (copy === undefined) this.#replies += 1;
      else this.#copies += 1;
      this.#log.reply(Number(seq), stamps.at_ns, Number(rtt) * NS_PER_MS, Number(ttl), copy !== undefined);
      return true;
    }
    const heading = HEADING.exec(line);
    if (heading !== null) {
      this.#headings += 1;
      this.#log = targets.of(heading[2] as string);
      this.#log.begin(0);
      return true;
    }
    const counts = COUNTS.exec(line);
    if (counts !== null) {
      this.#counts = { sent: Number(counts[1]), received: Number(counts[2]) };
      return true;
    }
    const error = ICMP_ERROR.exec(line);
    if (error !== null) targets.remark(this.#log?.stream ?? error[2] ?? '', `"${error[1]}" from ${error[2]}`);
    return error !== null || OTHER.test(line) || line === '';
  }

  finish(): FinishedLog {
    const { source, targets, stamps, settings } = this.#context;
    const fault = this.#fault();
    if (fault !== null)
      throw usage(`${source}: ${fault}: no figure`, 'give the whole log of one run, as hping3 wrote it');
    if (this.#counts !== null) this.#log?.end(this.#counts.sent, null, false);
    return {
      targets: targets.finish(),
      assumptions: stamps.kind === null ? [sendsEvery(settings)] : saidOfTimes(stamps),
      notes: [],
    };
  }

  #fault(): string | null {
    if (this.#headings > 1) return 'hping3 was started more than once in it';
    const counts = this.#counts;
    if (counts === null) return null;
    const all = [this.#replies, this.#replies + this.#copies];
    return all.includes(counts.received) && counts.sent >= this.#replies
      ? null
      : `its own summary says ${counts.sent} sent and ${counts.received} received, its lines ${this.#replies} received`;
  }
}

export const hpingFormat: TextFormat = {
  name: 'hping3',
  example: 'len=46 ip=10.4.4.4 ttl=64 DF id=0 sport=80 flags=SA seq=0 win=64240 rtt=1.2 ms',
  knows: (line) => REPLY.test(line) || HEADING.test(line),
  open: (context) => new HpingReader(context),
};
