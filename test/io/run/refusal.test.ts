import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../trigger/sshd.js';

/* A service that says no while the path is up: what a run makes of it. */

const CLI = join(import.meta.dirname, '../../../dist/cli.js');

type Rows = readonly Readonly<Record<string, unknown>>[];
interface Answer {
  readonly code: number | null;
  readonly stderr: string;
  readonly summary: string;
  readonly tables: Record<'trials' | 'streams' | 'outages', Rows>;
}

/** The trigger stops a server, and starts it again after so many seconds, or never. */
const runRefused = async (back_s: number | null): Promise<Answer> => {
  const folder = mkdtempSync(join(tmpdir(), 'seqgap-refusal-'));
  const port = await freePort();
  writeFileSync(
    join(folder, 'serve.cjs'),
    `require('node:net').createServer((socket) => socket.on('error', () => {}).end()).listen(${port}, '127.0.0.1');\n` +
      `require('node:fs').writeFileSync('${folder}/pid', String(process.pid));\n`,
  );
  const serve = `setsid '${process.execPath}' '${folder}/serve.cjs' >/dev/null 2>&1 </dev/null &`;
  writeFileSync(join(folder, 'start.sh'), `${serve}\n`);
  const again = back_s === null ? '' : `(sleep ${back_s}; sh '${folder}/start.sh') >/dev/null 2>&1 &\n`;
  writeFileSync(join(folder, 'stop.sh'), `kill "$(cat '${folder}/pid')"\n${again}`);
  writeFileSync(
    join(folder, 'refused.yaml'),
    `name: refused\nstreams:\n  - { name: web, type: tcp, to: '127.0.0.1:${port}', every: 100ms }\n` +
      `trigger: { action: exec, command: 'sh ${folder}/stop.sh' }\n` +
      'trial: { repeat: 1, steady: 2s, recovered: 1s, give-up: 6s, cool-down: 0s }\nlimits: { web.longest: 500ms }\n',
  );
  onTestFinished(
    () =>
      new Promise((resolve) => {
        execFile('sh', ['-c', `kill "$(cat '${folder}/pid')"`], () =>
          resolve(rmSync(folder, { recursive: true })),
        );
      }),
  );
  await new Promise((resolve) => execFile('sh', [join(folder, 'start.sh')], resolve));
  while (!existsSync(join(folder, 'pid'))) await sleep(20);
  const [code, stdout, stderr] = await new Promise<[number | null, string, string]>((resolve) => {
    const args = ['run', join(folder, 'refused.yaml'), '--yes', '--json', '--out', join(folder, 'out')];
    const env = { ...process.env, XDG_STATE_HOME: folder };
    const child = execFile(process.execPath, [CLI, ...args], { env }, (_, ...said) =>
      resolve([child.exitCode, ...said]),
    );
  });
  expect(stdout, stderr).not.toBe('');
  const summary = readFileSync(join(folder, 'out/refused/latest/summary.md'), 'utf8');
  return { code, stderr, summary, tables: JSON.parse(stdout) as Answer['tables'] };
};

describe('a service that refuses from the trigger on', { concurrent: true }, () => {
  test('and is back after a while: an event of its own, which is waited for, and no loss', async () => {
    const { code, stderr, summary, tables } = await runRefused(1);
    expect(tables.trials).toMatchObject([{ status: 'ok', verdict: 'pass', outage_s: 0 }]);
    expect(tables.streams).toMatchObject([{ status: 'unaffected', lost: 0, periods: 0 }]);
    const only = tables.outages.find(({ kind }) => kind === 'refused');
    expect(only).toMatchObject({ censored: false, lost: 0 });
    expect(only?.hi_s).toBeGreaterThan(1);
    expect(stderr).toMatch(/^trial 1\/1 .* · web refused for \d/m);
    expect(summary).toMatch(/web\.longest.*in all of 1 trial; WARNING: refused for \d/);
    expect(code).toBe(0);
  });

  test('to the end: degraded, and no pass', async () => {
    const { code, stderr, tables } = await runRefused(null);
    expect(tables.trials).toMatchObject([{ status: 'degraded', verdict: 'fail' }]);
    expect(tables.streams).toMatchObject([{ status: 'degraded', lost: 0 }]);
    expect(tables.outages).toMatchObject([{ kind: 'refused', censored: true }]);
    expect(stderr).toContain('still refused');
    expect(code).toBe(1);
  });
});
