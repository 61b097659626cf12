import type { Socket } from 'node:net';
import type { ClientChannel } from 'ssh2';
import { within } from '../../deadline.js';
import { KnownError, messageOf } from '../../model/error.js';
import type { SshLogin } from '../../model/login.js';
import type { SessionPlan } from '../../model/plan.js';
import { ns, toMs } from '../../model/time.js';
import { formatDuration } from '../../model/duration.js';
import { connectSsh } from '../../ssh/ssh-connect.js';
import { type ChannelEvents, localOf, type OpenChannel } from './session-channel.js';

/** Echoes what it is sent, octet by octet, in a real remote process. */
const REMOTE_ECHO = 'cat';

/** No message of the day is longer. */
const LONGEST_GREETING = 1 << 16;
/** For channel and shell, beyond the login's own time-out, which tells how far it came. */
const CHANNEL = 1e9;

/**
 * A login shell that reads commands echoes nothing by itself: it is told to, line by line. What it says before (a
 * message of the day) is passed over.
 */
const shellEvents = (events: ChannelEvents, leave: () => void): ChannelEvents => {
  const READY = 'seqgap-ready\n';
  let greeting: Buffer | null = Buffer.alloc(0);
  return {
    ...events,
    data: (data) => {
      if (greeting === null) return events.data(data);
      greeting = Buffer.concat([greeting, data]);
      const at = greeting.indexOf(READY);
      if (at === -1) {
        if (greeting.length <= LONGEST_GREETING) return;
        events.ended(
          'error',
          `the shell says more than ${LONGEST_GREETING / 1024} KB and does nothing it is told`,
        );
        leave();
        return;
      }
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
    const over = new AbortController();
    let socket: Socket | null = null;
    let channel: ClientChannel | null = null;
    const leave = (): void => {
      over.abort();
      // The client's own `destroy` does nothing once the far end has closed its half.
      socket?.destroy();
    };
    const ended: ChannelEvents['ended'] = (ending, detail) => {
      if (!over.signal.aborted) given.ended(ending, detail);
    };

    const carry = (events: ChannelEvents, opened: ClientChannel): void => {
      channel = opened;
      opened.on('data', (data: Buffer) => events.data(data));
      opened.on('error', (error: Error) => ended('error', error.message));
      opened.on('close', () => ended('app-closed', 'the remote process ended'));
      // What is not read would keep the echo back: both have one window (RFC 4254 §5.2).
      opened.stderr.resume();
      if (remote === 'shell') opened.write('echo seqgap-ready\n');
      else events.open();
    };

    const begin = async (signal: AbortSignal): Promise<void> => {
      const { client, socket: below } = await connectSsh(login, { address, signal });
      socket = below;
      if (signal.aborted) return leave();
      if (keepalive_ns !== null) below.setKeepAlive(true, Math.round(toMs(keepalive_ns)));
      client.on('error', (error: Error & { code?: string }) =>
        ended(error.code === 'ECONNRESET' ? 'reset' : 'error', error.code ?? error.message),
      );
      client.on('close', () => ended('app-closed', 'the connection was closed'));
      await new Promise<void>((resolve, reject) => {
        const open = (): void => {
          resolve();
          given.open();
        };
        const events = remote === 'shell' ? shellEvents({ ...given, open }, leave) : { ...given, open };
        const opened = (error: Error | undefined, stream: ClientChannel): void => {
          if (error) reject(error);
          else carry(events, stream);
        };
        // Without a terminal the shell neither prompts nor echoes.
        if (remote === 'shell') client.shell(false, opened);
        else client.exec(REMOTE_ECHO, opened);
      });
    };

    const late = (): KnownError =>
      new KnownError(
        `logged in, but ${remote === 'shell' ? 'the shell did nothing it was told' : 'no channel was opened'} within ${formatDuration(login.timeout_ns)}`,
      );
    within(ns(login.timeout_ns + CHANNEL), over.signal, begin, late).catch((error: unknown) => {
      ended('error', messageOf(error));
      leave();
    });
    return {
      write: (data) => void channel?.write(remote === 'shell' ? echoCommand(data) : data),
      destroy: leave,
      local: () => (socket === null ? null : localOf(socket)),
      localPort: () => socket?.localPort ?? null,
      backlog: () => channel?.writableLength ?? 0,
    };
  };
