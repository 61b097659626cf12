import { createInterface, type Interface } from 'node:readline/promises';
import type { createLogUpdate } from 'log-update';
import { plainDocument, plainLines, plainText } from './model/outside.js';
import { painted } from './report/paint.js';
import { beforeEnd } from './stop-signals.js';

/*
 * The one way out to a terminal, a pipe or the log of a CI job: nothing else of the program writes to stdout or stderr
 * (a lint rule holds that). Whatever passes here, no secret, no control character and no order to a CI comes through.
 */

/** A picture that is drawn over the one before. */
export interface LivePicture {
  draw(text: string): void;
  /** Takes the picture away; lines may be written then. */
  clear(): void;
  /** Whatever is drawn, cleared and written meanwhile is seen at once: never a moment without what stays. */
  atOnce(change: () => void): void;
  /** Enter was pressed: the terminal has echoed it, and stands a line below the picture. */
  entered(): void;
  /** Leaves the terminal to whoever comes next. */
  done(): void;
}

export interface Terminal {
  readonly isTTY: boolean;
  /** undefined: no terminal. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  /** Text for people, coloured by `createColors` of src/report/paint.ts alone. */
  readonly write: (text: string) => void;
  /**
   * A document for programs (JSON, CSV, OpenMetrics), whose words were redacted one by one where it was made: a secret that
   * looks like a figure or a key must not tear it apart.
   */
  readonly writeDocument: (text: string) => void;
  /** Our own orders to a CI: their lines begin as it wants them to. */
  readonly writeCommands: (text: string) => void;
  /** @param create of log-update, whose loading small commands do not wait for. @returns null: this is no terminal. */
  live(create: typeof createLogUpdate): LivePicture | null;
}

const LINE_UP = '\u001b[1A';
/** Between these a terminal that knows them (DEC private mode 2026) shows nothing new; others pass over them. */
const [UPDATE_BEGINS, UPDATE_ENDS] = ['\u001b[?2026h', '\u001b[?2026l'];

/** A terminal whose writes can be held back, to go out as one update. */
class Held {
  readonly stream: NodeJS.WriteStream;
  readonly #to: NodeJS.WriteStream;
  #parts: string[] | null = null;

  constructor(to: NodeJS.WriteStream) {
    this.#to = to;
    this.stream = Object.create(to, {
      write: { value: (text: string) => this.write(text) },
    }) as NodeJS.WriteStream;
  }

  write(text: string): boolean {
    return this.#parts === null ? this.#to.write(text) : this.#parts.push(text) > 0;
  }

  atOnce(change: () => void): void {
    const parts: string[] = [];
    this.#parts = parts;
    try {
      change();
    } finally {
      this.#parts = null;
      const text = parts.join('').replaceAll(UPDATE_BEGINS, '').replaceAll(UPDATE_ENDS, '');
      if (text !== '') this.#to.write(`${UPDATE_BEGINS}${text}${UPDATE_ENDS}`);
    }
  }
}

/** As it may be shown. */
const shown = (text: string): string => painted(text, plainLines);

export const terminalOn = (stream: NodeJS.WriteStream): Terminal => {
  const held = new Held(stream);
  return {
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns;
    },
    get rows() {
      return stream.rows;
    },
    write: (text) => void held.write(shown(text)),
    writeDocument: (text) => void stream.write(plainDocument(text)),
    writeCommands: (text) => void stream.write(plainText(text)),
    live: (create) => {
      if (!stream.isTTY) return null;
      const log = create(held.stream);
      // It hides the cursor.
      const release = beforeEnd(() => log.done());
      return {
        draw: (text) => log(shown(text)),
        clear: () => log.clear(),
        atOnce: (change) => held.atOnce(change),
        entered: () => void stream.write(LINE_UP),
        done: () => {
          release();
          log.done();
        },
      };
    },
  };
};

/** For results. */
export const stdout = terminalOn(process.stdout);
/** For people: progress, questions, errors. */
export const stderr = terminalOn(process.stderr);

/** Questions to a person, on stderr. */
export interface Questions extends Pick<Interface, 'once' | 'close'> {
  question(text: string): Promise<string>;
}

export const openQuestions = (): Questions => {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return {
    question: (text) => lines.question(shown(text)),
    once: (...event) => lines.once(...event),
    close: () => lines.close(),
  };
};

/** After another process that drew a live picture there, and cannot take it away any more. */
export const showCursor = (): void => {
  if (process.stderr.isTTY) process.stderr.write('\u001B[?25h\n');
};

/** A reader that went away (`| head`) or a terminal that was closed is no bug, and nobody is left to tell. */
export const expectLostReaders = (): void => {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
};

/** Once everything written has reached its reader. */
export const whenWritten = (then: () => void): void =>
  void process.stdout.write('', () => process.stderr.write('', then));
