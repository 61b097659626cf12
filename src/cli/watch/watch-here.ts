import { realpath } from 'node:fs/promises';
import { systemClock } from '../../clock.js';
import { EXIT, KnownError, messageOf } from '../../model/error.js';
import { formatDuration } from '../../model/duration.js';
import { redactedJson } from '../../model/json.js';
import type { Scenario } from '../../model/plan.js';
import { NS_PER_S, type Nanoseconds } from '../../model/time.js';
import type { LiveSessions } from '../../probe/protocol.js';
import { resultDocument } from '../../report/text/csv.js';
import { textWidth } from '../../report/text/table.js';
import type { RunFolder } from '../../store/run-folder.js';
import { hasColor, say, stderr, stdout, toolVersion, widthOf } from '../../terminal.js';
import { Marks } from '../../trial/marks.js';
import { openDesk, setMark, type Desk } from '../ongoing/desk.js';
import type { Reply, Request } from '../ongoing/words.js';
import { sayDay, sayZone, type Zone } from '../../analysis/words/when.js';
import { sayTarget } from './scenario.js';
import type { TargetView } from './screen-text.js';
import { watchEnding, watchScreen } from './screen.js';
import { watchSummary } from './summary.js';
import { watchTargets, type WatchEnd } from './watch.js';

export interface WatchAsked {
  readonly scenario: Scenario;
  /** Every target that was asked for is watched. */
  readonly isWhole: boolean;
  readonly out: string | null;
  readonly duration_ns: Nanoseconds | null;
  readonly zone: Zone;
  readonly json: boolean;
  /** No terminal has it: it ends by `watch stop`. */
  readonly background: boolean;
}

/** The reports of the run folder are made from what is on disk, like those of any run. */
const writeFolder = async ({ folder }: WatchEnd): Promise<string | null> => {
  if (folder === null) return null;
  // Only now: they take a third of the time that the first line would.
  const { readRun } = await import('../../store/stored-run.js');
  const { analyseRun, writeReports } = await import('../../evaluate/analyse.js');
  const { compressFinished } = await import('../run/run-scenario.js');
  try {
    await writeReports(folder.path, await analyseRun(await readRun(folder.path)));
    await compressFinished(folder.path);
  } catch (error) {
    // On a full disk what was measured is worth more than its reports.
    if (!(error instanceof KnownError)) throw error;
    say(`note: no reports: ${error.message}; "seqgap report ${folder.path}" makes them`);
  }
  return folder.path;
};

/** So many of its last lines are told to whoever asks. */
const LAST_LINES = 12;

/** What is told to other terminals: how it goes while it does, its closing report when it is over. */
class Telling {
  readonly marks = new Marks(systemClock);
  readonly lines: string[] = [];
  views: readonly TargetView[] = [];
  sessions: readonly LiveSessions[] = [];
  readonly #stop: () => void;
  readonly #background: boolean;
  readonly #over: Promise<(columns: number) => Reply>;
  end: (reply: (columns: number) => Reply) => void = () => undefined;

  constructor(stop: () => void, background: boolean) {
    this.#stop = stop;
    this.#background = background;
    this.#over = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  told(text: string): void {
    this.lines.push(text);
    if (this.lines.length > LAST_LINES) this.lines.shift();
  }

