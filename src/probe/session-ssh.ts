import type { Client, ClientChannel } from 'ssh2';
import { messageOf } from '../model/error.js';
import type { SshLogin } from '../model/plan.js';
import { connectSsh } from '../trigger/ssh-connect.js';
import type { OpenChannel } from './session.js';

/** Echoes what it is sent, octet by octet, in a real remote process. */
const REMOTE_ECHO = 'cat';

/**
 * An application session: a command on a real sshd, its input echoed to its output. `destroy` drops the TCP
 * connection; sshd ends the remote process.
 */
export const openSshChannel =
  (login: SshLogin, address: string): OpenChannel =>
  (events) => {
    let client: Client | null = null;
    let channel: ClientChannel | null = null;
    let destroyed = false;

    const carry = (opened: ClientChannel): void => {
      channel = opened;
      opened.on('data', (data: Buffer) => events.data(data));
      opened.on('error', (error: Error) => events.ended('error', error.message));
      opened.on('close', () => events.ended('app-closed', 'the remote process ended'));
      events.open();
    };

    const begin = async (): Promise<void> => {
      const { client: connected } = await connectSsh(login, { address });
      client = connected;
      if (destroyed) {
        connected.destroy();
        return;
      }
      connected.on('error', (error: Error & { code?: string }) =>
        events.ended(error.code === 'ECONNRESET' ? 'reset' : 'error', error.code ?? error.message),
      );
      connected.on('close', () => events.ended('app-closed', 'the connection was closed'));
      connected.exec(REMOTE_ECHO, (error, opened) => {
        if (error) events.ended('error', error.message);
        else carry(opened);
      });
    };

    begin().catch((error: unknown) => events.ended('error', messageOf(error)));
    return {
      write: (data) => void channel?.write(data),
      destroy: () => {
        destroyed = true;
        client?.destroy();
      },
    };
  };
