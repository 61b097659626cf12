import { createLogUpdate } from 'log-update';
import picocolors from 'picocolors';
import type { Scenario } from '../../model/plan.js';
import type { ResultTables, TrialRow } from '../../model/tables.js';
import { NS_PER_S, type Nanoseconds } from '../../model/time.js';
import type { LiveSessions, LiveStream } from '../../probe/protocol.js';
import { longestBounds, sayFourFigures } from '../../analysis/words/four-figures.js';
import { sayDegraded } from '../../analysis/words/impairment.js';
import { createColors } from '../../report/paint.js';
import { headlineRow, trialBounds } from '../../report/run/headline.js';
import { longestRefusal } from '../../analysis/words/stream-lines.js';
import { sayBounds } from '../../analysis/words/format.js';
import type { Terminal } from '../../terminal.js';
import { allTrials } from '../../trial/control-arm.js';
import { stageWords, type Progress, type ProgressListener } from '../../trial/progress.js';
import { askOn, type Person, type Question, type Reply } from '../../trigger/act/person.js';

const FRAME_MS = 100;

const pc = createColors(picocolors.isColorSupported);

const inSeconds = (time: Nanoseconds | number, digits = 1): string =>
  `${(time / NS_PER_S).toFixed(digits)} s`;

const streamLine = (stream: LiveStream, now: Nanoseconds, width: number, control: boolean): string => {
  const name = stream.name.padEnd(width);
  const rtt = stream.rtt_ms === null ? '' : `RTT ${stream.rtt_ms.toFixed(2)} ms`;
  const bad = stream.bad === 0 ? '' : `${stream.bad} lost or late`;
  const state =
    stream.down_since_ns !== null
      ? pc.red(`✗ down ${inSeconds(now - stream.down_since_ns, 2)}`.padEnd(16))
      : stream.refused_since_ns !== null
        ? pc.yellow(`✗ refused ${inSeconds(now - stream.refused_since_ns, 2)}`.padEnd(16))
        : stream.last_good_ns === null
          ? pc.dim('· waiting'.padEnd(16))
          : pc.green('✓ up'.padEnd(16));
  return `  ${name}  ${state}${`${stream.sent} sent`.padEnd(14)}${rtt.padEnd(16)}${bad}${control ? pc.dim('  (control)') : ''}`;
};

const sessionLine = (sessions: LiveSessions, width: number): string => {
  const parts = [`${sessions.open} open`];
  if (sessions.stalled > 0) parts.push(pc.yellow(`${sessions.stalled} stalled`));
  if (sessions.ended > 0) parts.push(pc.red(`${sessions.ended} ended`));
  return `  ${sessions.name.padEnd(width)}  ${parts.join(' · ')}`;
};

/** The outage clock: runs while any crossing stream is down. */
const outageClock = (progress: Progress, controls: ReadonlySet<string>): string => {
  const since = progress.streams
    .filter(({ name }) => !controls.has(name))
    .flatMap(({ down_since_ns }) => (down_since_ns === null ? [] : [down_since_ns]));
  if (since.length === 0) return '';
  return pc.red(pc.bold(`traffic down for ${inSeconds(progress.now_ns - Math.min(...since), 2)}`));
};

/** One screen of a running trial, a line each for stage, streams and sessions. Pure. */
export const renderProgress = (
  scenario: string,
  progress: Progress,
  controls: ReadonlySet<string>,
): string => {
  const { streams, sessions } = progress;
  const width = Math.max(
    7,
    ...streams.map(({ name }) => name.length),
    ...sessions.map(({ name }) => name.length),
  );
  const inStage = progress.now_ns - progress.stageSince_ns;
  const planned = progress.planned_ns === null ? '' : ` of at most ${inSeconds(progress.planned_ns, 0)}`;
  const what = progress.action === null ? '' : `${progress.action} of ${progress.node ?? 'the pair'}`;
  const when =
    progress.triggered_ns === null || what === ''
      ? what
      : `${what} ${inSeconds(progress.now_ns - progress.triggered_ns)} ago`;
  return [
    `${pc.bold(scenario)} · trial ${progress.trial} of ${progress.repeat} · ${pc.cyan(stageWords(progress))} ${inSeconds(inStage)}${planned}`,
    `  ${[when, outageClock(progress, controls)].filter((text) => text !== '').join(' · ')}`,
    ...streams.map((stream) => streamLine(stream, progress.now_ns, width, controls.has(stream.name))),
    ...sessions.map((session) => sessionLine(session, width)),
    '',
  ].join('\n');
};

/** Words of a text on lines of at most so many columns; a longer word stands alone, and the terminal breaks it. */
const wordWrap = (text: string, columns: number): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
};

/**
 * A question under the screen, which the screen leaves room for: of a screen that is too high its upper lines are left
 * out. In a terminal that is too low for all of it the question itself comes first. Pure.
 */
