import { ByteCursor, decimal_ns } from '../byte-cursor.js';
import type { LineReader, ReadContext, TextFormat } from '../reader.js';
import type { LogTimeReader } from '../log-time.js';
import { LONGEST_STAMPED } from '../stamp.js';

/** A name or an address: what `grep -n` or a colour puts before it is none of it. */
const HOST = String.raw`(?:\w[\w.-]*|(?:[0-9a-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]{0,4})(?:%[\w.-]+)?)`;
const IS_HOST = new RegExp(`^${HOST}$`, 'i');
const TARGET = String.raw`(?:^|\s)(${HOST}(?: \([^)]+\))?) *`;
/** The same as in `FpingProbe`, for names that are followed by `(address)` and stamps that are not fping's own. */
const PROBE = new RegExp(
  String.raw`${TARGET}: \[(\d+)\], (?:\d+ bytes, (\d+)(?:\.(\d+))? ms|timed out)`,
  'i',
);
const DUPLICATE = new RegExp(
  String.raw`${TARGET}: duplicate for \[(\d+)\], \d+ bytes, (\d+)(?:\.(\d+))? ms`,
  'i',
);
const SUMMARY = new RegExp(String.raw`${TARGET}: xmt\/rcv\/%loss = (\d+)\/(\d+)\/`, 'i');
const ICMP_ERROR = /^(ICMP .+?) from (\S+) for ICMP Echo sent to (\S+)/;

/** Of milliseconds. */
const inNs = (whole: string, fraction = ''): number =>
  decimal_ns(Number(whole), Number(fraction), fraction.length, 1e6);

/** fping's loop mode: every probe of every target is a line; numbers do not wrap. */
class FpingReader implements LineReader {
  readonly #context: ReadContext;
  readonly #probe = new FpingProbe();
  /** The first number of each target that the log has. */
  readonly #first = new Map<string, number>();

  constructor(context: ReadContext) {
    this.#context = context;
  }

  line(bytes: Buffer, from: number, to: number): boolean {
    const { stamps, text } = this.#context;
    const probe = this.#probe;
    if (probe.read(bytes, from, to, stamps)) {
      this.#take(probe.target, probe.seq, probe.at_ns, probe.rtt_ns);
      return true;
    }
    const line = stamps.strip(text(bytes, from, to));
    if (line.trim() === '') return true;
    if (line.length > LONGEST_STAMPED) return false;
    const match = PROBE.exec(line);
    if (match === null) return this.#other(line, stamps.at_ns);
    this.#take(
      match[1] as string,
      Number(match[2]),
      stamps.at_ns,
      match[3] === undefined ? NaN : inNs(match[3], match[4]),
    );
    return true;
  }

  /** `rtt_ns` NaN: it timed out. */
  #take(target: string, seq: number, at_ns: number, rtt_ns: number): void {
    const log = this.#context.targets.of(target);
    // Of what has no line here the log does not tell: it may begin anywhere.
    if (!log.started) {
      if (seq === 0) log.begin(0);
      this.#first.set(target, seq);
    } else if (seq < (this.#first.get(target) ?? 0)) {
      this.#context.targets.remark(target, 'a probe before the first one in the log: left out');
      return;
    }
    if (Number.isNaN(rtt_ns)) log.timedOut(seq, at_ns, NaN);
    else log.reply(seq, at_ns, rtt_ns, -1, false);
  }

  /** A summary of a target that no line is about tells its counts, and not when. */
  #ended(target: string, transmitted: number, received: number): void {
    const { targets } = this.#context;
    if (targets.has(target)) targets.of(target).end(transmitted, received, false);
    else
      targets.say(
        `${target}: no line is about its probes; by its summary ${received} of ${transmitted} came back`,
      );
  }

  #other(line: string, at_ns: number): boolean {
    const { targets } = this.#context;
    const duplicate = DUPLICATE.exec(line);
    if (duplicate !== null) {
      targets
        .of(duplicate[1] as string)
        .reply(Number(duplicate[2]), at_ns, inNs(duplicate[3] as string, duplicate[4]), -1, true);
      return true;
    }
    const summary = SUMMARY.exec(line);
    if (summary !== null) {
      this.#ended(summary[1] as string, Number(summary[2]), Number(summary[3]));
      return true;
    }
    // Without the number of the probe, and on standard error, so not in order: a remark is all it can be.
    const error = ICMP_ERROR.exec(line);
    if (error !== null) targets.remark(error[3] as string, `"${error[1]}" from ${error[2]}`);
    return error !== null;
  }
}

export const fpingFormat: TextFormat = {
  name: 'fping',
  example: '[1700000000.123456] 10.4.4.4 : [7], 64 bytes, 0.345 ms (0.340 avg, 0% loss)',
  knows: (line) => line.length <= LONGEST_STAMPED && (PROBE.test(line) || SUMMARY.test(line)),
  open: (context) => new FpingReader(context),
};

const NUMBER = Buffer.from(': [');
const CLOSE = Buffer.from('], ');
const TIMED_OUT = Buffer.from('timed out (');
const BYTES = Buffer.from(' bytes, ');
const MS = Buffer.from(' ms (');
const LOSS = Buffer.from('loss)');

/**
 * The line that fping writes for every probe: `10.4.4.4 : [7], 64 bytes, 0.345 ms (0.340 avg, 0% loss)`, or `timed out`
 * in place of octets and time, after `[1700000000.12345] ` (`-D`) or nothing. Names are padded with spaces.
 */
export class FpingProbe {
  target = '';
  seq = 0;
  /** NaN: it timed out. */
  rtt_ns = NaN;
  readonly #cursor = new ByteCursor();

  /** Of the line read last; NaN: it had no stamp. */
  get at_ns(): number {
    return this.#cursor.at_ns;
  }

  /** False: the line is something else, or not whole. */
  read(bytes: Buffer, from: number, to: number, stamps: LogTimeReader): boolean {
    const cursor = this.#cursor;
    if (!cursor.begin(bytes, from, to, stamps)) return false;
    const target = cursor.word();
    if (target !== this.target && !IS_HOST.test(target)) return false;
    this.target = target;
    cursor.skipSpaces();
    if (!cursor.skip(NUMBER)) return false;
    this.seq = cursor.integer();
    if (cursor.digits === 0 || !cursor.skip(CLOSE)) return false;
    this.rtt_ns = NaN;
    if (!cursor.skip(TIMED_OUT)) {
      cursor.integer();
      if (cursor.digits === 0 || !cursor.skip(BYTES)) return false;
      this.rtt_ns = cursor.milliseconds();
      if (!cursor.skip(MS)) return false;
    }
    return cursor.skipPast(LOSS);
  }
}
