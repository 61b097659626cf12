import type { ClientChannel } from 'ssh2';
import { whenAborted } from '../../deadline.js';
import { toMs, type Clock, type Nanoseconds } from '../../model/time.js';
import { inTime } from '../ask/in-time.js';
import {
  MAX_OUTPUT_BYTES,
  TOO_LONG,
  type Answering,
  type Dialogue,
  type ExecOptions,
  type ExecResult,
  type Command,
} from './transport.js';

/** How a device's prompt is told, and its pager. */
export interface Manners {
  readonly prompt: string;
  readonly pager?: string | undefined;
}

/** Enough of them: `--More--`, `<--- More --->` (ASA), `---(more 52%)---` (Junos), `lines 1-23` (less). */
const PAGER =
  '(?<!-)-+\\s*\\(?more[ \\t\\d%]*(?:\\)\\s*)?-+|<-+ more -+>|^lines \\d+-\\d+(?: \\(END\\))?|\\(END\\)';

/** Silence after which a prompt is one, although no echo told where the answer begins, … */
const PROMPT_MS = 100;
/** … and after which any other line without an end is what the device waits at. */
const QUIET_MS = 300;
/** As much of the end as a prompt or a question can take. */
const TAIL = 4096;
/** The same with whatever a device hides in it: looked at in a pause, not at every packet. */
const LONG_TAIL = 1 << 16;

type Outcome = Pick<ExecResult, 'ended' | 'code'> & { readonly words?: string };

/** One interactive shell on a device. One line at a time is typed, and read until the prompt is back. */
export class ShellSession {
  readonly #channel: ClientChannel;
  readonly #clock: Clock;
  readonly #prompt: RegExp;
  readonly #pager: RegExp;
  readonly #said = new Said();
  /** Up to here a pager or a question was answered. */
  #answered = 0;
  #closed = false;
  #came: (() => void) | null = null;

