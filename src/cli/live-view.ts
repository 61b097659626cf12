import { createLogUpdate } from 'log-update';
import picocolors from 'picocolors';
import { NS_PER_S, type Nanoseconds } from '../model/time.js';
import type { LiveSessions, LiveStream } from '../probe/protocol.js';
import { createColors } from '../report/paint.js';
import type { Terminal } from '../terminal.js';
import type { Progress, ProgressListener } from '../trial/progress.js';

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

/** One picture of a running trial, a line each for phase, streams and sessions. Pure. */
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
  const inPhase = progress.now_ns - progress.phaseSince_ns;
  const planned = progress.planned_ns === null ? '' : ` of at most ${inSeconds(progress.planned_ns, 0)}`;
  const phase =
    progress.of === 'failback' && progress.phase !== 'failback'
      ? `failback: ${progress.phase}`
      : progress.phase;
  const what = progress.action === null ? '' : `${progress.action} of ${progress.node ?? 'the pair'}`;
  const when =
    progress.triggered_ns === null || what === ''
      ? what
      : `${what} ${inSeconds(progress.now_ns - progress.triggered_ns)} ago`;
  return [
    `${pc.bold(scenario)} · trial ${progress.trial} of ${progress.repeat} · ${pc.cyan(phase)} ${inSeconds(inPhase)}${planned}`,
    `  ${[when, outageClock(progress, controls)].filter((text) => text !== '').join(' · ')}`,
    ...streams.map((stream) => streamLine(stream, progress.now_ns, width, controls.has(stream.name))),
    ...sessions.map((session) => sessionLine(session, width)),
    '',
  ].join('\n');
};

/**
 * Shows progress on stderr: a live picture on a terminal, else only the lines worth keeping. Returns the listener,
 * how to clear the picture until there is progress again, and how to end it.
 */
export const liveView = (
  scenario: string,
  controls: ReadonlySet<string>,
  out: Terminal,
): ProgressListener & { rest(): void; done(): void } => {
  const picture = out.live(createLogUpdate);
  if (picture === null)
    return {
      progress: () => {},
      line: (text) => out.write(`${text}\n`),
      rest: () => {},
      done: () => {},
    };
  let last: Progress | null = null;
  const draw = (): void => {
    if (last !== null) picture.draw(renderProgress(scenario, last, controls));
  };
  const timer = setInterval(draw, FRAME_MS);
  return {
    progress: (progress) => {
      last = progress;
    },
    line: (text) => {
      picture.clear();
      out.write(`${text}\n`);
      draw();
    },
    rest: () => {
      last = null;
      picture.clear();
    },
    done: () => {
      clearInterval(timer);
      picture.clear();
      picture.done();
    },
  };
};
