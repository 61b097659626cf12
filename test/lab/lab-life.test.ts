import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { findKept, recordPath } from '../../src/lab/kept.js';
import {
  descendants,
  HeldNamespaces,
  labObstacle,
  modulePath,
  openTool,
  processExists,
  until,
  type Tool,
} from './lab-kit.js';

const obstacle = labObstacle();

/** Runs a program text in a fresh lab's namespaces, from an outer process as `seqgap run` is. */
const runOuter = (tool: Tool, inner: string): ChildProcess => {
  const outer = `
    const { runCommandInLab } = await import(${JSON.stringify(modulePath('lab/enter.js'))});
    const command = [process.execPath, '--input-type=module', '-e', process.argv[1]];
    process.exitCode = await runCommandInLab(command, { kept: null });
  `;
  return spawn(process.execPath, ['--input-type=module', '-e', outer, inner], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: tool.env,
  });
};

const linesOf = (child: ChildProcess): string[] => {
  const lines: string[] = [];
  if (child.stdout) createInterface(child.stdout).on('line', (line) => lines.push(line));
  return lines;
};

const PLAN = `{ design: 'vrrp', advert_ns: 1e8, sync: 'conntrackd', boot_ns: 1e9, tcpLoose: false, nat: 'none', preempt: false }`;

const BOOT_AND_WAIT = `
  const { startLab } = await import(${JSON.stringify(modulePath('lab/start.js'))});
  await startLab(${PLAN}, { witness: false, onStep: () => undefined });
  console.log('ready');
  setInterval(() => undefined, 1000);
`;

