import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const CLI = join(import.meta.dirname, '../../../dist/cli.js');

/** The built program while it serves a folder. */
export interface Served {
  readonly url: string;
  readonly port: number;
  /** What it said on stderr until now. */
  readonly said: () => string;
  /** By Ctrl-C. @returns its exit code. */
  stop(): Promise<number | null>;
}

export const serve = async (folder: string, ...args: readonly string[]): Promise<Served> => {
  const child: ChildProcess = spawn(
    process.execPath,
    [CLI, 'serve', folder, '--port', '0', '--json', ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += String(chunk);
  });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  if (child.stdout === null) throw new Error('no stdout');
  const first = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>;
  const line = await Promise.race([first, ended.then(() => null)]);
  if (line === null) throw new Error(`it did not serve: ${said}`);
  const { url, port } = JSON.parse(line[0]) as { readonly url: string; readonly port: number };
  return {
    url,
    port,
    said: () => said,
    stop: async () => {
      if (child.exitCode === null) child.kill('SIGINT');
      const [code] = await ended;
      return code;
    },
  };
};

export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A request with its path as it stands: a browser, and `fetch`, would tidy it up first. */
export const get = (
  { port }: Served,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Got> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
