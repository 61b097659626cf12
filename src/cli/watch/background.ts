import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { EXIT, KnownError } from '../../model/error.js';
import { plainText } from '../../model/outside.js';
import { PROGRAM } from '../../package-folder.js';
import { WATCH_LOG } from '../../store/names.js';
import { writeError } from '../../store/write-error.js';
import { hasColor, say, stdout, widthOf } from '../../terminal.js';
import { call, sayOngoing, theOne } from '../ongoing/call.js';
import { findOngoing, forgetGone, type FoundOngoing } from '../ongoing/registry.js';
import type { Status } from '../ongoing/words.js';
import { sayDay, sayTimeOfDay, sayZone } from '../../analysis/words/when.js';
import { screenText } from './screen-text.js';

const openLog = async (out: string): Promise<{ readonly path: string; readonly file: number }> => {
  const path = join(out, `.watch-${process.pid}.log`);
  try {
    await mkdir(out, { recursive: true });
    return { path, file: openSync(path, 'w') };
  } catch (error) {
    throw writeError(path, error);
  }
};

/**
 * Starts this program again with these words, in a session of its own: the terminal may be closed. Its words go to a file in the
 * folder of its record. Returns when it watches, or has ended; sets the exit code.
 *
 * @param words of the command line behind `watch start`
 */
export const startWatch = async (words: readonly string[], out: string): Promise<void> => {
  await forgetGone((await findOngoing()).filter(({ background }) => background));
  const { path, file } = await openLog(out);
  const child = fork(PROGRAM, ['watch', '--background', ...words], {
    detached: true,
    stdio: ['ignore', file, file, 'ipc'],
    execArgv: [],
  });
  closeSync(file);
  const [told] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown];
  const run = typeof told === 'object' && told !== null && 'run' in told ? String(told.run) : null;
  if (run === null) {
    const text = await readFile(path, 'utf8').catch(() => '');
    await rm(path, { force: true });
    say(text.trimEnd());
    process.exitCode = typeof told === 'number' && told !== 0 ? told : EXIT.inconclusive;
    return;
  }
  const log = join(run, WATCH_LOG);
  await rename(path, log).catch((error: unknown) => say(`note: ${writeError(log, error).message}`));
  child.unref();
  stdout.write(
    [
      `Watching in the background, pid ${child.pid ?? 'unknown'}: ${run}`,
      '  seqgap watch status        how it goes',
      "  seqgap mark 'words'        a mark on its timeline",
      '  seqgap watch stop          end it, with its closing report',
      '',
    ].join('\n'),
  );
};

/** From here, where that is shorter. */
const near = (path: string): string => {
  const way = relative(process.cwd(), path);
  return way.startsWith('..') ? path : way;
};

/** `2026-11-30 22:04:10 (local time, UTC+01:00; 21:04:10 UTC)` */
const saySince = (utc: string): string =>
  `${sayDay(utc, 'local')} ${sayTimeOfDay(utc, 'local').slice(0, 8)} (${sayZone('local', utc)}; ${sayTimeOfDay(utc, 'utc').slice(0, 8)} UTC)`;

const sayGone = (each: FoundOngoing): string[] => [
  `The ${sayOngoing(each)} does not go on any more: it was killed, or this host was restarted.`,
  ...(each.run === null ? [] : [`What was measured until then: seqgap report ${near(each.run)}`]),
];

const sayStatus = (each: FoundOngoing, { targets, sessions, lines }: Status): string[] => [
  `${sayOngoing(each)}, since ${saySince(each.since_utc)}`,
  screenText(
    targets.map(({ strip, ...view }) => ({
      ...view,
      strip: (cells) => strip.trimEnd().slice(-cells).padEnd(cells),
    })),
    sessions,
    {
      columns: widthOf(stdout),
      rows: Infinity,
      color: hasColor(stdout),
      hint: each.background ? 'seqgap watch stop ends it' : 'it ends in its terminal',
      typing: null,
    },
  ),
  'Its last lines:',
  ...lines.map((line) => `  ${plainText(line)}`),
];

const statusOf = async (each: FoundOngoing): Promise<string[]> => {
  if (each.life === 'gone') return sayGone(each);
  try {
    const reply = await call(each, { do: 'status' });
    if (reply.say === 'status') return sayStatus(each, reply);
    return [`${sayOngoing(each)}, since ${saySince(each.since_utc)}`];
  } catch (error) {
    if (error instanceof KnownError) return [error.message];
    throw error;
  }
};

/** Tells how every watch of this user goes. Sets exit code 2 where none does. */
export const tellStatus = async (): Promise<void> => {
  const all = (await findOngoing()).filter(({ kind }) => kind === 'watch');
  const alive = all.filter(({ life }) => life !== 'gone');
  for (const each of all) stdout.write(`${(await statusOf(each)).join('\n')}\n`);
  if (alive.length > 0) return;
  if (all.length === 0) stdout.write('No watch is going on on this host.\n');
  process.exitCode = EXIT.inconclusive;
};

/** Ends a watch in the background, waits for it and prints its closing report. Sets the exit code that it would have had. */
export const stopWatch = async (word: string | undefined): Promise<void> => {
  const all = (await findOngoing()).filter(({ kind, background }) => kind === 'watch' && background);
  const gone = all.filter(({ life }) => life === 'gone');
  for (const each of gone) say(sayGone(each).join('\n'));
  await forgetGone(gone);
  const to = theOne(all, word, {
    none: 'no watch is going on in the background',
    remedy: 'start one with "seqgap watch start TARGET"; one in a terminal ends there, by q or Ctrl-C',
  });
  const reply = await call(to, { do: 'stop', columns: widthOf(stdout) }, null);
  if (reply.say !== 'ended')
    throw new KnownError(
      `the ${sayOngoing(to)} was not stopped${reply.say === 'no' ? `: ${reply.why}` : ''}`,
      {
        exitCode: EXIT.inconclusive,
      },
    );
  stdout.write(reply.text);
  process.exitCode = reply.code;
};
