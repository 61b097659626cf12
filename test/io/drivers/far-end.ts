import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { systemClock } from '../../../src/clock.js';
import { startStampReflector } from '../../../src/reflect/stamp.js';

export interface FarEnd {
  readonly port: number;
  /** Lets nothing pass until so many probes were lost, however slowly they come. */
  lose(probes: number): Promise<void>;
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
  let left = 0;
  let wanted = 0;
  let over = (): void => undefined;
  front.on('message', (packet, from) => {
    if (from.port === back.address().port) {
      left = wanted;
      return;
    }
    sender = from;
    if (left === 0) back.send(packet, reflector.port, '127.0.0.1');
    else if (--left === 0) over();
  });
  back.on('message', (packet) => {
    if (sender !== null) front.send(packet, sender.port, sender.address);
  });
  return {
    port: front.address().port,
    lose: (probes) => {
      wanted = probes;
      return new Promise((resolve) => {
        over = resolve;
        // Behind what is waiting there: on a busy host those are probes that left before the trigger.
        back.send('from here on', front.address().port, '127.0.0.1');
      });
    },
    stop: async () => {
      front.close();
      back.close();
      await reflector.close();
    },
  };
};