  async answer(request: Request): Promise<Reply> {
    switch (request.do) {
      case 'mark':
        return setMark(this.marks, request);
      case 'status':
        return {
          say: 'status',
          targets: this.views.map(({ strip, ...view }) => ({ ...view, strip: strip(STRIP) })),
          sessions: [...this.sessions],
          lines: this.lines,
        };
      case 'stop': {
        if (!this.#background) return { say: 'no', why: 'it ends in its terminal, by q or Ctrl-C' };
        this.#stop();
        return (await this.#over)(request.columns);
      }
    }
  }
}

/** Seconds of the picture that are told. */
const STRIP = 60;

const deskFor = async (
  { scenario, background }: WatchAsked,
  folder: RunFolder | null,
  telling: Telling,
): Promise<Desk> =>
  openDesk(
    {
      kind: 'watch',
      what: scenario.streams.map(({ name }) => name).join(', '),
      run: folder === null ? null : await realpath(folder.path),
      since_utc: new Date(systemClock.wall()).toISOString(),
      background,
    },
    { answer: (request) => telling.answer(request) },
  );

/** One in the background is of no use that cannot be stopped; any other goes on without marks from elsewhere. */
const openOrSay = async (
  asked: WatchAsked,
  folder: RunFolder | null,
  telling: Telling,
  note: (text: string) => void,
): Promise<Desk | null> => {
  try {
    return await deskFor(asked, folder, telling);
  } catch (error) {
    if (asked.background)
      throw new KnownError(`a watch in the background cannot be reached: ${messageOf(error)}`, {
        remedy: 'make the folder of state writable (XDG_STATE_HOME, TMPDIR)',
        cause: error,
      });
    note(`no marks can be set from other terminals: ${messageOf(error)}`);
    return null;
  }
};

/** Whoever started it in the background waits for this. */
const tellStarter = (folder: RunFolder | null): void => {
  if (process.send === undefined) return;
  process.send({ run: folder?.path ?? null }, () => process.disconnect());
};

/** Watches until it is told to end, then makes the reports. Sets the exit code. */
export const watchHere = async (asked: WatchAsked): Promise<void> => {
  const { scenario, isWhole, duration_ns, zone, json, background } = asked;
  const { streams } = scenario;
  const ending = watchEnding(process, systemClock, {
    mark: (text, at) => void telling.marks.set({ text, by: 'key', at, uncertainty_ns: null }),
    hearsHangUp: !background,
  });
  const telling = new Telling(ending.stop, background);
  const hint = (): string => {
    if (ending.signal.aborted) return 'waiting for the last answers (again: at once)';
    if (background) return 'seqgap watch stop for the summary';
    return `${ending.hasKeys ? 'm to mark, q or ' : ''}Ctrl-C for the summary`;
  };
  const screen = watchScreen({
    width: () => Math.max(...[...streams, ...scenario.sessions].map(({ name }) => textWidth(name))),
    zone,
    lines: json ? stderr : stdout,
    view: stderr,
    hint,
    typing: () => ending.typing(),
    told: (text) => telling.told(text),
  });
  const started = systemClock.monotonic();
  const every = formatDuration(streams[0]?.every_ns ?? (0 as Nanoseconds));
  const now = new Date(systemClock.wall()).toISOString();
  const what = streams.map(sayTarget).join(', ');
  const long = duration_ns === null ? '' : ` for ${formatDuration(duration_ns)}`;
  screen.tell(
    `${sayDay(now, zone)}  Watching ${what} every ${every}${long} (${sayZone(zone, now)}). ${hint()}.`,
  );
  let desk: Desk | null = null;
  let end: WatchEnd;
  try {
    end = await watchTargets({
      scenario,
      toolVersion: toolVersion(),
      clock: systemClock,
      out: asked.out,
      duration_ns,
      signal: ending.signal,
      hurry: ending.hurry,
      marks: telling.marks,
      begun: async (folder) => {
        desk = await openOrSay(asked, folder, telling, (text) => screen.note(text));
        if (background) tellStarter(folder);
      },
      listener: {
        ...screen,
        views: (views, sessions) => {
          telling.views = views;
          telling.sessions = sessions;
          screen.views(views, sessions);
        },
      },
    });
  } catch (error) {
    await (desk as Desk | null)?.close();
    throw error;
  } finally {
    screen.done();
    ending.release();
  }
  const watched_s = (systemClock.monotonic() - started) / NS_PER_S;
  const { result, error } = end;
  const { streams: rows, outages, sessions } = result;
  const folder = await writeFolder(end);
  const summary = (columns: number, color: boolean): string =>
    watchSummary(result, { columns, color, watched_s, zone, folder });
  // Where nothing was sent there is nothing to sum up.
  const isSent = error === null || rows.some(({ sent }) => sent > 0);
  if (isSent && json)
    stdout.writeDocument(
      `${redactedJson(resultDocument({ trials: [], streams: rows, outages, sessions: sessions.map(({ row }) => row) }), 2)}\n`,
    );
  else if (isSent) stdout.write(`\n${summary(widthOf(stdout), hasColor(stdout))}`);
  const isDoubtful =
    !isWhole || sessions.some(({ hasOpened }) => !hasOpened) || rows.some(({ received }) => received === 0);
  if (isDoubtful) process.exitCode = EXIT.inconclusive;
  telling.end((columns) => ({
    say: 'ended',
    text: `${isSent ? summary(columns, false) : ''}${error === null ? '' : `ended early: ${error.message}\n`}`,
    code: error?.exitCode ?? (isDoubtful ? EXIT.inconclusive : EXIT.pass),
  }));
  await (desk as Desk | null)?.close();
  if (error !== null) throw error;
};
