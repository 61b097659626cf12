import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { systemClock } from '../../../src/clock.js';
import { startStampReflector } from '../../../src/reflect/stamp.js';

export interface FarEnd {
  readonly port: number;
  /** While true, nothing passes. */
  cut: boolean;
  stop(): Promise<void>;
}

const bound = async (): Promise<Socket> => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
};

/** A host behind the pair: a STAMP reflector, and in front of it what the active node forwards. */
export const startFarEnd = async (): Promise<FarEnd> => {
  const reflector = await startStampReflector({ host: '127.0.0.1', port: 0, clock: systemClock });
  const [front, back] = await Promise.all([bound(), bound()]);
  let sender: RemoteInfo | null = null;
  const end: FarEnd = {
    port: front.address().port,
    cut: false,
    stop: async () => {
      front.close();
      back.close();
      await reflector.close();
    },
  };
  front.on('message', (packet, from) => {
    sender = from;
    if (!end.cut) back.send(packet, reflector.port, '127.0.0.1');
  });
  back.on('message', (packet) => {
    if (!end.cut && sender !== null) front.send(packet, sender.port, sender.address);
  });
  return end;
};
