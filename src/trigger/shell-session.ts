import type { ClientChannel } from 'ssh2';
import { toMs, type Clock, type Nanoseconds } from '../model/time.js';
import { promptPattern, questionPattern } from './dialogue.js';
import { answerIn, endOfEcho, isQuestion, lastLine, onScreen } from './screen.js';
import {
  MAX_OUTPUT_BYTES,
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
const PAGER = '-+\\s*\\(?more(?:[ \\d%]*)\\)?\\s*-+|<-+ more -+>|^lines \\d+-\\d+(?: \\(END\\))?|\\(END\\)';

/** Silence after which a prompt is one, although no echo told where the answer begins, … */
const PROMPT_MS = 100;
/** … and after which any other line without an end is what the device waits at. */
const QUIET_MS = 300;
/** As much of the end as a prompt or a question can take. */
const TAIL = 4096;

type Outcome = Pick<ExecResult, 'ended' | 'code'> & { readonly words?: string };

/** One interactive shell on a device. One line at a time is typed, and read until the prompt is back. */
export class ShellSession {
  readonly #channel: ClientChannel;
  readonly #clock: Clock;
  readonly #prompt: RegExp;
  readonly #pager: RegExp;
  #raw = '';
  /** Up to here a pager or a question was answered. */
  #answered = 0;
  #closed = false;
  #look: (() => void) | null = null;

  constructor(channel: ClientChannel, { prompt, pager = PAGER }: Manners, clock: Clock) {
    this.#channel = channel;
    this.#clock = clock;
    this.#prompt = promptPattern(prompt);
    this.#pager = new RegExp(`(?:${pager})[ \\t]*`, 'gim');
    const decoder = new TextDecoder();
    channel.on('data', (chunk: Buffer) => {
      if (this.#raw.length < MAX_OUTPUT_BYTES) this.#raw += decoder.decode(chunk, { stream: true });
      this.#look?.();
    });
    channel.stderr.resume();
    channel.once('close', () => {
      this.#closed = true;
      this.#look?.();
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Types a line and gives what the device answered; an empty line with `greet` only waits for the prompt. */
  async converse(
    dialogue: Dialogue,
    { timeout_ns, onStamp }: ExecOptions,
    greet = false,
  ): Promise<ExecResult> {
    const { send, answers } = dialogue;
    if (!greet) this.#raw = '';
    this.#answered = 0;
    if (this.#closed)
      return { stdout: '', stderr: '', code: null, signal: null, ended: 'closed', sent: false };
    onStamp?.('issued', this.#clock.monotonic(), send);
    if (!greet) this.#channel.write(`${send}\n`);
    const end = await this.#until(greet ? '' : send, answers, timeout_ns, () =>
      onStamp?.('accepted', this.#clock.monotonic(), 'the device took the line'),
    );
    onStamp?.('closed', this.#clock.monotonic(), end.words ?? end.ended);
    return {
      stdout: answerIn(onScreen(this.#raw), send, this.#pager),
      stderr: '',
      signal: null,
      sent: true,
      ...end,
    };
  }

  #until(
    send: string,
    answers: readonly Answering[],
    timeout_ns: Nanoseconds,
    taken: () => void,
  ): Promise<Outcome> {
    const left = [...answers];
    let accepted = false;
    return new Promise((resolve) => {
      const finish = (outcome: Outcome): void => {
        clearTimeout(timer);
        clearTimeout(quiet);
        this.#look = null;
        resolve(outcome);
      };
      const waitsAt = (): string => lastLine(onScreen(this.#raw.slice(-TAIL)));
      const timer = setTimeout(() => {
        const at = waitsAt();
        finish({
          ended: 'timeout',
          code: null,
          words: `timed out${at === '' ? '' : ` at ${JSON.stringify(at)}`}`,
        });
      }, toMs(timeout_ns));
      let quiet: NodeJS.Timeout | undefined;
      const onPause = (): void => {
        if (this.#prompt.test(waitsAt())) return finish({ ended: 'exited', code: 0 });
        quiet = setTimeout(onQuiet, QUIET_MS - PROMPT_MS);
      };
      const onQuiet = (): void => {
        const at = waitsAt();
        if (this.#raw.length > this.#answered && isQuestion(at))
          finish({
            ended: 'exited',
            code: null,
            words: `the device asks, and nothing answers: ${JSON.stringify(at)}`,
          });
      };
      this.#look = () => {
        clearTimeout(quiet);
        if (!accepted && this.#raw !== '') {
          accepted = true;
          taken();
        }
        if (this.#reply(left)) return;
        const screen = onScreen(this.#raw);
        const echo = endOfEcho(screen, send);
        const echoed = send !== '' && echo !== -1 && screen.indexOf('\n', echo) !== -1;
        if (echoed && this.#prompt.test(lastLine(screen))) return finish({ ended: 'exited', code: 0 });
        if (this.#closed) return finish({ ended: 'closed', code: null });
        quiet = setTimeout(onPause, PROMPT_MS);
      };
      this.#look();
    });
  }

  /** Answers the pager or one of the questions, each of which is expected once. */
  #reply(left: Answering[]): boolean {
    const since = onScreen(this.#raw.slice(Math.max(this.#answered, this.#raw.length - TAIL)));
    const index = left.findIndex(({ to }) => questionPattern(to).test(since));
    const [answer] = index === -1 ? [] : left.splice(index, 1);
    const paged = answer === undefined && lastLine(since).replaceAll(this.#pager, '') !== lastLine(since);
    if (answer === undefined && !paged) return false;
    this.#answered = this.#raw.length;
    this.#channel.write(answer === undefined ? ' ' : `${answer.say}${answer.enter ? '\n' : ''}`);
    return true;
  }
}
