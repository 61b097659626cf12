import { StringDecoder } from 'node:string_decoder';
import type { Nanoseconds } from '../../model/time.js';

export interface KeyListener {
  /** It is to end. */
  readonly stop: () => void;
  /** `at`: when `m` was pressed. null: there is no history to mark. */
  readonly mark: ((text: string, at: Nanoseconds) => void) | null;
}

const CTRL_C = '\u0003';
const ESCAPE = '\u001b';
const ENTER = new Set(['\r', '\n']);
const BACK = new Set(['\u007f', '\b']);
/** Of a mark without a word. */
const BARE = 'mark';

const isPrinted = (character: string): boolean => character >= ' ' && character !== '\u007f';

/**
 * What is typed at a watch: `q` or Ctrl-C ends it; `m`, then words, then Enter set a mark at the instant of `m`. While
 * words are typed every key is a part of them but Enter, Backspace, and Escape or Ctrl-C, which take it back.
 */
export class Keys {
  readonly #listener: KeyListener;
  readonly #decoder = new StringDecoder('utf8');
  #mark: { readonly at: Nanoseconds; words: string } | null = null;

  constructor(listener: KeyListener) {
    this.#listener = listener;
  }

  /** The words so far of a mark that is being typed; null: none is. */
  get typing(): string | null {
    return this.#mark?.words ?? null;
  }

  /** What a terminal in raw mode hands over: a key, or what was pasted. */
  type(bytes: Buffer, at: Nanoseconds): void {
    const text = this.#decoder.write(bytes);
    // An arrow, a function key: none of ours.
    if (text.startsWith(ESCAPE) && text !== ESCAPE) return;
    for (const character of text) this.#key(character, at);
  }

  #key(character: string, at: Nanoseconds): void {
    const mark = this.#mark;
    if (mark === null) {
      if (this.#listener.mark !== null && ['m', 'M'].includes(character)) this.#mark = { at, words: '' };
      else if (['q', 'Q', CTRL_C].includes(character)) this.#listener.stop();
    } else if (ENTER.has(character)) {
      this.#mark = null;
      this.#listener.mark?.(mark.words.trim() || BARE, mark.at);
    } else if (character === ESCAPE || character === CTRL_C) this.#mark = null;
    else if (BACK.has(character)) mark.words = Array.from(mark.words).slice(0, -1).join('');
    else if (isPrinted(character)) mark.words += character;
  }
}
