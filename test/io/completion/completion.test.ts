import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const program = new URL('../../../dist/cli.js', import.meta.url).pathname;
/** Only what hangs fails by it. */
const BUSY = { timeout: 300_000 };

let folder = '';
let env: Record<string, string> = {};

/** Says what was typed, and hands on only what completion asks. */
const STAND_IN = `#!/bin/sh
if [ "$1" = --complete-words ]; then exec "${process.execPath}" "${program}" "$@"; fi
echo "typed:$(printf ' <%s>' "$@")."
`;

const BEFORE: Readonly<Record<string, string>> = { zsh: 'autoload -Uz compinit\ncompinit -D -u\n' };
const AFTER: Readonly<Record<string, string>> = {
  bash: "PS1='ready> '\n",
  zsh: "PROMPT='ready> '\n",
  fish: "function fish_prompt; echo -n 'ready> '; end\n",
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-completion-'));
  const bin = join(folder, '.bin');
  await mkdir(bin);
  await writeFile(join(bin, 'seqgap'), STAND_IN);
  await chmod(join(bin, 'seqgap'), 0o755);
  for (const shell of Object.keys(SHELLS)) {
    const { stdout } = await execa(process.execPath, [program, 'completion', shell]);
    await writeFile(join(folder, `.${shell}rc`), `${BEFORE[shell] ?? ''}${stdout}\n${AFTER[shell] ?? ''}`);
  }
  await mkdir(join(folder, 'results/fw-crash/20260131T235959Z-9.0'), { recursive: true });
  await writeFile(join(folder, 'results/fw-crash/20260131T235959Z-9.0/run.json'), '{}');
  await writeFile(join(folder, 'fw-crash.yaml'), '');
  await writeFile(join(folder, 'two words.yaml'), '');
  await writeFile(join(folder, 'fw-crash.txt'), '');
  env = {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    HOME: folder,
    XDG_CONFIG_HOME: folder,
    TERM: 'vt100',
    LC_ALL: 'C.UTF-8',
  };
});
afterAll(() => rm(folder, { recursive: true }));

test('the function of bash, with a name that has a blank', BUSY, async () => {
  const script = `source .bashrc; COMP_WORDS=(seqgap check two); COMP_CWORD=2; _seqgap seqgap; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await execa('bash', ['--norc', '-c', script], { cwd: folder, env });
  expect(stdout).toBe('two\\ words.yaml');
});

/** An interactive shell on a terminal of its own: types the keys at its prompt, and waits for what the command got. */
const typing = async (shell: string, keys: string): Promise<string> => {
  const terminal = execa('script', ['-qec', `stty rows 24 cols 200; ${shell}`, '/dev/null'], {
    cwd: folder,
    env,
    reject: false,
  });
  let seen = '';
  let sent = false;
  return new Promise((resolve) => {
    terminal.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (!sent && seen.includes('ready> ')) {
        sent = true;
        terminal.stdin.write(keys);
      }
      const got = /typed:(.*)\./.exec(seen);
      if (got === null) return;
      terminal.stdin.end('\x03exit\r');
      terminal.kill();
      resolve(got[1]?.trim() ?? '');
    });
    void terminal.then(() => resolve(`ended early: ${seen}`));
  });
};

/** How each is started, with the script read and a prompt that can be known. */
const SHELLS: Readonly<Record<string, string>> = {
  bash: 'bash --rcfile .bashrc -i',
  zsh: 'env ZDOTDIR=. zsh -i',
  fish: 'fish --no-config --init-command "source .fishrc"',
};

for (const [shell, start] of Object.entries(SHELLS)) {
  const missing = !existsSync(`/usr/bin/${shell}`) && !existsSync(`/bin/${shell}`);
  const title = `typed in ${shell}${missing ? ` (skipped: ${shell} is not installed)` : ''}`;
  describe.skipIf(missing)(title, BUSY, () => {
    test('a command, and the value of an option', async () => {
      expect(await typing(start, 'seqgap ini\t--lab vrrp-dir\t\r')).toBe('<init> <--lab> <vrrp-direction>');
    });
    test('folders to go on from, down to a run', async () => {
      expect(await typing(start, 'seqgap report res\tfw\t20\t\r')).toBe(
        '<report> <results/fw-crash/20260131T235959Z-9.0>',
      );
    });
  });
}
