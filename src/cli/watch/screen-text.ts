import { type Colors, createColors } from '../../report/paint.js';
import { sayCount, sayMs, sayNumberOf, saySeconds } from '../../analysis/words/format.js';
import { textWidth, truncate } from '../../report/text/table.js';
import type { LiveSessions } from '../../probe/protocol.js';
import { NS_PER_S } from '../../model/time.js';

/** One target at this moment. Instants count from the start of the watch. */
export interface TargetView {
  readonly name: string;
  /**
   * `refused`: it answers with an RST, so the path is up. `blocked`: this host does not let the probes out. `silent`: a log
   * that is followed has no new lines, so nothing is known.
   */
  readonly state: 'waiting' | 'up' | 'refused' | 'down' | 'blocked' | 'silent';
  readonly cause: string | null;
  /** Since when it has been up or down; null while nothing is known. */
  readonly since_ns: number | null;
  readonly now_ns: number;
  readonly sent: number;
  readonly lost: number;
  readonly late: number;
  readonly rtt_ms: number | null;
  readonly rtt_median_ms: number | null;
  /** With the one that is open. */
  readonly gaps: number;
  /** Of those that have an end. */
  readonly worst_s: number | null;
  /** The last seconds, a cell each. */
  readonly strip: (cells: number) => string;
}

export interface ScreenOptions {
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
  /** The last line: how to end it. */
  readonly hint: string;
  /** The words of a mark that is being typed; null: none is. */
  readonly typing: string | null;
}

const MOST_CELLS = 60;
/** Beside the strip: `  12 gaps, worst 3.42 s`. */
const BESIDE_STRIP = 34;
const LONGEST_NAME = 32;
/** With the median of the delay, `1,234 lost, 567 late` and what is around them. */
const BESIDE_NAME = 86;
const LEGEND = '▂ delay  ✗ lost  ! late  · not sent';

const clock = (ns: number): string => {
  const seconds = Math.max(0, ns) / NS_PER_S;
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  return whole < 3600
    ? `${Math.floor(whole / 60)}:${two(whole % 60)} min`
    : `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)} h`;
};

const sayState = (target: TargetView): string => {
  const since = target.since_ns === null ? '' : ` ${clock(target.now_ns - target.since_ns)}`;
  switch (target.state) {
    case 'waiting':
      return '· waiting';
    case 'up':
      return `✓ up${since}`;
    case 'refused':
      return `✓ refuses${since}`;
    case 'down':
      return `✗ DOWN${since}`;
    case 'blocked':
      return `? not sent ${target.cause ?? ''}`.trimEnd();
    case 'silent':
      return `? no line${since}`;
  }
};

const paintState = (colors: Colors, { state }: TargetView, text: string): string => {
  switch (state) {
    case 'waiting':
      return colors.dim(text);
    case 'up':
    case 'refused':
      return colors.green(text);
    case 'down':
      return colors.bold(colors.red(text));
    case 'blocked':
    case 'silent':
      return colors.yellow(text);
  }
};

const sayRtt = ({ rtt_ms, rtt_median_ms }: TargetView, isNarrow: boolean): string => {
  if (rtt_ms === null) return '';
  const rtt = `RTT ${sayMs(rtt_ms)}`;
  return isNarrow ? rtt : `${rtt}, median ${rtt_median_ms === null ? '–' : sayMs(rtt_median_ms)}`;
};

const sayGaps = ({ gaps, worst_s }: TargetView): string =>
  gaps === 0
    ? 'no gap'
    : `${sayNumberOf(gaps, 'gap')}${worst_s === null ? '' : `, worst ${saySeconds(worst_s)}`}`;

/** Cut before it is painted: colours have no width. */
const painted = (
  parts: readonly { readonly text: string; readonly paint: (text: string) => string }[],
  columns: number,
): string => {
  let room = columns;
  let line = '';
  for (const { text, paint } of parts) {
    if (room <= 0) break;
    const cut = truncate(text, room);
    room -= textWidth(cut);
    line += paint(cut);
  }
  return line;
};

const plain = (text: string): string => text;

