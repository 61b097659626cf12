import { messageOf } from '../model/error.js';
import type { Nanoseconds } from '../model/time.js';
import { ECHO_HEADER, LINE_OCTETS, numberedLine, STREAM_KIND } from '../wire/web-protocol.js';
import { HttpResponses } from './http-responses.js';
import { excerpt, type Fault, type Track, type WriteRow } from './session-track.js';

const OTHER_BODY = 'garbled: the body is not the one that was announced';

export interface AskedOf {
  readonly session: string;
  readonly connection: number;
  /** As in a URL: `10.4.4.4:80`. */
  readonly authority: string;
  readonly path: string;
  readonly mode: 'requests' | 'download';
}

/**
 * HTTP/1.1 on one connection: a request for each heartbeat, the next one only when the last was answered, as browsers
 * do; or one response that goes on, of which each heartbeat waits for the next octet. Octets are verified where our own
 * server is at the far end (`seqgap reflect`, the lab); of others only that responses are whole.
 */
export class HttpTrack implements Track {
  readonly #of: AskedOf;
  readonly #row: WriteRow;
  readonly #responses: HttpResponses;
  #seq = 0;
  #bytes = 0;
  #answered = 0;
  #fault: Fault | null = null;
  /** The heartbeat that waits for its answer. */
  #out: { readonly seq: number; readonly sent: Nanoseconds } | null = null;
  #verified: string | null = null;
  #body = '';
  #line = 0;

  constructor(of: AskedOf, row: WriteRow) {
    this.#of = of;
    this.#row = row;
    this.#responses = new HttpResponses({
      head: (status, headers) => this.#head(status, headers),
      body: (data) => this.#take(data),
      end: () => this.#end(),
    });
  }

  opening(): Buffer | null {
    return this.#of.mode === 'download' ? this.#request(0) : null;
  }

  beat(now: Nanoseconds): Buffer | null {
    if (this.#out !== null) return null;
    this.#out = { seq: this.#seq++, sent: now };
    return this.#of.mode === 'download' ? null : this.#request(this.#out.seq);
  }

  receive(data: Buffer, now: Nanoseconds): void {
    this.#bytes += data.length;
    if (this.#fault !== null) return;
    const { mode } = this.#of;
    if (mode === 'requests' && this.#out === null) {
      this.#fail('garbled', `an answer to no request: "${excerpt(data)}"`);
      return;
    }
    const before = this.#answered;
    try {
      this.#responses.take(data);
    } catch (error) {
      const [ending, words] =
        before === 0 ? (['other-protocol', 'no HTTP'] as const) : (['garbled', 'garbled HTTP'] as const);
      this.#fail(ending, `${words}: ${messageOf(error)}: it says "${excerpt(data)}"`);
    }
    if (this.#fault !== null || this.#out === null) return;
    if (mode === 'requests' && this.#answered === before) return;
    if (mode === 'download') this.#answered += 1;
    this.#row(this.#out.seq, this.#out.sent, now);
    this.#out = null;
  }

  quiet(): void {}

  speak(): void {}

  get waitingSince(): Nanoseconds | null {
    return this.#out?.sent ?? null;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get answered(): number {
    return this.#answered;
  }

  get fault(): Fault | null {
    return this.#fault;
  }

  close(): void {
    if (this.#out !== null) this.#row(this.#out.seq, this.#out.sent, null);
    this.#out = null;
  }

  #name(seq: number): string {
    const { session, connection } = this.#of;
    return `${session}#${connection} ${seq}`;
  }

  #request(seq: number): Buffer {
    const { path, authority } = this.#of;
    return Buffer.from(
      `GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: seqgap\r\nAccept: */*\r\n${ECHO_HEADER}: ${this.#name(seq)}\r\n\r\n`,
    );
  }

  #head(status: number, headers: ReadonlyMap<string, string>): void {
    this.#verified = headers.get(ECHO_HEADER) ?? null;
    this.#body = '';
    // RFC 9110 §15.6.3-5: a gateway that has no answer of the server's says so in its place.
    if (status >= 502 && status <= 504)
      this.#fail('no-data', `a proxy answers for the server: HTTP ${status}`);
    else if (this.#of.mode === 'download' && status !== 200)
      this.#fail('other-protocol', `there is nothing to download: HTTP ${status}`);
    else if (
      this.#of.mode === 'requests' &&
      this.#verified !== null &&
      this.#verified !== this.#name(this.#out?.seq ?? -1)
    )
      this.#fail('garbled', `the answer to another request: ${this.#verified}`);
  }

  #take(data: Buffer): void {
    if (this.#verified === null || this.#fault !== null) return;
    this.#body += data.toString('latin1');
    if (this.#verified !== STREAM_KIND) {
      if (this.#body.length > this.#verified.length + 1) this.#fail('garbled', OTHER_BODY);
      return;
    }
    for (let end = this.#body.indexOf('\n'); end !== -1; end = this.#body.indexOf('\n')) {
      const line = this.#body.slice(0, end + 1);
      this.#body = this.#body.slice(end + 1);
      if (line !== numberedLine(this.#line++)) {
        this.#fail('garbled', `garbled: line ${this.#line - 1} was to come, not "${line.slice(0, 40)}"`);
        return;
      }
    }
    if (this.#body.length > LINE_OCTETS) this.#fail('garbled', `garbled: line ${this.#line} has no end`);
  }

  #end(): void {
    if (this.#of.mode === 'download') {
      // What is to come after it would be another response.
      this.#fail('no-data', 'the download is over; choose one that lasts longer than the trial');
      return;
    }
    if (this.#verified !== null && this.#body !== `${this.#verified}\n`) this.#fail('garbled', OTHER_BODY);
    else this.#answered += 1;
  }

  #fail(ending: Fault['ending'], detail: string): void {
    this.#fault ??= { ending, detail };
  }
}
