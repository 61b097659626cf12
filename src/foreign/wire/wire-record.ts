import { basename } from 'node:path';
import { codeOf, KnownError, readErrorWords, usage } from '../../model/error.js';
import type { EvidenceRecord, RecordContext } from '../../model/evidence.js';
import { CaptureFile, isCapture } from '../capture/capture-file.js';
import { isKnownLink } from '../capture/frame.js';
import { possible } from '../log-time.js';
import { logFile } from '../open-log.js';
import type { LogSource } from '../read-log.js';
import { plural } from '../targets.js';
import { Findings, inSeconds, type Moment } from './findings.js';
import { Watched } from './watched.js';
import { Wire } from './wire.js';

export interface WireContext extends RecordContext {
  /** Addresses of the streams' targets and of the pair: what passes to and from them is followed. */
  readonly watch: readonly string[];
}

/** A time that lies further back than packets overtake each other by. */
const SET_BACK_MS = 1000;
const MOST_SET_BACK = 16;
const MOST_LINKS = 8;

/** Reads one capture from beginning to end. */
class WireReader {
  readonly #wire: Wire;
  readonly #findings: Findings;
  readonly #file: CaptureFile;
  readonly #clock: string;
  #first_ms = Infinity;
  #last_ms = -Infinity;
  /** Of the packet before. */
  #before_ms = -Infinity;
  #packet = 0;
  #dropped = 0;
  #impossible = 0;
  #setBack = 0;
  readonly #foreignLinks = new Set<number>();

  constructor(path: string, context: WireContext) {
    this.#clock = context.owner ?? basename(path);
    this.#findings = new Findings(context, { clock: this.#clock, file: path });
    const nodes = context.nodes.flatMap(({ addresses }) => addresses);
    this.#wire = new Wire(this.#findings, new Watched([...context.watch, ...nodes]));
    this.#file = new CaptureFile({
      packet: (packet, link, second, part_ns, resolution_ns) =>
        this.#take(packet, link, second, part_ns, resolution_ns),
      dropped: (count) => {
        this.#dropped = Math.max(this.#dropped, count);
      },
    });
  }

  push(chunk: Buffer): void {
    this.#file.push(chunk);
  }

  finish(): EvidenceRecord {
    this.#file.end();
    // By the newest packet: where the clock was set back, the latest time is none of now.
    if (this.#before_ms > -Infinity) this.#wire.finish(this.#before_ms);
    return {
      form: 'packet capture',
      evidence: this.#findings.evidence,
      span: this.#last_ms === -Infinity ? null : { lo_ms: this.#first_ms, hi_ms: this.#last_ms },
      zoned: true,
      assumptions: [],
      notes: this.#notes(),
    };
  }

  #notes(): string[] {
    const { packets, damage, untimed } = this.#file;
    const links = [...this.#foreignLinks];
    return [
      ...(packets + untimed === 0 ? ['the capture holds no packet'] : []),
      ...(this.#dropped === 0
        ? []
        : [
            `the capture dropped ${plural(this.#dropped, 'packet')}: what is missing in it may have been there`,
          ]),
      ...(damage === null ? [] : [`the capture ends early: ${damage}`]),
      ...(untimed === 0 ? [] : [`${plural(untimed, 'packet')} without a time: left out`]),
      ...(this.#impossible === 0
        ? []
        : [`${plural(this.#impossible, 'packet')} with a time that no clock shows: left out`]),
      ...(links.length === 0
        ? []
        : [`packets of links that are not read (type ${links.join(', ')}): left out`]),
      ...this.#wire.notes,
      ...this.#findings.leftOut,
    ];
  }

  #take(packet: Buffer, link: number, second: number, part_ns: number, resolution_ns: number): void {
    this.#packet += 1;
    if (!isKnownLink(link)) {
      if (this.#foreignLinks.size < MOST_LINKS) this.#foreignLinks.add(link);
      return;
    }
    if (!possible(second)) {
      this.#impossible += 1;
      return;
    }
    const lo_ms = second * 1000 + part_ns / 1e6;
    const when: Moment = { lo_ms, hi_ms: lo_ms + resolution_ns / 1e6, packet: this.#packet };
    if (lo_ms < this.#before_ms - SET_BACK_MS) this.#wentBack(when);
    this.#before_ms = lo_ms;
    if (lo_ms < this.#first_ms) this.#first_ms = lo_ms;
    if (when.hi_ms > this.#last_ms) this.#last_ms = when.hi_ms;
    this.#wire.see(packet, link, when);
  }

  #wentBack(when: Moment): void {
    this.#setBack += 1;
    if (this.#setBack > MOST_SET_BACK) return;
    const by_ms = when.lo_ms - this.#before_ms;
    this.#findings.add(
      'clock-set',
      { subject: this.#clock, value: (by_ms / 1000).toFixed(3) },
      when,
      `times go back by ${inSeconds(-by_ms)}: the clock was set, or captures were put one behind the other`,
    );
  }
}

/**
 * What a capture tells of a failover: announcements, hellos and their ends, roles, resets. Read in flat memory, however large.
 * @throws KnownError where it cannot be read, or is no capture
 */
export const readWire = (path: string, context: WireContext): Promise<EvidenceRecord> =>
  wireRecord(logFile(path, path), context);

/** The same of what is read already. */
export const wireRecord = async (
  { name, chunks }: Pick<LogSource, 'name' | 'chunks'>,
  context: WireContext,
): Promise<EvidenceRecord> => {
  const reader = new WireReader(name, context);
  let isFirst = true;
  try {
    for await (const chunk of chunks) {
      if (isFirst && !isCapture(chunk)) break;
      isFirst = false;
      reader.push(chunk);
    }
  } catch (error) {
    if (error instanceof KnownError || codeOf(error) === null) throw error;
    throw usage(`cannot read ${name}: ${readErrorWords(error)}`, undefined, error);
  }
  if (isFirst)
    throw usage(
      `${name} is no capture`,
      'give what tcpdump -w or Wireshark wrote (pcap, pcapng); a log of a device is for --log',
    );
  return reader.finish();
};
