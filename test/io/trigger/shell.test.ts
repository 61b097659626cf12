import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { ns } from '../../../src/model/time.js';
import type { ShellOptions } from '../../../src/trigger/driver/schema-command.js';
import { ShellTransport } from '../../../src/trigger/transport/shell.js';
import type { Dialogue, ExecResult } from '../../../src/trigger/transport/transport.js';
import { startDevice, type Device, type DeviceOptions } from './device.js';

const PROMPT = String.raw`admin@fw\((?:active|passive|suspended)\)>`;
const LONG = ns(60e9);
const BRIEF = ns(0.7e9);

let role = 'active';
let device: Device | null = null;
let shell: ShellTransport | null = null;
afterEach(async () => {
  await shell?.close();
  await device?.stop();
  shell = null;
  device = null;
  role = 'active';
});

const COMMANDS: DeviceOptions['commands'] = {
  'set cli': () => undefined,
  'show role': (terminal) => terminal.write(`State: ${role}\n`),
  'show wide': (terminal) => terminal.write('\u001b[1mState\u001b[0m: \u001b[32mactive\u001b[m  \n'),
  'show all': async (terminal) => {
    terminal.write('line 1\nline 2\n');
    if ((await terminal.ask('--More--', true)) !== ' ') throw new Error('no blank');
    terminal.write('\r        \rline 3\n');
    await terminal.ask('--More--', true);
    terminal.write('\r        \rline 4\n');
  },
  suspend: (terminal) => {
    role = 'suspended';
    terminal.write('Successfully changed HA state to suspended\n');
  },
  restart: async (terminal) => {
    const answer = await terminal.ask('Executing this will disconnect you. Continue? (y or n) ');
    if (answer === 'y') terminal.cut();
    else terminal.write('cancelled\n');
  },
  factory: async (terminal) => {
    const answer = await terminal.ask('Erase everything? (y/n)');
    terminal.write(`answered ${answer}\n`);
  },
  key: async (terminal) => terminal.write(`got ${await terminal.ask('Sure? (y/n)', true)}\n`),
  two: async (terminal) => {
    const first = await terminal.ask('Save? [yes/no]: ');
    const second = await terminal.ask('Are you sure? [yes/no]: ');
    terminal.write(`${first} ${second}\n`);
  },
  enable: async (terminal) =>
    terminal.write((await terminal.ask('Password: ')) === 'hidden' ? '' : 'Access denied\n'),
  hang: () => new Promise(() => undefined),
  half: (terminal) => {
    terminal.write('State: act');
    terminal.cut();
    return new Promise(() => undefined);
  },
  '': (terminal, line) => terminal.write(`Unknown command: ${line}\n`),
};

const open = async (
  different: Partial<DeviceOptions> = {},
  options: Partial<ShellOptions> = {},
): Promise<ShellTransport> => {
  device = await startDevice({ commands: COMMANDS, prompt: () => `admin@fw(${role})> `, ...different });
  shell = new ShellTransport(
    device.login,
    { prompt: PROMPT, start: [], ...options },
    { pass: 'hidden', none: '' },
    systemClock,
  );
  return shell;
};
const type = (
  transport: ShellTransport,
  send: string,
  answers: Partial<Dialogue['answers'][number]>[] = [],
  timeout_ns = LONG,
  stamps: string[] = [],
): Promise<ExecResult> =>
  transport.exec(
    { send, answers: answers.map((each) => ({ to: '', say: '', enter: true, ...each })) },
    { timeout_ns, onStamp: (kind) => stamps.push(kind) },
  );

describe('an answer', () => {
  test('is what stands between the echo and the prompt, without colours and blanks at its ends', async () => {
    const transport = await open({ banner: 'Welcome!\nauthorized use only\n\n' });
    expect(await type(transport, 'show role')).toMatchObject({
      stdout: 'State: active\n',
      ended: 'exited',
      code: 0,
      sent: true,
    });
    expect((await type(transport, 'show wide')).stdout).toBe('State: active\n');
    expect(device?.sessions()).toBe(1);
  });

  test('comes whole through the pager', async () => {
    const transport = await open();
    expect((await type(transport, 'show all')).stdout).toBe('line 1\nline 2\nline 3\nline 4\n');
  });

  test('is read from a device that sends an octet at a time', async () => {
    const transport = await open({ slow: true });
    expect((await type(transport, 'show all')).stdout).toBe('line 1\nline 2\nline 3\nline 4\n');
    expect((await type(transport, 'show role')).stdout).toBe('State: active\n');
  });

  test('is read from a device that echoes nothing', async () => {
    const transport = await open({ echo: false });
    expect((await type(transport, 'show role')).stdout).toContain('State: active\n');
  });

  test('is found although the prompt has changed', async () => {
    const transport = await open();
    expect((await type(transport, 'suspend')).stdout).toContain('Successfully');
    expect((await type(transport, 'show role')).stdout).toBe('State: suspended\n');
  });

  test('belongs to its own question, when several are asked at once', async () => {
    const transport = await open();
    const [role1, all, wide] = await Promise.all(
      ['show role', 'show all', 'show wide'].map((line) => type(transport, line)),
    );
    expect([role1?.stdout, all?.stdout.length, wide?.stdout]).toEqual([
      'State: active\n',
      28,
      'State: active\n',
    ]);
    expect(device?.typed).toEqual(['show role', 'show all', 'show wide']);
  });
});

