import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline/promises';
import type { createLogUpdate } from 'log-update';
import colors from 'picocolors';
import { isDebugging } from './debug.js';
import { EXIT, KnownError, usage } from './model/error.js';
import { plainDocument, plainLines, plainText } from './model/outside.js';
import { PACKAGE } from './package-folder.js';
import { painted } from './report/paint.js';
import { beforeEnd, endBy, hearStops, type StopSignal } from './stop-signals.js';

/*
 * The one way out to a terminal, a pipe or the log of a CI job: nothing else of the program writes to stdout or stderr
 * (a lint rule holds that). Whatever passes here, no secret, no control character and no order to a CI comes through.
 */

/** A screen that is drawn over the one before. */
export interface LiveScreen {
  draw(text: string): void;
  /** Takes the screen away; lines may be written then. */
  clear(): void;
  /** Whatever is drawn, cleared and written meanwhile is seen at once: never a moment without what stays. */
  atOnce(change: () => void): void;
  /** Enter was pressed: the terminal has echoed it, and stands a line below the screen. */
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
  /** The same for a part of a long one. Wait for it before the next: that bounds the memory. @returns is anybody reading? */
  readonly writePart: (text: string) => Promise<boolean>;
  /** Our own orders to a CI: their lines begin as it wants them to. */
  readonly writeCommands: (text: string) => void;
  /** @param create of log-update, whose loading small commands do not wait for. @returns null: this is no terminal. */
  live(create: typeof createLogUpdate): LiveScreen | null;
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
    writePart: (text) =>
      new Promise((resolve) => stream.write(plainDocument(text), (error) => resolve(error == null))),
    writeCommands: (text) => void stream.write(plainText(text)),
    live: (create) => {
      // Between the lines of --debug no screen stands.
      if (!stream.isTTY || isDebugging()) return null;
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

/** After another process that drew a live screen there, and cannot take it away any more. */
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

/** A line of progress: for people, so it goes to stderr. */
export const say = (text: string): void => stderr.write(`${text}\n`);

export interface Dialogue {
  /** Throws KnownError when the person leaves: Ctrl-C, Ctrl-D. */
  question(text: string): Promise<string>;
  say(text: string): void;
  close(): void;
}

/** Asks on stderr, one question after the other, on one terminal. */
export const openDialogue = (): Dialogue => {
  const lines = openQuestions();
  const gone = new Promise<never>((_resolve, reject) => {
    const leave = (): void =>
      reject(new KnownError('left: nothing was written', { exitCode: EXIT.inconclusive }));
    lines.once('SIGINT', leave);
    lines.once('close', leave);
  });
  gone.catch(() => undefined);
  return {
    question: async (text) => (await Promise.race([lines.question(text), gone])).trim(),
    say,
    close: () => lines.close(),
  };
};

/** Asks on stderr. Only a yes is a yes: Ctrl-C and Ctrl-D at the question mean no. */
export const askYes = async (question: string): Promise<boolean> => {
  const ask = openQuestions();
  try {
    const answer = await ask.question(`${question} [y/N] `).catch(() => 'n');
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    ask.close();
  }
};

/**
 * May colours be printed there? A pipe's `isTTY` is undefined, which picocolors would take for "decide yourself", and
 * it says yes under CI.
 */
export const hasColor = (stream: { readonly isTTY?: boolean | undefined }): boolean =>
  colors.isColorSupported && stream.isTTY === true;

/** A whole number from 1 on. Throws KnownError. */
export const requireCount = (option: string, value: number): number => {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw usage(`${option} must be a whole number from 1 on`, `for example ${option} 10`);
};

/** What `-` on the command line stands for. */
export const STDIN_FILE = '/dev/stdin';

/**
 * What a stop finds, and so what it means:
 *
 * - `idle`      nothing is touched and nothing is open: the process ends
 * - `delegated` a program inside a lab hears it too, and says what it does
 * - `untouched` the pair is as it was before the run: what was measured is kept; again: the process ends
 * - `touched`   the pair was changed, or may have been: it is restored first, however often it is asked
 * - `reporting` the pair is done with: the reports are made; again: the process ends
 */
export type StopPhase = 'idle' | 'delegated' | 'untouched' | 'touched' | 'reporting';

const WORDS: Readonly<Record<Exclude<StopPhase, 'delegated'>, readonly [first: string, again: string]>> = {
  idle: ['stopped: nothing was touched', ''],
  untouched: [
    'stopping: nothing is to be put back, what was measured is kept (again: at once)',
    'stopped: nothing was to be put back',
  ],
  touched: [
    'stopping: the pair is being restored, what was measured is kept (once is enough)',
    'still restoring the pair; results are kept',
  ],
  reporting: [
    'stopping: only the reports of what was measured are still made (again: at once)',
    'stopped: the reports are not complete; "seqgap report" makes them again',
  ],
};

export interface Stop {
  readonly signal: AbortSignal;
  phase: StopPhase;
  /** Where it is said that the run is being stopped. */
  say: (text: string) => void;
  release(): void;
}

/**
 * Ctrl-C and a polite kill. Where a pair may have been touched they end the run in order: probing stops, the pair is
 * restored, results are written, and no further scenario is begun.
 */
export const onStop = (): Stop => {
  const controller = new AbortController();
  const hear = (name: StopSignal): void => {
    const { phase } = stop;
    const again = controller.signal.aborted;
    const atOnce = phase === 'idle' || (again && (phase === 'untouched' || phase === 'reporting'));
    if (phase !== 'delegated') stop.say(WORDS[phase][again && phase !== 'idle' ? 1 : 0]);
    if (atOnce) endBy(name);
    controller.abort();
  };
  const stop: Stop = { signal: controller.signal, phase: 'idle', say, release: hearStops(hear) };
  return stop;
};

/** The tool's own version, from package.json. */
export const toolVersion = (): string => {
  const text = readFileSync(join(PACKAGE, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
};

/** Longer lines are hard to read, however wide the terminal is. */
const WIDEST = 100;

/** Columns for text on this stream: those of the terminal, and the widest where there is none. */
export const widthOf = ({ columns }: { readonly columns?: number | undefined }): number =>
  Math.min(WIDEST, columns ?? WIDEST);
