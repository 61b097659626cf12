import { ByteCursor } from './byte-cursor.js';
import type { StampReader } from './stamp.js';

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
  private readonly cursor = new ByteCursor();

  /** Of the line read last; NaN: it had no stamp. */
  get at_ns(): number {
    return this.cursor.at_ns;
  }

  /** False: the line is something else, or not whole. */
  read(bytes: Buffer, from: number, to: number, stamps: StampReader): boolean {
    const { cursor } = this;
    if (!cursor.begin(bytes, from, to, stamps)) return false;
    this.target = cursor.word();
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