const firstLine = (target: TargetView, name: number, colors: Colors, options: ScreenOptions): string => {
  const bad = [
    target.lost === 0 ? '' : `${sayCount(target.lost)} lost`,
    target.late === 0 ? '' : `${sayCount(target.late)} late`,
  ].filter((text) => text !== '');
  // What is lost is worth more than the median.
  const isNarrow = options.columns < name + BESIDE_NAME;
  return painted(
    [
      { text: `  ${truncate(target.name, name).padEnd(name)}  `, paint: colors.bold },
      { text: sayState(target).padEnd(18), paint: (text) => paintState(colors, target, text) },
      { text: `${sayCount(target.sent)} sent`.padEnd(14), paint: plain },
      { text: sayRtt(target, isNarrow).padEnd(isNarrow ? 16 : 30), paint: plain },
      { text: bad.join(', '), paint: colors.red },
    ],
    options.columns,
  );
};

const sessionState = ({ open, stalled, ended }: LiveSessions): 'ended' | 'silent' | 'open' | 'waiting' => {
  if (ended > 0) return 'ended';
  if (stalled > 0) return 'silent';
  return open > 0 ? 'open' : 'waiting';
};

const sessionLine = (
  session: LiveSessions,
  width: number,
  colors: Colors,
  { columns }: ScreenOptions,
): string => {
  const state = sessionState(session);
  const [sign, paint] = {
    ended: ['✗', colors.red] as const,
    silent: ['✗', colors.red] as const,
    open: ['✓', colors.green] as const,
    waiting: ['·', colors.dim] as const,
  }[state];
  return painted(
    [
      { text: `  ${truncate(session.name, width).padEnd(width)}  `, paint: colors.bold },
      { text: `${sign} session ${state}`, paint },
    ],
    columns,
  );
};

const paintStrip = (colors: Colors, strip: string): string =>
  strip.replaceAll(/✗+|!+|[^✗!]+/g, (run) => {
    if (run.startsWith('✗')) return colors.red(run);
    return run.startsWith('!') ? colors.yellow(run) : colors.green(run);
  });

const secondLine = (target: TargetView, colors: Colors, { columns }: ScreenOptions): string => {
  const cells = Math.max(10, Math.min(MOST_CELLS, columns - BESIDE_STRIP));
  return painted(
    [
      { text: `  ${target.strip(cells)}`, paint: (text) => paintStrip(colors, text) },
      { text: `  ${sayGaps(target)}`, paint: target.gaps === 0 ? colors.dim : plain },
    ],
    columns,
  );
};

const ENTRY = '  Enter sets it, Escape takes it back';

/** What is being typed: its end stays in view. */
const entry = (words: string, columns: number): string => {
  const lead = '▶ mark: ';
  const room = Math.max(1, columns - lead.length - 1);
  const hint = textWidth(words) + ENTRY.length <= room ? ENTRY : '';
  return `${lead}${Array.from(words).slice(-room).join('')}▏${hint}`;
};

/**
 * A watch at this moment: two lines for each target, one where the terminal is low, and those that are down first
 * where it is too low for all. No line is wider than `columns`.
 */
export const screenText = (
  targets: readonly TargetView[],
  sessions: readonly LiveSessions[],
  options: ScreenOptions,
): string => {
  const colors = createColors(options.color);
  const widest = Math.max(...[...targets, ...sessions].map((each) => textWidth(each.name)));
  const name = Math.min(LONGEST_NAME, widest);
  const room = Math.max(1, options.rows - 4 - sessions.length);
  const low = targets.length * 2 > room;
  const shown =
    targets.length <= room
      ? targets
      : targets.toSorted((a, b) => Number(b.state === 'down') - Number(a.state === 'down')).slice(0, room);
  const lines = shown.flatMap((target) => [
    firstLine(target, name, colors, options),
    ...(low ? [] : [secondLine(target, colors, options)]),
  ]);
  const more = targets.length - shown.length;
  const last = truncate(low ? options.hint : `${LEGEND} · ${options.hint}`, options.columns - 2);
  const end =
    options.typing === null ? `  ${colors.dim(last)}` : colors.cyan(entry(options.typing, options.columns));
  const below = sessions.map((each) => sessionLine(each, name, colors, options));
  return ['', ...lines, ...below, ...(more > 0 ? [colors.dim(`  … and ${more} more`)] : []), end, ''].join(
    '\n',
  );
};