  constructor(channel: ClientChannel, { prompt, pager = PAGER }: Manners, clock: Clock) {
    this.#channel = channel;
    this.#clock = clock;
    this.#prompt = promptPattern(prompt);
    this.#pager = new RegExp(`(?:${pager})[ \\t]*`, 'gim');
    const decoder = new TextDecoder();
    channel.on('data', (chunk: Buffer) => {
      this.#said.add(decoder.decode(chunk, { stream: true }));
      this.#came?.();
    });
    channel.stderr.resume();
    channel.once('close', () => {
      this.#closed = true;
      this.#came?.();
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Types a line and gives what the device answered; an empty line with `greet` only waits for the prompt. A line that
   * was given up, or whose answer has no end, ends like a timeout: the session is of no use any more.
   */
  async converse(
    dialogue: Dialogue,
    { timeout_ns, onStamp, signal, uncut = false }: ExecOptions,
    greet = false,
  ): Promise<ExecResult> {
    const { send, answers } = dialogue;
    if (!greet) this.#said.forget();
    this.#answered = 0;
    if (this.#closed)
      return { stdout: '', stderr: '', code: null, signal: null, ended: 'closed', sent: false };
    onStamp?.('issued', this.#clock.monotonic(), send);
    if (!greet) this.#channel.write(`${send}\n`);
    const heard = uncut ? undefined : signal;
    const end = await this.#until(greet ? '' : send, answers, { timeout_ns, heard }, () =>
      onStamp?.('accepted', this.#clock.monotonic(), 'the device took the line'),
    );
    onStamp?.('closed', this.#clock.monotonic(), end.words ?? end.ended);
    const screen = onScreen(this.#said.whole());
    const stdout = inTime(screen, () => answerIn(screen, send, this.#pager));
    const unread: Partial<Outcome> =
      stdout === null ? { code: null, words: 'the pattern of the pager takes too long' } : {};
    return { stdout: stdout ?? '', stderr: '', signal: null, sent: true, ...end, ...unread };
  }

  #until(
    send: string,
    answers: readonly Answering[],
    { timeout_ns, heard }: { readonly timeout_ns: Nanoseconds; readonly heard: AbortSignal | undefined },
    taken: () => void,
  ): Promise<Outcome> {
    const left = [...answers];
    let accepted = false;
    let echoed = false;
    return new Promise((resolve) => {
      let forget = (): void => undefined;
      let quiet: NodeJS.Timeout | undefined;
      let looking: NodeJS.Immediate | undefined;
      const finish = (outcome: Outcome): void => {
        clearTimeout(timer);
        clearTimeout(quiet);
        clearImmediate(looking);
        forget();
        this.#came = null;
        resolve(outcome);
      };
      const giveUp = (words: string): void => finish({ ended: 'timeout', code: null, words });
      const waitsAt = (room = LONG_TAIL): string => lastLine(onScreen(this.#said.end(room)));
      const atPrompt = (line: string): boolean => inTime(line, () => this.#prompt.test(line)) ?? false;
      const timer = setTimeout(() => {
        const at = shown(waitsAt());
        giveUp(`timed out${at === '' ? '' : ` at ${at}`}`);
      }, toMs(timeout_ns));
      const onPause = (): void => {
        if (atPrompt(waitsAt())) return finish({ ended: 'exited', code: 0 });
        quiet = setTimeout(onQuiet, QUIET_MS - PROMPT_MS);
      };
      const onQuiet = (): void => {
        const at = waitsAt(TAIL);
        if (this.#said.length > this.#answered && isQuestion(at))
          finish({
            ended: 'exited',
            code: null,
            words: `the device asks, and nothing answers: ${shown(at)}`,
          });
      };
      const look = (): void => {
        looking = undefined;
        if (this.#reply(left)) return;
        echoed ||= send !== '' && this.#echoed(send);
        if (echoed && atPrompt(waitsAt(TAIL))) return finish({ ended: 'exited', code: 0 });
        if (this.#closed) return finish({ ended: 'closed', code: null });
        quiet = setTimeout(onPause, PROMPT_MS);
      };
      this.#came = () => {
        clearTimeout(quiet);
        if (!accepted && this.#said.length > 0) {
          accepted = true;
          taken();
        }
        if (this.#said.tooLong) return giveUp(TOO_LONG);
        // Once for all that came together: a device that sends single octets must not make this host busy.
        looking ??= setImmediate(look);
      };
      forget = whenAborted(heard, () => giveUp('given up'));
      if (this.#came !== null) this.#came();
    });
  }

  #echoed(send: string): boolean {
    const screen = onScreen(this.#said.beginning(2 * echoRoom(send)));
    const echo = endOfEcho(screen, send);
    return echo !== -1 && screen.indexOf('\n', echo) !== -1;
  }

  /** Answers the pager or one of the questions, each of which is expected once. */
  #reply(left: Answering[]): boolean {
    const since = onScreen(this.#said.end(Math.min(TAIL, this.#said.length - this.#answered)));
    const line = lastLine(since);
    const asked = inTime(since, () => ({
      index: left.findIndex(({ to }) => questionPattern(to).test(since)),
      paged: line.replaceAll(this.#pager, '') !== line,
    }));
    const [answer] = asked === null || asked.index === -1 ? [] : left.splice(asked.index, 1);
    const paged = answer === undefined && asked?.paged === true;
    if (answer === undefined && !paged) return false;
    this.#answered = this.#said.length;
    this.#channel.write(answer === undefined ? ' ' : `${answer.say}${answer.enter ? '\n' : ''}`);
    return true;
  }
}

/** A line of a device that is quoted in a word of ours: cut, since it may have no end. */
const shown = (line: string): string => (line === '' ? '' : JSON.stringify(line.slice(-200)));

/** What the device has said since a line was typed, up to MAX_OUTPUT_BYTES. Beginning and end cost what is asked for. */
class Said {
  #parts: string[] = [];
  length = 0;

  add(text: string): void {
    if (text === '' || this.tooLong) return;
    const last = this.#parts.length - 1;
    // Parts of a size: single octets must not become as many strings.
    if (last >= 0 && (this.#parts[last] as string).length < TAIL) this.#parts[last] += text;
    else this.#parts.push(text);
    this.length += text.length;
  }

  get tooLong(): boolean {
    return this.length > MAX_OUTPUT_BYTES;
  }

  forget(): void {
    this.#parts = [];
    this.length = 0;
  }

  whole(): string {
    return this.#parts.join('');
  }

  beginning(room: number): string {
    let text = '';
    for (const part of this.#parts) {
      text += part;
      if (text.length >= room) break;
    }
    return text.slice(0, room);
  }

  end(room: number): string {
    if (room <= 0) return '';
    const taken: string[] = [];
    let length = 0;
    for (let index = this.#parts.length - 1; index >= 0 && length < room; index--) {
      const part = this.#parts[index] as string;
      taken.unshift(part);
      length += part.length;
    }
    return taken.join('').slice(-room);
  }
}

export const isDialogue = (command: Command): command is Dialogue =>
  typeof command === 'object' && 'send' in command;

/** For the last line on the screen, as a whole. */
export const promptPattern = (prompt: string): RegExp => new RegExp(`^(?:${prompt})\\s*$`);

/** For the end of what the device has written. */
export const questionPattern = (to: string): RegExp => new RegExp(`(?:${to})\\s*$`);

/*
 * What a device's terminal shows, from the bytes that it sends: control sequences, the echo of what was typed, and
 * which line is the last.
 */

const BELL = '\u0007';

// ECMA-48 §5.4 (CSI), §8.3.89 (OSC), and the short escapes of a VT100.
const ESCAPES =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[()#][A-Za-z0-9]|[=>78cDEHMNOZ])/g;

/*
 * Everything here goes over a text once, however it is made: a device may send a megabyte of carriage returns.
 */

/** A carriage return alone goes back to the beginning of the line, and what follows covers what is there. */
const overlaid = (line: string): string => {
  if (!line.includes('\r')) return line;
  let shown = '';
  // From the last on: of each earlier one only the end can still be seen.
  for (const part of line.split('\r').reverse())
    if (part.length > shown.length) shown += part.slice(shown.length);
  return shown;
};

/** One letter less, be it of two code units. */
const shorter = (text: string): string =>
  text.slice(0, /[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(-2)) ? -2 : -1);

const withoutBackspaces = (text: string): string => {
  const kept: string[] = [];
  for (const [index, part] of text.split('\b').entries()) {
    const last = index === 0 ? '' : (kept.pop() ?? '');
    const rest = last.endsWith('\n') ? last : shorter(last);
    if (rest !== '') kept.push(rest);
    if (part !== '') kept.push(part);
  }
  return kept.join('');
};

/** The text as it would stand on the screen, with line ends as `\n`. */
export const onScreen = (raw: string): string => {
  const text = raw.replaceAll(ESCAPES, '').replaceAll('\0', '').replaceAll(BELL, '');
  const erased = text.includes('\b') ? withoutBackspaces(text) : text;
  // Some devices end a line by CR CR LF: those cover nothing.
  return erased
    .split('\n')
    .map((line) => overlaid(line).trimEnd())
    .join('\n');
};

export const lastLine = (screen: string): string => screen.slice(screen.lastIndexOf('\n') + 1);

/** What a device may write before it has shown a typed line whole, and in it: log messages, wrapped lines. */
const ECHO_ROOM = 4096;

/** So much of the beginning of an answer is looked at for the echo. */
export const echoRoom = (typed: string): number => ECHO_ROOM + 2 * typed.length;

/**
 * Where the echo of a typed line ends; -1 if it has not been seen whole (within `echoRoom`). Blanks do not count, since
 * a device wraps a long line where it likes.
 */
export const endOfEcho = (screen: string, typed: string): number => {
  const wanted = typed.replaceAll(/\s/g, '');
  if (wanted === '') return 0;
  const places: number[] = [];
  let dense = '';
  for (const { 0: letter, index } of screen.slice(0, echoRoom(typed)).matchAll(/\S/g)) {
    places.push(index);
    dense += letter;
  }
  const found = dense.indexOf(wanted);
  return found === -1 ? -1 : (places[found + wanted.length - 1] ?? 0) + 1;
};

/** What a device answered: between the echo of the command and the last prompt, without what the pager wrote. */
export const answerIn = (screen: string, typed: string, pager: RegExp): string => {
  const echo = endOfEcho(screen, typed);
  const rest = screen.slice(Math.max(0, echo));
  const from = echo === -1 ? 0 : rest.indexOf('\n') + 1;
  const to = rest.lastIndexOf('\n') + 1;
  return rest.slice(from, Math.max(from, to)).replaceAll(pager, '');
};

/** Whatever waits for a person: a yes or no, or a password. Looked for at the end of the last line. */
const QUESTION =
  /(?:[([](?:y|yes)\s*(?:[/|,]|or)\s*(?:n|no)[)\]](?:\s*[([]\w*[)\]])?\s*[:?]?|(?:password|passphrase|passcode)[^:\n]*:|\?(?:\s*\[[^\]\n]*\])?:?|press [^\n]*(?:key|enter|return)[^\n]*)\s*$/i;

export const isQuestion = (line: string): boolean => QUESTION.test(line);
