import { createLogUpdate } from 'log-update';
import colors from 'picocolors';
import { type Colors, createColors } from '../../report/paint.js';
import { hearStops } from '../../stop-signals.js';
import { type Terminal, hasColor, widthOf } from '../../terminal.js';
import { textWidth, wrap } from '../../report/text/table.js';
import { screenText, type TargetView } from './screen-text.js';
import type { Clock } from '../../model/time.js';
import { Keys, type KeyListener } from './keys.js';
import type { LiveSessions } from '../../probe/protocol.js';
import { sayDay, type Zone } from '../../analysis/words/when.js';
import { sayMark, sayNotice, saySession, type Notice } from './notice.js';
import type { WatchListener } from './watch.js';

const FRAME_MS = 100;

export interface WatchScreen extends WatchListener {
  /** A line among those about the targets; what is watched, above them: a log that was kept is to say it. */
  tell(text: string): void;
  done(): void;
}

export interface ScreenOptions {
  /** Of the longest target's name so far. */
  readonly width: () => number;
  readonly zone: Zone;
  /** Where the lines go: stdout, which is for results, or stderr where JSON is the result. */
  readonly lines: Terminal;
  /** Where the live view goes, if it is a terminal. */
  readonly view: Terminal;
  readonly hint: () => string;
  /** The words of a mark that is being typed; null: none is. */
  readonly typing: () => string | null;
  /** Every line that is told, without colours. */
  readonly told: (text: string) => void;
}

const paintNotice = (notice: Notice, text: string, paint: Colors): string => {
  switch (notice.kind) {
    case 'opened':
    case 'still-open':
    case 'refusing':
    case 'still-refusing':
      return paint.red(text);
    case 'closed':
    case 'silence':
    case 'random':
    case 'accepting':
    case 'slow':
    case 'blocked':
      return paint.yellow(text);
    case 'first-answer':
      return paint.green(text);
  }
};

/** Below the words of a line, right of its time. */
const INDENT = 14;

/** On the lines of a terminal, between words; whoever reads a file or a pipe has them whole. */
export const fitted = (text: string, { columns }: Pick<Terminal, 'columns'>): string =>
  columns === undefined || textWidth(text) <= columns
    ? text
    : wrap(text, columns, Math.min(INDENT, Math.floor(columns / 3)))
        .map((line) => line.trimEnd())
        .join('\n');

/** On a terminal a screen below the lines that scroll away; elsewhere the lines alone. */
export const watchScreen = (options: ScreenOptions): WatchScreen => {
  const { lines, view, width, zone, hint, typing, told } = options;
  const screen = view.live(createLogUpdate);
  const paint = createColors(hasColor(lines));
  let targets: readonly TargetView[] = [];
  let sessions: readonly LiveSessions[] = [];
  let day: string | null = null;
  const draw = (): void => {
    if (targets.length === 0) return;
    screen?.draw(
      screenText(targets, sessions, {
        columns: widthOf(view),
        rows: view.rows ?? 24,
        color: colors.isColorSupported,
        hint: hint(),
        typing: typing(),
      }),
    );
  };
  const timer = screen === null ? null : setInterval(draw, FRAME_MS);
  const write = (to: Terminal, text: string, painted: (text: string) => string = (plain) => plain): void => {
    told(text);
    screen?.clear();
    to.write(`${painted(fitted(text, to))}\n`);
    draw();
  };
  return {
    tell: (text) => write(lines, text),
    note: (text) => write(view, `note: ${text}`),
    notice: (notice) => {
      const today = notice.utc === null ? null : sayDay(notice.utc, zone);
      if (today !== null && day !== null && today !== day) write(lines, today);
      day = today ?? day;
      write(lines, sayNotice(notice, width(), zone), (text) => paintNotice(notice, text, paint));
    },
    mark: (text, utc) => write(lines, sayMark(text, utc, width(), zone), paint.cyan),
    session: (notice) =>
      write(lines, saySession(notice, width(), zone), notice.isGood ? paint.green : paint.red),
    views: (now, live) => {
      targets = now;
      sessions = live;
    },
    done: () => {
      if (timer !== null) clearInterval(timer);
      screen?.clear();
      screen?.done();
      targets = [];
    },
  };
};

/** How a person ends a watch. */
export interface Ending {
  /** Once: no more probes, a summary. */
  readonly signal: AbortSignal;
  /** Twice: at once. */
  readonly hurry: AbortSignal;
  /** As a person would. */
  readonly stop: () => void;
  /** Single keys are heard. */
  readonly hasKeys: boolean;
  /** The words of a mark that is being typed; null: none is. */
  typing(): string | null;
  release(): void;
}

interface EndingOptions extends Pick<KeyListener, 'mark'> {
  /** A terminal that is closed ends it, too. */
  readonly hearsHangUp: boolean;
}

/** Ends by a signal, at a terminal by `q`, and when nobody reads the output any more (`| head`). */
export const watchEnding = (
  { stdin: input, stdout, stderr }: Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr'>,
  clock: Clock,
  { mark, hearsHangUp }: EndingOptions,
): Ending => {
  const first = new AbortController();
  const second = new AbortController();
  const stop = (): void => (first.signal.aborted ? second : first).abort();
  const deaf = hearStops((name) => {
    if (hearsHangUp || name !== 'SIGHUP') stop();
  });
  // In raw mode a key comes without Enter, and Ctrl-C comes as a key.
  const typed = new Keys({ stop, mark });
  const onKey = (key: Buffer): void => typed.type(key, clock.monotonic());
  const keys = stderr.isTTY && input.isTTY;
  // For good: the summary finds no reader either.
  stdout.on('error', () => first.abort());
  if (keys) input.setRawMode(true).on('data', onKey);
  return {
    signal: first.signal,
    hurry: second.signal,
    stop,
    hasKeys: keys,
    typing: () => typed.typing,
    release: () => {
      deaf();
      if (!keys) return;
      input.off('data', onKey);
      try {
        input.setRawMode(false);
      } catch {
        // The terminal is gone.
      }
      input.pause();
    },
  };
};