export const renderQuestion = (
  { asked, next }: Question,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): string => {
  const width = Math.max(10, columns - 3);
  const lines = wordWrap(asked, width).map((line) => pc.bold(pc.yellow(`▶ ${line}`)));
  const rest = wordWrap(next, width).map((line) => pc.dim(`  ${line}`));
  return [...lines, ...rest.slice(0, Math.max(0, rows - 1 - lines.length)), ''].join('\n');
};

const REPLIES: Readonly<Record<Reply, string>> = {
  enter: 'Enter was pressed',
  interrupted: 'interrupted',
  'input ended': 'standard input ended',
};

export interface LiveView extends ProgressListener {
  /** A question stands in view until it is closed, whatever else is shown. */
  readonly ask: Person['ask'];
  /** No screen until there is progress again. */
  rest(): void;
  done(): void;
}

/** Shows progress on stderr: a live screen on a terminal, else only the lines worth keeping. */
export const liveView = (scenario: string, controls: ReadonlySet<string>, out: Terminal): LiveView => {
  const screen = out.live(createLogUpdate);
  if (screen === null)
    return {
      progress: () => {},
      line: (text) => out.write(`${text}\n`),
      ask: askOn(out),
      rest: () => {},
      done: () => {},
    };
  let last: Progress | null = null;
  let question: Question | null = null;
  const draw = (): void => {
    const parts = [
      ...(last === null ? [] : [renderProgress(scenario, last, controls)]),
      ...(question === null
        ? []
        : [renderQuestion(question, { columns: out.columns ?? 80, rows: out.rows ?? 24 })]),
    ];
    if (parts.length > 0) screen.draw(parts.join('\n'));
  };
  const timer = setInterval(draw, FRAME_MS);
  /** Drawn afresh, below what is written meanwhile. */
  const redraw = (write = (): void => {}): void =>
    screen.atOnce(() => {
      screen.clear();
      write();
      draw();
    });
  const line = (text: string): void => redraw(() => out.write(`${text}\n`));
  const show = (shown: Question): void => {
    question = shown;
    // What was typed meanwhile has moved the cursor.
    redraw();
  };
  return {
    progress: (progress) => {
      last = progress;
    },
    line,
    ask: (asked) => {
      show(asked);
      return {
        change: show,
        close: (reply) => {
          question = null;
          if (reply === 'enter') screen.entered();
          line(`${asked.asked} ${REPLIES[reply]}.`);
        },
      };
    },
    rest: () => {
      last = null;
      redraw();
    },
    done: () => {
      clearInterval(timer);
      screen.clear();
      screen.done();
    },
  };
};

const phrase = (row: TrialRow, { streams, outages }: ResultTables): string => {
  const own = headlineRow(row, streams);
  const outage = (own === null ? null : sayFourFigures(own)) ?? sayBounds(trialBounds(row));
  const residual = own === null ? null : sayDegraded(own);
  const status = residual === null ? row.status : `${row.status}: ${residual}`;
  const refusal = longestRefusal(
    outages.filter(({ trial, phase }) => trial === row.trial && phase === row.phase),
  );
  const parts = [
    row.headline_stream === null ? '' : `${outage} (${row.headline_stream})`,
    row.status === 'ok' ? '' : status,
    row.void_reason === null ? '' : `(${row.void_reason})`,
    refusal === null ? '' : `· ${refusal.row.stream} ${refusal.said}`,
    row.sessions_total === 0 ? '' : `· sessions ${row.sessions_survived}/${row.sessions_total} survived`,
  ];
  return [row.phase, ...parts].filter((part) => part !== '').join(' ');
};

/** The worst stream of each aftercare in which something was lost. */
const afterwards = (trial: number, { streams }: ResultTables): string[] =>
  (['aftercare', 'failback-aftercare'] as const).flatMap((phase) => {
    const hit = streams.filter(
      (row) =>
        row.trial === trial && row.phase === phase && row.periods > 0 && row.direction === 'round-trip',
    );
    const [worst] = hit.toSorted((a, b) => (b.longest_s ?? Infinity) - (a.longest_s ?? Infinity));
    if (worst === undefined) return [];
    return [`${phase} ${sayBounds(longestBounds(worst))} (${worst.stream})`];
  });

/** One line for a trial that has just ended: `trial 2/4  failover 3.42 s  [3.41 … 3.43] (ping) · sessions 21/21 survived`. */
export const trialLine = (scenario: Scenario, trial: number, tables: ResultTables): string => {
  const rows = tables.trials.filter((row) => row.trial === trial);
  return `trial ${trial}/${allTrials(scenario)}  ${[...rows.map((row) => phrase(row, tables)), ...afterwards(trial, tables)].join(' · ')}`;
};
