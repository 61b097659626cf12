import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import type { SshLogin } from '../../../src/model/login.js';
import { ns } from '../../../src/model/time.js';

/** What the terminal of one session can do for a command. */
export interface Terminal {
  write(text: string): void;
  /** Writes a question and waits for what is typed up to Enter, or for one key. */
  ask(question: string, key?: boolean): Promise<string>;
  /** The connection goes away at once. */
  cut(): void;
}

/** Gives the exit status, where there is no prompt that comes back; nothing for 0. */
export type CommandOf = (terminal: Terminal, line: string) => void | number | Promise<void | number>;

export interface DeviceOptions {
  /** By their first words; `''` for any other. */
  readonly commands: Readonly<Record<string, CommandOf>>;
  readonly prompt: () => string;
  readonly banner?: string;
  readonly echo?: boolean;
  /** Sends every octet in a packet of its own, as a slow serial line would. */
  readonly slow?: boolean;
}

export interface Device {
  readonly port: number;
  readonly login: SshLogin;
  /** Every line that was typed, in all sessions. */
  readonly typed: string[];
  readonly sessions: () => number;
  stop(): Promise<void>;
}

export const PASSWORD = 'corr$ct h"rse %41';

/** By Node: keys that ssh2 makes are malformed now and then. */
const makeHostKey = (): { private: string; public: string } => {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  return { private: privateKey, public: `${parsed.type} ${parsed.getPublicSSH().toString('base64')}` };
};

/**
 * A command line behind a real SSH server, line by line as a network device has it; or a command at a time, as a host
 * has it.
 */
export const startDevice = async (options: DeviceOptions): Promise<Device> => {
  const { commands, prompt, banner = '', echo = true, slow = false } = options;
  const dir = await mkdtemp(join(tmpdir(), 'seqgap-device-'));
  const hostKey = makeHostKey();
  const typed: string[] = [];
  const open = new Set<Connection>();
  let sessions = 0;

  const serve = (channel: ServerChannel, connection: Connection): void => {
    sessions++;
    const write = (text: string): void => {
      const bytes = Buffer.from(text.replaceAll('\n', '\r\n'));
      if (!slow) channel.write(bytes);
      else for (const byte of bytes) channel.write(Buffer.from([byte]));
    };
    let line = '';
    let asked: { key: boolean; answer: (text: string) => void } | null = null;
    const terminal: Terminal = {
      write,
      ask: (question, key = false) =>
        new Promise((resolve) => {
          write(question);
          asked = { key, answer: resolve };
        }),
      cut: () => connection.end(),
    };
    const run = async (command: string): Promise<void> => {
      typed.push(command);
      if (command !== '') await commandFor(command)?.(terminal, command);
      write(prompt());
    };
    const take = (letter: string): void => {
      if (asked?.key === true) {
        const { answer } = asked;
        asked = null;
        // A pager does not show its key.
        if (letter !== ' ') write(`${letter}\n`);
        return answer(letter);
      }
      if (letter !== '\n' && letter !== '\r') {
        if (echo) write(letter);
        line += letter;
        return;
      }
      write('\n');
      const whole = line;
      line = '';
      if (asked !== null) {
        const { answer } = asked;
        asked = null;
        return answer(whole);
      }
      void run(whole);
    };
    channel.on('data', (chunk: Buffer) => {
      for (const letter of chunk.toString()) take(letter);
    });
    write(`${banner}${prompt()}`);
  };

  const commandFor = (line: string): CommandOf | undefined =>
    commands[Object.keys(commands).find((each) => each !== '' && line.startsWith(each)) ?? ''];

  /** `ssh HOST COMMAND`: there is nobody to ask. */
  const execute = async (channel: ServerChannel, connection: Connection, line: string): Promise<void> => {
    typed.push(line);
    const terminal: Terminal = {
      write: (text) => void channel.write(text),
      ask: () => Promise.reject(new Error('no terminal')),
      cut: () => connection.end(),
    };
    channel.exit((await commandFor(line)?.(terminal, line)) ?? 0);
    channel.end();
  };

  const server = new ssh2.Server({ hostKeys: [hostKey.private] }, (connection) => {
    open.add(connection);
    connection.on('close', () => open.delete(connection));
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      if (context.method === 'password' && context.password === PASSWORD) context.accept();
      else context.reject(['password']);
    });
    connection.on('session', (accept) => {
      const session = accept();
      session.on('pty', (acceptPty) => acceptPty());
      session.on('shell', (acceptShell) => serve(acceptShell(), connection));
      session.on('exec', (acceptExec, _reject, { command }) => {
        void execute(acceptExec(), connection, command);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const knownHosts = join(dir, 'known_hosts');
  await writeFile(knownHosts, `[127.0.0.1]:${port} ${hostKey.public}\n`);
  return {
    port,
    typed,
    sessions: () => sessions,
    login: {
      host: '127.0.0.1',
      port,
      user: 'admin',
      key: null,
      passphrase: null,
      password: PASSWORD,
      agent: false,
      knownHosts,
      timeout_ns: ns(20e9),
    },
    stop: async () => {
      for (const connection of open) connection.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await rm(dir, { recursive: true, force: true });
    },
  };
};
