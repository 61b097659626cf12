import { messageOf } from '../../model/error.js';
import type { Nanoseconds } from '../../model/time.js';
import { ECHO_HEADER, LINE_OCTETS, numberedLine, STREAM_KIND } from '../../wire/web-protocol.js';
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

export interface ResponseEvents {
  head(status: number, headers: ReadonlyMap<string, string>): void;
  body(data: Buffer): void;
  end(): void;
}

type State = 'head' | 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'until-close';

/** No head and no line of a real server is longer. */
const LONGEST = 65_536;

/**
 * Reads the responses on one HTTP/1.1 connection (RFC 9112 §6), in pieces of any size. A library would open a new
 * connection where this one is to be watched to its end.
 */
export class HttpResponses {
  readonly #events: ResponseEvents;
  #state: State = 'head';
  #rest: Buffer = Buffer.alloc(0);
  #left = 0;

  constructor(events: ResponseEvents) {
    this.#events = events;
  }

  /** @throws Error for what is no HTTP response. */
  take(data: Buffer): void {
    this.#rest = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    while (this.#rest.length > 0 && this.#step());
    if (this.#rest.length > LONGEST) throw new Error('no end of line');
  }

  /** @returns whether there is more to be done with what is there. */
  #step(): boolean {
    switch (this.#state) {
      case 'head':
        return this.#head();
      case 'until-close':
        this.#events.body(this.#take(this.#rest.length));
        return true;
      case 'length':
      case 'chunk': {
        const piece = this.#take(Math.min(this.#left, this.#rest.length));
        this.#left -= piece.length;
        this.#events.body(piece);
        if (this.#left === 0) this.#bodyPieceOver();
        return true;
      }
      case 'chunk-size':
      case 'chunk-end':
      case 'trailer':
        return this.#line();
    }
  }

  #bodyPieceOver(): void {
    if (this.#state === 'chunk') this.#state = 'chunk-end';
    else this.#over();
  }

  #line(): boolean {
    const end = this.#rest.indexOf('\r\n');
    if (end === -1) return false;
    const line = this.#take(end + 2).toString('latin1', 0, end);
    if (this.#state === 'chunk-end') this.#state = 'chunk-size';
    else if (this.#state === 'trailer') {
      if (line === '') this.#over();
    } else {
      const [, size = ''] = /^([0-9a-f]{1,8})\s*(?:;.*)?$/i.exec(line) ?? [];
      if (size === '') throw new Error(`no chunk size: ${line}`);
      this.#left = Number.parseInt(size, 16);
      this.#state = this.#left === 0 ? 'trailer' : 'chunk';
    }
    return true;
  }

  #head(): boolean {
    const begins = this.#rest.toString('latin1', 0, 5);
    if (!'HTTP/'.startsWith(begins)) throw new Error('no HTTP response');
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end === -1) return false;
    const [first = '', ...lines] = this.#take(end + 4)
      .toString('latin1', 0, end)
      .split('\r\n');
    const [, code = ''] = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first) ?? [];
    if (code === '') throw new Error(`no HTTP/1 response: ${first}`);
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const status = Number(code);
    // 1xx is followed by the response proper (RFC 9110 §15.2).
    if (status >= 100 && status < 200) return true;
    this.#begin(status, headers);
    return true;
  }

  #begin(status: number, headers: ReadonlyMap<string, string>): void {
    this.#events.head(status, headers);
    const length = headers.get('content-length');
    if (status === 204 || status === 304) this.#over();
    else if (/\bchunked\b/i.test(headers.get('transfer-encoding') ?? '')) this.#state = 'chunk-size';
    else if (length === undefined) this.#state = 'until-close';
    else {
      if (!/^\d{1,15}$/.test(length)) throw new Error(`no content length: ${length}`);
      this.#left = Number(length);
      this.#state = 'length';
      if (this.#left === 0) this.#over();
    }
  }

  #over(): void {
    this.#state = 'head';
    this.#events.end();
  }

  #take(octets: number): Buffer {
    const taken = this.#rest.subarray(0, octets);
    this.#rest = this.#rest.subarray(octets);
    return taken;
  }
}