describe('a question of the device', () => {
  test('is answered as the driver says, each once', async () => {
    const transport = await open();
    const yes = { to: String.raw`\[yes/no\]:`, say: 'yes' };
    expect(
      (
        await type(transport, 'two', [
          { ...yes, to: `Save.*${yes.to}` },
          { ...yes, say: 'no' },
        ])
      ).stdout,
    ).toContain('yes no');
    expect(
      (await type(transport, 'key', [{ to: String.raw`\(y/n\)`, say: 'y', enter: false }])).stdout,
    ).toContain('got y');
  });

  test('that ends the connection is a connection that was cut, and the next one is new', async () => {
    const transport = await open();
    const stamps: string[] = [];
    const result = await type(
      transport,
      'restart',
      [
        { to: 'y or n', say: 'y' },
        { to: String.raw`\(y or n\)`, say: 'y' },
      ],
      LONG,
      stamps,
    );
    expect(result).toMatchObject({ ended: 'closed', code: null, sent: true });
    expect(stamps).toEqual(['issued', 'accepted', 'closed']);
    expect((await type(transport, 'show role')).stdout).toBe('State: active\n');
    expect(device?.typed).toEqual(['restart', 'show role']);
  });

  test('that nobody expects is not answered, and the device is hung up on', async () => {
    const transport = await open();
    const result = await type(transport, 'factory');
    expect(result).toMatchObject({ ended: 'exited', code: null, sent: true });
    expect(result.words).toBe('the device asks, and nothing answers: "Erase everything? (y/n)"');
    expect((await type(transport, 'show role')).stdout).toBe('State: active\n');
    expect(device?.typed).toEqual(['factory', 'show role']);
    expect(device?.sessions()).toBe(2);
  });

  test('for a password that nobody gives is an error, too', async () => {
    const transport = await open();
    expect((await type(transport, 'enable')).words).toContain('nothing answers: "Password:"');
  });
});

describe('the beginning', () => {
  test('types what the driver begins with, once, and leaves out what has no value', async () => {
    const start = [
      { send: 'set cli pager off', answers: [] },
      { send: 'set cli target {{none}}', answers: [] },
      { send: 'enable', answers: [{ to: 'Password:', say: '{{pass}}', enter: true }] },
    ];
    const transport = await open({}, { start });
    await type(transport, 'show role');
    await type(transport, 'show role');
    expect(device?.typed).toEqual(['set cli pager off', 'enable', 'show role', 'show role']);
  });

  test('at a prompt of another mode says what it found, and types nothing', async () => {
    const transport = await open({ prompt: () => 'admin@fw# ' });
    const impatient = new ShellTransport(
      { ...device!.login, timeout_ns: ns(3e9) },
      { prompt: PROMPT, start: [] },
      {},
      systemClock,
    );
    await expect(type(impatient, 'suspend')).rejects.toMatchObject({
      message: expect.stringMatching(
        /^shell of admin@127\.0\.0\.1:\d+: no prompt after the login: timed out at "admin@fw#"$/,
      ),
      remedy: expect.stringContaining('shell.prompt'),
    });
    await impatient.close();
    await transport.close();
    expect(device?.typed).toEqual([]);
  });

  test('with a password that must be changed says so', async () => {
    await open({ banner: 'Your password has expired.\n', prompt: () => 'New password: ' });
    await expect(type(shell!, 'show role')).rejects.toThrow('nothing answers: "New password:"');
  });

  test('that is refused has the cause and the remedy', async () => {
    await open();
    const wrong = new ShellTransport(
      { ...device!.login, password: 'not it' },
      { prompt: PROMPT, start: [] },
      {},
      systemClock,
    );
    await expect(type(wrong, 'show role')).rejects.toThrow(/the password was refused/);
    expect(device?.typed).toEqual([]);
  });
});

describe('a device that fails in the middle', () => {
  test('of an answer has cut the connection', async () => {
    const transport = await open();
    expect(await type(transport, 'half')).toMatchObject({ ended: 'closed', code: null, sent: true });
    expect((await type(transport, 'show role')).stdout).toBe('State: active\n');
  });

  test('of nothing times out, with where it stands, and is asked anew on a new connection', async () => {
    const transport = await open();
    const result = await type(transport, 'hang', [], BRIEF);
    expect(result).toMatchObject({
      ended: 'timeout',
      code: null,
      sent: true,
      words: expect.stringContaining('timed out'),
    });
    expect((await type(transport, 'show role')).stdout).toBe('State: active\n');
    expect(device?.typed).toEqual(['hang', 'show role']);
  });

  test('with garbage instead of an answer gives the garbage', async () => {
    const transport = await open({
      commands: {
        ...COMMANDS,
        'show role': (terminal) => terminal.write('\u001b[9;9H\u0007\0\uFFFD%%&&\n\n'),
      },
    });
    const result = await type(transport, 'show role');
    expect(result).toMatchObject({ ended: 'exited', code: 0 });
    expect(result.stdout).toContain('%%&&');
  });
});
