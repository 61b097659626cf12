import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { messageOf } from '../model/error.js';
import type { ControlAnswer, ControlRequest } from './control.js';
import type { RunningLab } from './design.js';
import { labPaths } from './place.js';

const answer = async (lab: RunningLab, line: string): Promise<unknown> => {
  const request = JSON.parse(line) as ControlRequest;
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
  const reply: ControlAnswer<unknown> = await answer(lab, line).then(
    (value) => ({ ok: true, value }),
    (error: unknown) => ({ ok: false, error: messageOf(error) }),
  );
  socket.end(`${JSON.stringify(reply)}\n`);
};

/** Listens on the lab's UNIX socket: who can reach it is root in the lab. */
export const serveControl = (lab: RunningLab): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      // The one who asked may be killed meanwhile; what was asked is done all the same.
      socket.on('error', () => undefined);
      createInterface(socket).once('line', (line) => void serve(lab, socket, line));
    });
    server.on('error', reject);
    server.listen(labPaths.control, () => resolve(server));
  });
