import { startDevice, type Terminal } from '../trigger/device.js';
import type { TestPair, Unit } from './pair.js';
import type { Mishap, TestNode } from './vendor.js';

/** What a unit answers, line by line. */
export interface Shell {
  readonly banner?: string;
  prompt(): string;
  answer(terminal: Terminal, line: string): void | Promise<void>;
  /** How the device says no. */
  readonly refusal: string;
}

const forever = (): Promise<never> => new Promise(() => undefined);

/** Nobody reads what it says, or answers what it asks. */
const mute: Terminal = {
  write: () => undefined,
  ask: (question) => Promise.resolve(question.includes('More') ? ' ' : 'y'),
  cut: () => undefined,
};

const spoil = async (shell: Shell, { fault }: Mishap, terminal: Terminal, line: string): Promise<number> => {
  if (fault === 'refused') {
    terminal.write(`${shell.refusal}\n`);
    return 1;
  }
  await shell.answer(mute, line);
  if (fault === 'slow') return forever();
  terminal.write(fault === 'garbled' ? '\u001b[9;9H\u0007@@&&\uFFFD\n' : 'State: ac');
  if (fault === 'garbled') return 0;
  terminal.cut();
  return forever();
};

/** A unit's command line behind a real SSH server. */
const startShell = async (shell: Shell, params: Record<string, string> = {}): Promise<TestNode> => {
  const device = await startDevice({
    banner: shell.banner ?? '',
    prompt: () => shell.prompt(),
    commands: {
      '': (terminal, line) => {
        const { mishap } = node;
        if (mishap === null || !mishap.of.test(line)) return shell.answer(terminal, line);
        node.mishap = null;
        return spoil(shell, mishap, terminal, line);
      },
    },
  });
  const node: TestNode = {
    ssh: device.login,
    http: null,
    params,
    sent: () => device.typed,
    mishap: null,
    stop: () => device.stop(),
  };
  return node;
};

/** A device that goes down takes its sessions with it. */
export const goDown = (terminal: Terminal): Promise<never> => {
  terminal.cut();
  return forever();
};

export const NAMES = ['fw-a', 'fw-b'] as const;

/** Both units of a pair. */
export const each =
  (
    make: (pair: TestPair, unit: Unit) => Shell,
    params: (unit: Unit) => Record<string, string> = () => ({}),
  ) =>
  async (pair: TestPair): Promise<readonly [TestNode, TestNode]> =>
    Promise.all([startShell(make(pair, 0), params(0)), startShell(make(pair, 1), params(1))]);
