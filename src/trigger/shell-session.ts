import type { ClientChannel } from 'ssh2';
import { toMs, type Clock, type Nanoseconds } from '../model/time.js';
import { whenAborted } from '../deadline.js';
import { promptPattern, questionPattern } from './dialogue.js';
import { inTime } from './in-time.js';
import { answerIn, echoRoom, endOfEcho, isQuestion, lastLine, onScreen } from './screen.js';
import {
  MAX_OUTPUT_BYTES,
  TOO_LONG,
  type Answering,
  type Dialogue,
  type ExecOptions,
  type ExecResult,
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
