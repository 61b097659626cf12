import type { Socket } from 'node:net';
import type { Client, ClientChannel } from 'ssh2';
import { messageOf } from '../model/error.js';
import type { SshLogin } from '../model/login.js';
import type { SessionPlan } from '../model/plan.js';
import { toMs } from '../model/time.js';
import { connectSsh } from '../trigger/ssh-connect.js';
import type { ChannelEvents, OpenChannel } from './session-channel.js';

/** Echoes what it is sent, octet by octet, in a real remote process. */
const REMOTE_ECHO = 'cat';

/**
 * A login shell that reads commands echoes nothing by itself: it is told to, line by line. What it says before (a
 * message of the day) is passed over.
 */
const shellEvents = (events: ChannelEvents): ChannelEvents => {
  const READY = 'seqgap-ready\n';
  let greeting: Buffer | null = Buffer.alloc(0);
  return {
    ...events,
    data: (data) => {
      if (greeting === null) return events.data(data);
      greeting = Buffer.concat([greeting, data]);
      const at = greeting.indexOf(READY);
      if (at === -1) return;
      const rest = greeting.subarray(at + READY.length);
      greeting = null;
      events.open();
      if (rest.length > 0) events.data(rest);
    },
  };
};

/** Heartbeats hold no quote. */
const echoCommand = (frame: Buffer): string => `echo '${frame.toString('latin1').trimEnd()}'\n`;

/**
 * An application session: a command or a shell on a real sshd, its input echoed to its output. `destroy` drops the
 * TCP connection; sshd ends the remote process.
 */
export const openSshChannel =
  (
    login: SshLogin,
    address: string,
    { remote, keepalive_ns }: Pick<SessionPlan, 'remote' | 'keepalive_ns'>,
  ): OpenChannel =>
  (given) => {
    const events = remote === 'shell' ? shellEvents(given) : given;
    let client: Client | null = null;
    let socket: Socket | null = null;
    let channel: ClientChannel | null = null;
    let destroyed = false;

    const carry = (opened: ClientChannel): void => {
      channel = opened;
      opened.on('data', (data: Buffer) => events.data(data));
      opened.on('error', (error: Error) => events.ended('error', error.message));
      opened.on('close', () => events.ended('app-closed', 'the remote process ended'));
      if (remote === 'shell') opened.write('echo seqgap-ready\n');
      else events.open();
    };

    const begin = async (): Promise<void> => {
      const { client: connected, socket: below } = await connectSsh(login, { address });
      client = connected;
      socket = below;
      if (destroyed) {
        connected.destroy();
        return;
      }
      if (keepalive_ns !== null) below.setKeepAlive(true, Math.round(toMs(keepalive_ns)));
      connected.on('error', (error: Error & { code?: string }) =>
        events.ended(error.code === 'ECONNRESET' ? 'reset' : 'error', error.code ?? error.message),
      );
      connected.on('close', () => events.ended('app-closed', 'the connection was closed'));
      const opened = (error: Error | undefined, stream: ClientChannel): void => {
        if (error) events.ended('error', error.message);
        else carry(stream);
      };
      // Without a terminal the shell neither prompts nor echoes.
      if (remote === 'shell') connected.shell(false, opened);
      else connected.exec(REMOTE_ECHO, opened);
    };

    begin().catch((error: unknown) => events.ended('error', messageOf(error)));
    return {
      write: (data) => void channel?.write(remote === 'shell' ? echoCommand(data) : data),
      destroy: () => {
        destroyed = true;
        client?.destroy();
      },
      localPort: () => socket?.localPort ?? null,
    };
  };