describe.skipIf(obstacle !== null)(`the life of a lab ${obstacle ?? ''}`, () => {
  test('SIGKILL of the outer process leaves no process, namespace or file', async () => {
    const tool = openTool();
    const outer = runOuter(tool, BOOT_AND_WAIT);
    const lines = linesOf(outer);
    await until(() => lines.includes('ready'));
    const inside = descendants(outer.pid ?? 0);
    const spaces = new HeldNamespaces();
    spaces.hold(outer.pid ?? 0);
    // jump, client, server and the two nodes; the fabric's `ip` is in a sixth.
    expect(spaces.count).toBe(6);
    outer.kill('SIGKILL');
    await once(outer, 'exit');
    await until(() => !inside.some(processExists));
    expect(spaces.keepers()).toEqual([]);
    spaces.release();
    expect(existsSync('/run/seqgap')).toBe(false);
    expect(existsSync('/run/netns/client')).toBe(false);
    await tool.dispose();
  });

  test('a signal reaches the inner program exactly once, and its exit code comes out', async () => {
    const tool = openTool();
    const inner = `
      let count = 0;
      process.on('SIGINT', () => console.log('interrupted', ++count));
      process.stdin.on('data', () => process.exit(40 + count));
      console.log('listening');
    `;
    const outer = runOuter(tool, inner);
    const lines = linesOf(outer);
    await until(() => lines.includes('listening'));
    outer.kill('SIGINT');
    await until(() => lines.includes('interrupted 1'));
    outer.kill('SIGINT');
    await until(() => lines.includes('interrupted 2'));
    outer.stdin?.write('end\n');
    const [code] = (await once(outer, 'exit')) as [number];
    expect(code).toBe(42);
    await tool.dispose();
  });

  test('Ctrl-C at a terminal reaches it once too, and it sees the terminal', async () => {
    const tool = openTool();
    const folder = mkdtempSync(join(tmpdir(), 'seqgap-tty-'));
    const inner = join(folder, 'inner.mjs');
    writeFileSync(
      inner,
      `let count = 0;
      process.on('SIGINT', () => console.log('interrupted ' + ++count));
      process.stdin.on('data', () => process.exit(40 + count));
      console.log('terminal ' + process.stdin.isTTY + ' ' + process.stdout.isTTY);`,
    );
    const outer = join(folder, 'outer.mjs');
    writeFileSync(
      outer,
      `import { runCommandInLab } from ${JSON.stringify(modulePath('lab/enter.js'))};
      process.exitCode = await runCommandInLab([process.execPath, ${JSON.stringify(inner)}], { kept: null });`,
    );
    // script(1) makes the terminal: what is written to its stdin is typed there. Without `exec` a dash in between would
    // get the Ctrl-C as well, and say 130 whatever its command ended with.
    const typed = spawn('script', ['-qec', `exec ${process.execPath} ${outer}`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: tool.env,
    });
    const lines = linesOf(typed);
    await until(() => lines.some((line) => line.includes('terminal true true')));
    typed.stdin.write('\u0003');
    await until(() => lines.some((line) => line.includes('interrupted 1')));
    typed.stdin.write('end\n');
    const [code] = (await once(typed, 'exit')) as [number];
    expect(code).toBe(41);
    rmSync(folder, { recursive: true });
    await tool.dispose();
  });

  test('orphans in the lab are reaped by its init', async () => {
    const tool = openTool();
    const inner = `
      const { execSync } = await import('node:child_process');
      const { readdirSync, readFileSync } = await import('node:fs');
      execSync('(sleep 0.05 &)');
      const names = () => readdirSync('/proc').filter((n) => /^[0-9]+$/.test(n)).map((n) => {
        try { return readFileSync('/proc/' + n + '/comm', 'utf8').trim(); } catch { return ''; }
      });
      while (names().includes('sleep')) await new Promise((resolve) => setTimeout(resolve, 10));
      console.log('reaped');
    `;
    const outer = runOuter(tool, inner);
    const lines = linesOf(outer);
    const [code] = (await once(outer, 'exit')) as [number];
    expect({ code, lines }).toEqual({ code: 0, lines: ['reaped'] });
    await tool.dispose();
  });

  test('"lab down" ends everything; the record of a lab that died is cleaned up', async () => {
    const tool = openTool();
    const record = recordPath(tool.env);
    mkdirSync(dirname(record), { recursive: true });
    // This process's id with another start time: an id that was given away again.
    const stale = { pid: process.pid, startTicks: 1, plan: {}, witness: false, since: '' };
    writeFileSync(record, JSON.stringify(stale));
    await expect(tool.run('lab', 'exec', 'jump', '--', 'true')).rejects.toThrow(/no lab is up/);
    expect(existsSync(record)).toBe(false);

    await tool.run('lab', 'up', '--advert', '100ms', '--boot', '1s');
    const kept = findKept(record);
    const inside = [kept?.pid ?? 0, ...descendants(kept?.pid ?? 0)];
    expect(inside.length).toBeGreaterThan(10);
    expect(readFileSync(record, 'utf8')).toContain('"advert_ns": 100000000');
    expect(await tool.run('lab', 'down')).toBe('the lab is gone\n');
    await until(() => !inside.some(processExists));
    expect(existsSync(record)).toBe(false);
    await tool.dispose();
  });

  test('a kept lab with other knobs is not used, and says so', async () => {
    const tool = openTool();
    await tool.run('lab', 'up', '--advert', '100ms', '--boot', '1s', '--sync', 'none');
    const probe = `
      const { runInLab } = await import(${JSON.stringify(modulePath('lab/enter.js'))});
      const plan = ${PLAN};
      await runInLab(plan, ['lab', 'status']).catch((error) => console.log(error.message, '|', error.remedy));
      const code = await runInLab({ ...plan, sync: 'none' }, ['lab', 'status']);
      console.log('exit', code);
    `;
    const outer = spawn(process.execPath, ['--input-type=module', '-e', probe], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: tool.env,
    });
    const lines = linesOf(outer);
    await once(outer, 'exit');
    expect(lines[0]).toMatch(/other knobs.*sync none.*\| .*seqgap lab down/);
    expect(lines).toContain('fw-a: power on, MASTER');
    expect(lines.at(-1)).toBe('exit 0');
    await tool.dispose();
  });
});
