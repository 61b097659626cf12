import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

/**
 * Lets go of a terminal that is gone. At its end Node gives every terminal back as it was, and aborts where that fails (seen
 * with 20.20); what is closed it leaves alone.
 */
export const letGo = (): void => {
  for (const stream of [process.stdin, process.stdout, process.stderr]) {
    if (!stream.isTTY || isatty(stream.fd)) continue;
    try {
      closeSync(stream.fd);
    } catch {
      // It is closed.
    }
  }
};
