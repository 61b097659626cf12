/*
 * Makes docs/watch.cast, which the README links: a power cut of the lab's pair, at a real terminal, as whoever sits there sees
 * it. asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/): asciinema play docs/watch.cast. Needs root, as the lab does.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import xterm from '@xterm/headless';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const COLUMNS = 108;
const ROWS = 30;
/** What is drawn over between two looks was seen by nobody. */
const LOOK_MS = 200;
const KEY_MS = 45;
/** Where nothing happens for longer, it is left out. */
const IDLE_S = 1.5;
const PATIENCE_MS = 120_000;

const home = mkdtempSync(join(tmpdir(), 'recording-'));
symlinkSync(join(ROOT, 'dist/cli.js'), join(home, 'seqgap'));
// Nothing of whoever makes it: neither names nor paths, nor a lab that is up already.
const env = {
  HOME: home,
  XDG_STATE_HOME: join(home, 'state'),
  PATH: [
    home,
    dirname(process.execPath),
    '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  ].join(':'),
  // Another one would show a prompt with names.
  SHELL: '/bin/sh',
  PS1: '$ ',
  TERM: 'xterm-256color',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
};

const terminal = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
const shell = `stty rows ${ROWS} cols ${COLUMNS}; exec sh`;
const script = spawn('script', ['-qefc', shell, '/dev/null'], { cwd: home, env });
script.stdout.on('data', (data) => terminal.write(data));

/** Colours and weights of a cell, as an order to a terminal has them. */
const styleOf = (cell) =>
  [
    ...(cell.isBold() ? [1] : []),
    ...(cell.isDim() ? [2] : []),
    ...(cell.isFgPalette() ? [cell.getFgColor() + (cell.getFgColor() < 8 ? 30 : 82)] : []),
  ].join(';');

/** A line of the screen, to be written where it stands. */
const lineAt = (row) => {
  const { active } = terminal.buffer;
  const line = active.getLine(active.viewportY + row);
  const length = line.translateToString(true).length;
  let text = '';
  let style = '';
  for (let column = 0; column < length; column += 1) {
    const cell = line.getCell(column);
    const own = styleOf(cell);
    if (own !== style) text += own === '' ? '\u001b[0m' : `\u001b[0;${own}m`;
    style = own;
    text += cell.getWidth() === 0 ? '' : cell.getChars() || ' ';
  }
  return style === '' ? text : `${text}\u001b[0m`;
};

const events = [];
let time_s = 0;
let looked_ms = performance.now();
let shown = Array.from({ length: ROWS }, () => '');
let at = '';

/** What has changed since the last look. */
const look = () => {
  if (terminal.modes.synchronizedOutputMode) return;
  const { active } = terminal.buffer;
  const lines = Array.from({ length: ROWS }, (_, row) => lineAt(row));
  const cursor = `\u001b[${active.cursorY + 1};${active.cursorX + 1}H`;
  const changed = lines.flatMap((line, row) =>
    line === shown[row] ? [] : [`\u001b[${row + 1};1H\u001b[K${line}`],
  );
  if (changed.length === 0 && cursor === at) return;
  const now_ms = performance.now();
  time_s += Math.min(IDLE_S, (now_ms - looked_ms) / 1000);
  looked_ms = now_ms;
  events.push([Number(time_s.toFixed(2)), 'o', changed.join('') + cursor]);
  shown = lines;
  at = cursor;
};
const looking = setInterval(look, LOOK_MS);

const screen = () => {
  const { active } = terminal.buffer;
  return Array.from({ length: ROWS }, (_, row) =>
    active.getLine(active.viewportY + row).translateToString(true),
  ).join('\n');
};

const until = async (what) => {
  const late = AbortSignal.timeout(PATIENCE_MS);
  while (!what.test(screen())) {
    if (late.aborted || script.exitCode !== null) throw new Error(`no ${what} in:\n${screen()}`);
    await sleep(LOOK_MS);
  }
};

const PROMPT = /(?:^|\n)\$\s*$/;
const PAUSE_MS = 700;

const type = async (text) => {
  for (const key of text) {
    script.stdin.write(key);
    await sleep(KEY_MS);
  }
};

/** Types a command at the prompt; a marker lets a player go there. */
const command = async (line) => {
  await sleep(PAUSE_MS);
  await until(PROMPT);
  look();
  events.push([events.at(-1)?.[0] ?? 0, 'm', line]);
  await type(line);
  await sleep(400);
  script.stdin.write('\r');
};

const seqgap = (...args) => execFileSync(join(home, 'seqgap'), args, { cwd: home, env });

try {
  await command('seqgap lab up');
  await until(/lab down/);
  await command('seqgap lab exec jump');
  await command("seqgap watch 10.4.4.4 10.4.4.4:80 --session 10.4.4.4:7 --from 'ip netns exec client'");
  await until(/session is open/);
  await sleep(3000);
  await type('mpower cut of fw-a');
  await sleep(400);
  script.stdin.write('\r');
  // In another terminal.
  seqgap('lab', 'power', 'fw-a', 'crash');
  await until(/10\.4\.4\.4:80 +✓ down for/);
  await until(/session goes on/);
  await sleep(2500);
  script.stdin.write('q');
  await until(/session 10\.4\.4\.4:7: /);
  await until(PROMPT);
  look();
} finally {
  clearInterval(looking);
  seqgap('lab', 'down');
  script.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
}

// The answer stays for a while before a player ends, or begins again.
events.push([Number((time_s + 3).toFixed(2)), 'o', at]);
const header = {
  version: 2,
  width: COLUMNS,
  height: ROWS,
  title: 'seqgap watch: a power cut of a firewall pair',
};
const cast = [header, ...events].map((each) => `${JSON.stringify(each)}\n`).join('');
writeFileSync(join(ROOT, 'docs/watch.cast'), cast);
process.stdout.write(
  `docs/watch.cast: ${events.at(-1)[0]} s, ${events.length} events, ${Math.round(cast.length / 1024)} KiB\n`,
);
