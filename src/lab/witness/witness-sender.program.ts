/**
 * Sends the witness stream of one end host, both families where the lab has them: `node witness-sender.program.js client|server`. One packet
 * each per millisecond on an absolute schedule; slots that were missed are skipped, because the capture tells the
 * true send times anyway.
 */
import { createSocket, type Socket } from 'node:dgram';
import { WITNESS_PORT } from '../ground/nftables.js';
import { END_HOSTS } from '../ground/topology.js';
import { encodeWitness } from '../../wire/witness-packet.js';

const PERIOD_NS = 1_000_000n;

/** None where the lab has no route for the family: designs of clouds have IPv4 alone. */
const open = (type: 'udp4' | 'udp6', address: string): Promise<Socket[]> =>
  new Promise((resolve) => {
    const socket = createSocket(type);
    const connected = (error?: Error): void => resolve(error === undefined ? [socket] : []);
    // Where it fails Node gives the error to what it has for the callback.
    socket.connect(WITNESS_PORT, address, connected);
  });

const fromServer = process.argv[2] === 'server';
const target = fromServer ? END_HOSTS.client : END_HOSTS.server;
const sockets = (await Promise.all([open('udp4', target.v4), open('udp6', target.v6)])).flat();
// An unresolved neighbour shows as a failed send: that is a lost packet, and just what is looked for.
for (const socket of sockets) socket.on('error', () => undefined);

let seq = 0;
let due = process.hrtime.bigint();
const tick = (): void => {
  seq++;
  const payload = encodeWitness(fromServer, seq);
  for (const socket of sockets) socket.send(payload, () => undefined);
  due += PERIOD_NS;
  const now = process.hrtime.bigint();
  if (due < now) due = now;
  setTimeout(tick, Math.max(0, Math.round(Number(due - now) / 1e6)));
};
tick();
process.stdout.write('sending\n');
