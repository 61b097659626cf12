const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const CLOSE_BRACKET = 93;
/** What comes before the array, and one element of it, are a few kilobytes. */
const LARGEST = 1 << 20;
/** Mostly more than an element. */
const JOINT = 1 << 13;

/**
 * Takes the objects of one array out of a JSON document of any size, in flat memory: `onHead` gets the document up to
 * the array (closed, as if the array were empty), `onElement` each object in turn. White space plays no part.
 */
export class JsonElements {
  /** Has the array been closed? If not, the document was cut off. */
  complete = false;
  readonly #key: RegExp;
  readonly #onHead: (head: string) => void;
  readonly #onElement: (element: string) => void;
  readonly #pass: ((view: DataView, at: number) => number) | null;
  #text: Buffer = Buffer.alloc(0);
  #inArray = false;
  #depth = 0;
  #inString = false;
  #escaped = false;

  /**
   * @param pass takes the object that begins there from its bytes, and says where it ends; -1: it cannot, or it goes on
   *   beyond them, and `onElement` gets it
   */
  constructor(
    key: string,
    onHead: (head: string) => void,
    onElement: (element: string) => void,
    pass: ((view: DataView, at: number) => number) | null = null,
  ) {
    this.#key = new RegExp(`"${key}"\\s*:\\s*\\[`);
    this.#onHead = onHead;
    this.#onElement = onElement;
    this.#pass = pass;
  }

  /** False: this is not the document that was expected. */
  push(chunk: Buffer): boolean {
    const left = this.#text.length;
    if (left === 0) return this.#read(chunk);
    if (!this.#inArray || chunk.length <= JOINT) return this.#read(Buffer.concat([this.#text, chunk]));
    // Only what is left over is joined with what follows it, not the whole of the chunk.
    this.#read(Buffer.concat([this.#text, chunk.subarray(0, JOINT)]));
    const rest = this.#text.length;
    return rest > JOINT
      ? this.#read(Buffer.concat([this.#text, chunk.subarray(JOINT)]))
      : this.#read(chunk.subarray(JOINT - rest));
  }

  #read(text: Buffer): boolean {
    this.#text = text;
    if (!this.#inArray) {
      const found = this.#key.exec(this.#text.toString('latin1'));
      if (found === null) return this.#text.length < LARGEST;
      const begin = found.index + found[0].length;
      this.#onHead(`${this.#text.toString('utf8', 0, begin)}]}`);
      this.#inArray = true;
      this.#text = this.#text.subarray(begin);
    }
    this.#scan();
    return this.#text.length < LARGEST;
  }

  #scan(): void {
    const text = this.#text;
    const view = new DataView(text.buffer, text.byteOffset, text.byteLength);
    let begin = -1;
    // What was left over is an element from its brace on: it is scanned again from there.
    this.#depth = 0;
    this.#inString = false;
    this.#escaped = false;
    let consumed = 0;
    for (let at = 0; at < text.length && !this.complete; at += 1) {
      const byte = text[at] as number;
      if (this.#inString) this.#inside(byte);
      else if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN_BRACE) {
        const end = this.#depth === 0 && this.#pass !== null ? this.#pass(view, at) : -1;
        if (end !== -1) {
          consumed = end;
          at = end - 1;
          continue;
        }
        if (this.#depth === 0) begin = at;
        this.#depth += 1;
      } else if (byte === CLOSE_BRACE) {
        this.#depth -= 1;
        if (this.#depth > 0) continue;
        this.#onElement(text.toString('utf8', begin, at + 1));
        begin = -1;
        consumed = at + 1;
      } else if (byte === CLOSE_BRACKET && this.#depth === 0) this.complete = true;
    }
    this.#text = this.complete ? Buffer.alloc(0) : text.subarray(begin === -1 ? consumed : begin);
  }

  #inside(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
  }
}
