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
