import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Screen, type Size } from './screen.js';

const CLI = join(import.meta.dirname, '../../../dist/cli.js');
const folder = mkdtempSync(join(tmpdir(), 'seqgap-person-'));
const server = createServer((socket) => socket.on('error', () => {}).end());
const env = { XDG_STATE_HOME: join(folder, 'state') };

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** Nothing fails over: what is to be seen is the person's part. */
const scenario = (prompt: string | null, streams = 1): string => {
  const { port } = server.address() as AddressInfo;
  const file = join(mkdtempSync(join(folder, 's-')), 'man.yaml');
  const all = Array.from(
    { length: streams },
    (_, i) => `  - { name: s${i}, type: tcp, to: '127.0.0.1:${port}', every: 50ms }`,
  );
  writeFileSync(
    file,
    `name: man\nstreams:\n${all.join('\n')}\n` +
      `trigger: { action: manual, timeout: 500ms${prompt === null ? '' : `, prompt: '${prompt}'`} }\n` +
      'trial: { repeat: 1, steady: 500ms, recovered: 500ms, give-up: 2s, cool-down: 0s }\n',
  );
  return file;
};

const run = (file: string, size: Size): Screen => {
  const screen = new Screen(
    [process.execPath, CLI, 'run', file, '--yes', '--out', join(folder, 'out')],
    size,
    env,
  );
  onTestFinished(() => screen.kill());
  return screen;
};

const ASKED =
  /Now: pull the plug of fw-a\. Press Enter when it is done\. Then traffic is watched until it is back, for 2s at most\. Ctrl-C ends the run instead\./;
const BACK = /Now put back what was done by hand \(pull the plug of fw-a\)\. Press Enter when it is done\./;

describe('the question of a manual trigger', () => {
  test.each([
    ['80x24', { columns: 80, rows: 24 }, 3],
    ['40x10, lower than the picture', { columns: 40, rows: 10 }, 12],
    ['250x60', { columns: 250, rows: 60 }, 3],
  ])('stands in view until it is answered, and so does that of its undo: %s', async (_, size, streams) => {
    const screen = run(scenario('pull the plug of fw-a.', streams), size);
    await screen.shows(ASKED);
    for (const words of await screen.frames(8)) expect(words).toMatch(ASKED);
    screen.type('\r');
    await screen.shows(BACK);
    screen.type('\r');
    expect(await screen.exit()).toBe(2);
  });

  test('stays when the terminal is made smaller and larger, and when something is typed', async () => {
    const screen = run(scenario('pull the plug of fw-a'), { columns: 100, rows: 30 });
    await screen.shows(ASKED);
    for (const size of [
      { columns: 40, rows: 12 },
      { columns: 120, rows: 40 },
    ]) {
      screen.resize(size);
      screen.type('abc');
      const frames = await screen.frames(10);
      for (const words of frames.slice(5)) expect(words).toMatch(ASKED);
    }
    screen.type('\r');
    await screen.shows(BACK);
    screen.type('\r');
    expect(await screen.exit()).toBe(2);
  });

  test('is not answered by an Enter from before it', async () => {
    const screen = run(scenario('pull the plug of fw-a'), { columns: 80, rows: 24 });
    await screen.shows(/steady/);
    screen.type('\r\r');
    await screen.shows(ASKED);
    for (const words of await screen.frames(5)) expect(words).toMatch(ASKED);
  });

  test('Ctrl-C ends the run in order: what was done is asked to be put back', async () => {
    const screen = run(scenario('pull the plug of fw-a'), { columns: 80, rows: 24 });
    await screen.shows(ASKED);
    screen.type('\u0003');
    await screen.shows(BACK);
    screen.type('\r');
    await screen.shows(/interrupted: the pair is restored/);
    expect(await screen.exit()).toBe(2);
  });

  test('whoever leaves the second one too is told what is left to do: exit 3', async () => {
    const screen = run(scenario('pull the plug of fw-a'), { columns: 80, rows: 24 });
    await screen.shows(ASKED);
    screen.type('\u0003');
    await screen.shows(
      /If nothing was done, press Enter as well\. Then the run goes on\. Ctrl-C twice leaves it/,
    );
    screen.type('\u0003');
    await screen.shows(/Then the run ends\. Ctrl-C once more leaves it as it is \(exit code 3\)/);
    screen.type('\u0003');
    await screen.shows(/do by hand: on this host: put back what was done by hand/);
    expect(await screen.exit()).toBe(3);
  });

  test('is written once where standard error is no terminal', async () => {
    const log = join(folder, 'log');
    const screen = new Screen(
      [
        'sh',
        '-c',
        `exec "$@" 2>${log}`,
        'sh',
        process.execPath,
        CLI,
        'run',
        scenario('pull it'),
        '--yes',
        '--out',
        join(folder, 'out'),
      ],
      { columns: 80, rows: 24 },
      env,
    );
    onTestFinished(() => screen.kill());
    const tail = spawn('tail', ['-n', '+1', '-F', log], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void tail.kill());
    let text = '';
    for await (const chunk of tail.stdout) {
      text += String(chunk);
      if (text.includes('Ctrl-C ends the run instead.')) break;
    }
    screen.type('\r');
    const back = /Now put back what was done by hand \(pull it\)\. Press Enter/;
    const more = spawn('tail', ['-n', '+1', '-F', log], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void more.kill());
    text = '';
    for await (const chunk of more.stdout) {
      text += String(chunk);
      if (back.test(text)) break;
    }
    screen.type('\r');
    expect(await screen.exit()).toBe(2);
    expect(text.match(/Now: pull it\. Press Enter/g)).toHaveLength(1);
  });
});

describe('other questions', () => {
  test.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
    ['no', 'n\r'],
  ])('%s at the question before a run starts nothing', async (_, keys) => {
    const out = join(mkdtempSync(join(folder, 'o-')), 'none');
    const screen = new Screen(
      [process.execPath, CLI, 'run', scenario(null), '--out', out],
      { columns: 80, rows: 24 },
      env,
    );
    onTestFinished(() => screen.kill());
    await screen.shows(/Go on\? \[y\/N\]/);
    screen.type(keys);
    expect([2, 130]).toContain(await screen.exit());
    expect(screen.words()).toMatch(/not started|nothing was touched/);
    expect(() => execFileSync('ls', [out], { stdio: 'ignore' })).toThrow();
  });

  test.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s in the dialogue of init writes nothing', async (_, keys) => {
    const screen = new Screen(
      ['sh', '-c', `cd ${folder}; exec "$@"`, 'sh', process.execPath, CLI, 'init'],
      { columns: 80, rows: 50 },
      env,
    );
    onTestFinished(() => screen.kill());
    await screen.shows(/Platform of the pair/);
    screen.type(keys);
    expect(await screen.exit()).toBe(2);
    expect(screen.words()).toContain('nothing was written');
  });
});
