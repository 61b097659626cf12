import { spawn } from 'node:child_process';

/** Local port and retransmission timeout (ms) of each connection in the output of `ss -tinH`. */
export const parseRtos = (text: string): ReadonlyMap<number, number> => {
  const found = new Map<number, number>();
  let port: number | null = null;
  for (const line of text.split('\n')) {
    // A connection is a line with its addresses, and a line with its figures that begins with a blank.
    if (/^\s/.test(line)) {
      const rto = / rto:(\d+(?:\.\d+)?)/.exec(line)?.[1];
      if (port !== null && rto !== undefined) found.set(port, Number(rto));
      port = null;
    } else port = Number(/:(\d+)\s+\S+:\d+\s*$/.exec(line)?.[1] ?? NaN);
  }
  return found;
};

/**
 * The kernel's own retransmission timeouts of connections to a port, by `ss` in this process's network namespace, as
 * milliseconds by local port. Empty where there is no ss: it is Linux's (iproute2).
 */
export const readRtos = (port: number): Promise<ReadonlyMap<number, number>> =>
  new Promise((resolve) => {
    const child = spawn('ss', ['-tinH', 'state', 'established', 'dport', '=', `:${port}`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    child.on('error', () => resolve(new Map()));
    child.on('close', () => resolve(parseRtos(text)));
  });
