import { createServer, type Server, type Socket } from 'node:net';
import { messageOf } from '../model/error.js';
import type { LabAnswer, LabQuestion } from './ask.js';
import type { RunningLab } from './ground/site.js';
import { labPaths } from './paths.js';

const answer = async (lab: RunningLab, line: string): Promise<unknown> => {
  const request = JSON.parse(line) as LabQuestion;
  switch (request.ask) {
    case 'power':
      return lab.power(request.node, request.action);
    case 'status':
      return lab.status();
    case 'witness':
      lab.sendWitness(request.on);
      return lab.status();
  }
};

const serve = async (lab: RunningLab, socket: Socket, line: string): Promise<void> => {
  const reply: LabAnswer<unknown> = await answer(lab, line).then(
    (value) => ({ ok: true, value }),
    (error: unknown) => ({ ok: false, error: messageOf(error) }),
  );
  socket.end(`${JSON.stringify(reply)}\n`);
};

/** From the connection to the request. */
const PATIENCE_MS = 10_000;
/** No request is longer. */
const MOST_REQUEST = 1024;

/** Gives the first line that comes; who sends none in time, or one without end, is let go. */
const firstLine = (socket: Socket, take: (line: string) => void): void => {
  let text = '';
  const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
  const read = (chunk: string): void => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end === -1 && text.length <= MOST_REQUEST) return;
    socket.off('data', read).resume();
    clearTimeout(timer);
    if (end === -1) socket.destroy();
    else take(text.slice(0, end));
  };
  socket.setEncoding('utf8').on('data', read);
  socket.on('close', () => clearTimeout(timer));
};

/** Listens on the lab's UNIX socket: who can reach it is root in the lab. */
export const serveAnswers = (lab: RunningLab, path = labPaths.socket): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      // The one who asked may be killed meanwhile; what was asked is done all the same.
      socket.on('error', () => undefined);
      firstLine(socket, (line) => void serve(lab, socket, line));
    });
    server.on('error', reject);
    server.listen(path, () => resolve(server));
  });
