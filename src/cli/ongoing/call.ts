import { connect } from 'node:net';
import { resolve } from 'node:path';
import { existsSync, realpathSync } from 'node:fs';
import { EXIT, KnownError, messageOf, usage } from '../../model/error.js';
import { jsonOf } from '../../model/json.js';
import { plainText } from '../../model/outside.js';
import type { FoundOngoing } from './registry.js';
import { LONGEST_LINE, replySchema, type Reply, type Request } from './words.js';

/** `watch of 10.4.4.4 (results/watch/x), pid 12` */
export const sayOngoing = ({ kind, what, run, holder }: FoundOngoing): string =>
  `${kind} of ${plainText(what)}${run === null ? '' : ` (${plainText(run)})`}, pid ${holder.pid}`;

const isMeant = ({ run, holder }: FoundOngoing, word: string): boolean => {
  if (word === String(holder.pid)) return true;
  if (run === null) return false;
  const path = resolve(word);
  return run === (existsSync(path) ? realpathSync(path) : path) || run.split('/').at(-1) === word;
};

/**
 * The one that is meant: the only one, or that which `word` names by its folder, the folder's name or its process id. Throws
 * KnownError where there is none, or several.
 */
export const theOne = (
  all: readonly FoundOngoing[],
  word: string | undefined,
  { none, remedy }: { readonly none: string; readonly remedy: string },
): FoundOngoing => {
  const alive = all.filter(({ life }) => life !== 'gone');
  if (alive.length === 0) throw usage(none, remedy);
  const [first, ...others] = word === undefined ? alive : alive.filter((each) => isMeant(each, word));
  const list = alive.map(sayOngoing).join('; ');
  if (first === undefined)
    throw usage(`nothing that goes on is called ${JSON.stringify(word)}`, `there is: ${list}`);
  if (others.length > 0)
    throw usage(`several are going on: ${list}`, 'say which by --run, with its folder or its process id');
  return first;
};

/** Longer than the last answers of a watch are waited for. */
const PATIENCE_MS = 5000;

/**
 * Asks, and waits for the answer. `patience_ms` null: for as long as it lives, as when it is to end and make its reports. Throws
 * KnownError where none comes.
 */
export const call = (
  to: FoundOngoing,
  request: Request,
  patience_ms: number | null = PATIENCE_MS,
): Promise<Reply> =>
  new Promise((done, fail) => {
    let text = '';
    const socket = connect(to.socket);
    const give = (why: string): void => {
      socket.destroy();
      fail(
        new KnownError(`the ${sayOngoing(to)} does not answer: ${why}`, {
          remedy: `see whether it lives: ps -p ${to.holder.pid}`,
          exitCode: EXIT.inconclusive,
        }),
      );
    };
    if (patience_ms !== null)
      socket.setTimeout(patience_ms, () => give(`no word for ${patience_ms / 1000} s`));
    socket.on('error', (error) => give(messageOf(error)));
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.length > LONGEST_LINE) give('too many words');
    });
    socket.on('close', () => {
      const reply = replySchema.safeParse(jsonOf(text));
      if (reply.success) done(reply.data);
      else give(text === '' ? 'it ended without a word' : 'another version of seqgap is going on there');
    });
  });
