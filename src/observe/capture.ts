import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { debug } from '../debug.js';
import { fileErrorWords, hasCode, messageOf } from '../model/error.js';
import { brief } from '../model/outside.js';
import { redact } from '../model/secret.js';
import { quoteWord } from '../trigger/transport/quote.js';
import { signalGroup } from '../process-group.js';

/** Headers, and a DHCP message up to what it is. */
const SNAP_LENGTH = 320;
/** Octets of one trial. */
const MOST = 100 << 20;
/** tcpdump says that it listens within so long, or is not waited for any more. */
const BEGIN_MS = 5000;
/** It has handed over what it has within so long after its end was asked for, or is killed. */
const END_MS = 2000;
const LAST_WORDS = 2000;

export interface CaptureOptions {
  readonly prefix: readonly string[];
  readonly interface: string;
  readonly filter: string;
  /** Made when the first packet comes; there is none yet. */
  readonly path: string;
  /** What a reader of the capture should know. */
  readonly note: (text: string) => void;
  /** Octets that are kept at most. */
  readonly most?: number;
}

/**
 * For any POSIX shell: it ends with its input, and tcpdump with it, whatever is between (ssh, kubectl, a killed runner). Its own
 * hold on the output is let go, so that the end of tcpdump is seen too.
 */
const scriptOf = ({ interface: name, filter }: Pick<CaptureOptions, 'interface' | 'filter'>): string =>
  `tcpdump -n -U --immediate-mode -s ${SNAP_LENGTH} -i ${quoteWord(name)} -w - ${quoteWord(filter)} </dev/null &
tcpdump=$!
exec >/dev/null 2>&1
while read -r _; do :; done
kill $tcpdump
wait $tcpdump
`;

/** tcpdump behind a vantage's prefix, for one trial. Whatever becomes of it is a note: nothing of it rejects, or delays a trial. */
export class Capture {
  /** It listens, has failed, or is not waited for any more. */
  readonly begun: Promise<void>;
  /** All that it will ever be is in its file. */
  readonly ended: Promise<void>;
  readonly #options: CaptureOptions;
  readonly #child: ChildProcess;
  #stopped = false;
  #full = false;
  #begin: () => void = () => undefined;
  #giveUp: () => void = () => undefined;
  readonly #gone: Promise<void>;
  #said = '';
  #size = 0;
  #late: NodeJS.Timeout | null = null;

  constructor(options: CaptureOptions) {
    this.#options = options;
    const [command = 'sh', ...args] = options.prefix.concat('sh');
    debug(() => `capture > ${redact([command, ...args].join(' '))}: ${scriptOf(options)}`);
    // A group of its own: a Ctrl-C on the terminal is for the runner.
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.#child = child;
    this.begun = new Promise((resolve) => {
      const timer = setTimeout(() => {
        options.note(`tcpdump does not listen after ${BEGIN_MS / 1000} s${this.#words()}`);
        resolve();
      }, BEGIN_MS);
      this.#begin = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    child.on('error', (error) => (this.#said += `cannot run ${command}: ${error.message}`));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-LAST_WORDS);
      if (/listening on/.test(this.#said)) this.#begin();
    });
    // That it is gone is told by the end of its output.
    child.stdin.on('error', () => undefined);
    child.stdin.write(scriptOf(options));
    this.#gone = new Promise((resolve) => {
      this.#giveUp = resolve;
      child.once('close', resolve);
      child.once('error', resolve);
    });
    this.ended = this.#record(child.stdout);
  }

  /** At once; what is on its way is still written. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#child.stdin?.end();
    this.#late = setTimeout(() => this.#kill(), END_MS);
  }

  async #record(output: Readable): Promise<void> {
    const { note } = this.#options;
    try {
      await this.#write(output);
    } catch (error) {
      // An output that was cut off by a kill is no failure.
      if (!this.#stopped) note(`the capture ended: ${fileErrorWords(error) ?? messageOf(error)}`);
      this.stop();
      output.destroy();
    }
    const isOwnEnd = !this.#stopped;
    this.stop();
    await this.#gone;
    if (this.#late !== null) clearTimeout(this.#late);
    this.#begin();
    if (isOwnEnd)
      note(this.#size === 0 ? `nothing was captured${this.#words()}` : `tcpdump ended early${this.#words()}`);
    const dropped = Number(/(\d+) packets? dropped by kernel/.exec(this.#said)?.[1] ?? 0);
    if (dropped > 0)
      note(
        `${dropped} packets were dropped by the kernel: what is missing in the capture may have been there`,
      );
  }

  async #write(output: Readable): Promise<void> {
    const { path, note, most = MOST } = this.#options;
    const chunks = output[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    let next = await chunks.next();
    if (next.done === true) return;
    this.#begin();
    // Not `recursive`: where a folder cannot be, Node goes round for ever.
    await mkdir(dirname(path)).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
    // What passes is nobody's business but the run's owner's.
    const file = await open(path, 'wx', 0o600);
    try {
      for (; next.done !== true; next = await chunks.next()) {
        if (this.#full) continue;
        this.#size += next.value.length;
        await file.writeFile(next.value);
        if (this.#size < most) continue;
        this.#full = true;
        note(`the capture ends at ${Math.round(this.#size / (1 << 20))} MB: later packets are not in it`);
        this.stop();
      }
    } finally {
      await file.close();
    }
  }

  /** What was said beside the usual. */
  #words(): string {
    if (/tcpdump: (?:command )?not found/.test(this.#said)) return ': there is no tcpdump there; install it';
    const said = this.#said
      .split('\n')
      .filter(
        (line) => !/listening on|^tcpdump: data link type|packets? (?:captured|received|dropped)/.test(line),
      );
    const words = brief(said.join(' '), 200);
    return words === '' ? '' : `: ${words}`;
  }

  #kill(): void {
    // What the shell began goes with it.
    signalGroup(this.#child, 'SIGKILL');
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#giveUp();
  }
}
