import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import xterm from '@xterm/headless';
import { describe, expect, test } from 'vitest';
import { dryParse, shellWords } from './command-lines.js';
import { pages, root } from './pages.js';

/* docs/watch.cast, by what asciicast v2 says of a file (https://docs.asciinema.org/manual/asciicast/v2/). */

const NAME = 'docs/watch.cast';
const written = readFileSync(join(root, NAME), 'utf8');
const [first = '', ...rest] = written.trimEnd().split('\n');
const header = JSON.parse(first) as {
  readonly version: number;
  readonly width: number;
  readonly height: number;
};
const events = rest.map((line) => JSON.parse(line) as [time: number, code: string, data: string]);
const output = events.filter(([, code]) => code === 'o');
const commands = events.flatMap(([, code, data]) => (code === 'm' ? [data] : []));

/** Every state of the screen that a player shows. */
const screens = async (): Promise<string[]> => {
  const terminal = new xterm.Terminal({ cols: header.width, rows: header.height, allowProposedApi: true });
  const seen: string[] = [];
  for (const [, , data] of output) {
    await new Promise<void>((resolve) => terminal.write(data, resolve));
    const { active } = terminal.buffer;
    const lines = Array.from(
      { length: header.height },
      (_, row) => active.getLine(row)?.translateToString(true) ?? '',
    );
    seen.push(lines.join('\n'));
  }
  return seen;
};
const seen = await screens();
const all = seen.join('\n');
const last = seen.at(-1) ?? '';

describe('the recording of a watch', () => {
  test('is an asciicast of version 2, its times in order', () => {
    expect(header).toMatchObject({ version: 2, width: expect.any(Number), height: expect.any(Number) });
    expect(events.filter(([, code]) => code !== 'o' && code !== 'm')).toEqual([]);
    const times = events.map(([time]) => time);
    expect(times.every((time) => Number.isFinite(time) && time >= 0)).toBe(true);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test('is for a reader in a hurry: no longer than a minute, nowhere long without a change, small', () => {
    const times = [0, ...events.map(([time]) => time)];
    expect(times.at(-1)).toBeLessThanOrEqual(60);
    expect(Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? 0)))).toBeLessThan(4);
    expect(written.length).toBeLessThan(100_000);
  });

  test('has nothing but text, its place and its colours', () => {
    // What follows each escape: where to, from here to the end of the line, which colour.
    const orders = output.flatMap(([, , data]) => data.split('\u001b').slice(1));
    expect(orders.filter((order) => !/^\[[\d;]*[mHK]/.test(order))).toEqual([]);
    expect(orders.filter((order) => /\p{Cc}/u.test(order))).toEqual([]);
  });

  test('its commands are understood, also those behind another one', async () => {
    expect(commands.length).toBeGreaterThan(1);
    for (const command of commands) {
      // A player can go to where it was typed.
      expect(all.replaceAll('\n', '')).toContain(`$ ${command}`);
      for (const part of command.split(' -- ')) {
        const [program, ...words] = shellWords(part);
        expect(program).toBe('seqgap');
        await dryParse(words);
      }
    }
  });

  test('shows a failover from its first sign to the answer', () => {
    expect(all).toMatch(/▶ power cut of fw-a/);
    expect(all).toMatch(/✗ DOWN \d/);
    expect(last).toMatch(/10\.4\.4\.4 +✓ down for \d/);
    expect(last).toMatch(/power cut of fw-a \d\d:\d\d:\d\d: /);
    expect(last).toMatch(/session 10\.4\.4\.4:7: survived/);
    expect(last).toMatch(/Watched 2 targets for/);
    // The prompt is back: nothing went on.
    expect(last).toMatch(/\n\$ *\n*$/);
  });

  test('tells nothing of whoever made it', () => {
    for (const name of [hostname(), userInfo().homedir, '/tmp', '/home/', '/root'])
      if (name.length > 3) expect(all).not.toContain(name);
    expect(header).not.toHaveProperty('env');
  });

  test('is where the README says, and how to play it', () => {
    const readme = pages.find(({ name }) => name === 'README.md')?.text ?? '';
    expect(readme).toContain(`asciinema play ${NAME}`);
    expect(readme).toContain(`](${NAME})`);
  });
});
