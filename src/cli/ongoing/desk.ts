import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { jsonOf } from '../../model/json.js';
import { messageOf } from '../../model/error.js';
import { ns } from '../../model/time.js';
import type { Marks } from '../../trial/marks.js';
import { register, SOCKET_FOLDER, type Ongoing } from './registry.js';
import { LONGEST_LINE, requestSchema, type Reply, type Request } from './words.js';

/** A reader that stands still is not waited for. */
const FAREWELL_MS = 2000;

export interface DeskWork {
  /** @returns what is answered, or what comes later. */
  readonly answer: (request: Request) => Reply | Promise<Reply>;
}

/** Where a watch or a run hears its user, from other terminals. */
export interface Desk {
  close(): Promise<void>;
}

/** Sets a mark as it was asked for. */
export const setMark = (
  marks: Marks,
  { text, at_ns, uncertainty_ns }: Extract<Request, { do: 'mark' }>,
): Reply => {
  const why = marks.set({
    text,
    by: 'command',
    at: ns(at_ns),
    uncertainty_ns: uncertainty_ns === null ? null : ns(uncertainty_ns),
  });
  return why === null ? { say: 'done' } : { say: 'no', why };
};

/** Of a run: it has a terminal of its own for everything else. */
export const markOnly = (marks: Marks, request: Request): Reply =>
  request.do === 'mark'
    ? setMark(marks, request)
    : { say: 'no', why: 'it is a run, which ends in its terminal' };

const hear = (socket: Socket, { answer }: DeskWork): void => {
  let text = '';
  let isHeard = false;
  const say = (reply: Reply): void => {
    socket.end(`${JSON.stringify(reply)}\n`);
  };
  socket.on('error', () => undefined);
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.length > LONGEST_LINE) return void socket.destroy();
    const end = text.indexOf('\n');
    if (end === -1 || isHeard) return;
    isHeard = true;
    const request = requestSchema.safeParse(jsonOf(text.slice(0, end)));
    if (!request.success) return say({ say: 'no', why: 'another version of seqgap is going on there' });
    Promise.resolve(answer(request.data)).then(say, (error: unknown) =>
      say({ say: 'no', why: messageOf(error) }),
    );
  });
};

/**
 * Opens a socket that only this user can reach (its folder is theirs alone), and tells where it is. Not in the folder of state,
 * whose path may be longer than a socket's can be (108 octets). Rejects with the system's error.
 */
export const openDesk = async (
  entry: Omit<Ongoing, 'format' | 'holder' | 'socket'>,
  work: DeskWork,
): Promise<Desk> => {
  const folder = await mkdtemp(join(tmpdir(), SOCKET_FOLDER));
  const socket = join(folder, 'desk');
  const open = new Set<Socket>();
  const server = createServer((each) => {
    open.add(each);
    each.on('close', () => open.delete(each));
    hear(each, work);
  });
  let forget = async (): Promise<void> => undefined;
  const close = async (): Promise<void> => {
    await forget();
    server.close();
    // Whoever still asks is not answered any more; what was answered goes out first.
    for (const each of open) if (!each.writableEnded) each.destroy();
    await Promise.race([
      Promise.all([...open].map((each) => once(each, 'close').catch(() => undefined))),
      sleep(FAREWELL_MS, undefined, { ref: false }),
    ]);
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  };
  try {
    server.listen(socket);
    await once(server, 'listening');
    // Nothing that goes on waits for it.
    server.unref();
    forget = await register({ ...entry, socket });
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
};
