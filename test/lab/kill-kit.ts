import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  killRun,
  LAB_UP,
  labScenario,
  LEFT,
  NOTHING,
  PHASES,
  phasesOf,
  runIn,
  type Victim,
} from './killed-run.js';
import { distPath, labObstacle, openTool, processExists, until, type Tool } from './lab-kit.js';

/*
 * The run is killed (SIGKILL) in every phase of a trial, on a pair that outlives it. With its watchdog: what it had
 * changed is put back by `seqgap restore`, once, and what it had measured can be read. Alone: by its watchdog.
 * docs/safety.md tells what is left behind.
 */

const obstacle = labObstacle();

const undone = (about: string): string =>
  `undone: fw-[ab]: (undone already \\()?${about}\\)?\nthe pair is healthy`;
const undoneIn = (phase: string): string =>
  undone(phase.startsWith('failback') ? 'starts keepalived again' : 'gives the machine its power back');

/** What `seqgap restore` says of a run that was killed in a phase. */
const saidOf = (phase: string): string =>
  ({ nothing: NOTHING, change: undoneIn(phase), either: `${NOTHING}|${undoneIn(phase)}` })[
    LEFT[phase] ?? 'nothing'
  ];

/** Tests of kills in these phases, in a lab of their own. @param alone phases in which the watchdog is left alive. */
export const killedIn = (phases: readonly string[], alone: readonly string[]): void => {
  describe.skipIf(obstacle !== null)(`a run is killed ${obstacle ?? ''}`, () => {
    let tool: Tool;
    let folder: string;
    beforeAll(async () => {
      tool = openTool();
      folder = mkdtempSync(join(tmpdir(), 'seqgap-kill-'));
      await tool.run(...LAB_UP);
    });
    afterAll(async () => {
      await tool.dispose();
      rmSync(folder, { recursive: true });
    });

    const command = (...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> =>
      new Promise((resolve) => {
        const child = execFile(
          process.execPath,
          [distPath('cli.js'), ...args],
          { env: tool.env },
          (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
        );
      });

    /** Runs until a phase is entered, and kills it there. @returns its folder, and what it said until all was over. */
    const killIn = async (
      phase: string,
      name: string,
      victim: Victim,
    ): Promise<{ readonly run: string; readonly said: string; readonly killed: string }> => {
      const file = join(folder, `${name}.yaml`);
      writeFileSync(file, labScenario(phase.startsWith('failback') ? 'measure' : 'none'));
      // A second try is another run.
      const out = mkdtempSync(join(folder, `${name}-`));
      const args = [distPath('cli.js'), 'run', file, '--yes', '--out', out];
      const child = spawn(process.execPath, args, { env: tool.env, stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const closed = once(child, 'close');
      const run = (): string => runIn(join(out, 'kill')) ?? '';
      while (!phasesOf(run()).includes(phase) && child.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 10));
      expect(child.exitCode, said).toBeNull();
      const living = killRun(child.pid ?? 0, victim);
      // On a busy host the phase may just have been over: what is left is then that of the next one.
      const killed = phasesOf(run()).at(-1) ?? '';
      expect(PHASES.indexOf(killed)).toBeGreaterThanOrEqual(PHASES.indexOf(phase));
      await closed;
      // A command to the node that was under way runs to its end: it has a process group of its own.
      await until(() => !living.some(processExists));
      return { run: run(), said, killed };
    };

    const isAsBefore = async (): Promise<void> => {
      const { nodes } = await tool.status();
      expect(nodes.map(({ power }) => power)).toEqual(['on', 'on']);
      expect(nodes.map(({ ha }) => ha ?? '').toSorted()).toEqual(['BACKUP', 'MASTER']);
    };

    test.each(phases)('with its watchdog, in the phase %s', async (phase) => {
      const { run, killed } = await killIn(phase, phase.replace(' ', '-'), 'all');

      // The next run does not measure what is left of this one.
      if (phase === 'outage' && LEFT[killed] === 'change') {
        const next = await command(
          'run',
          join(folder, 'outage.yaml'),
          '--yes',
          '--out',
          join(folder, 'next'),
        );
        expect(next.code).toBe(2);
        expect(next.stderr).toContain(
          `the run ${realpathSync(run)} has not been restored; nothing was touched`,
        );
      }

      const first = await command('restore', run);
      expect(first).toMatchObject({ code: 0, stderr: '' });
      expect(first.stdout).toMatch(new RegExp(`^(${saidOf(killed)})\n$`));
      await isAsBefore();

      const [second, { code, stdout, stderr }] = await Promise.all([
        command('restore', run),
        command('report', run),
      ]);
      expect(second).toMatchObject({ code: 0, stderr: '' });
      expect(second.stdout).toMatch(new RegExp(`^${NOTHING}\n$`));

      // An unfinished run, and what it had measured is read without a complaint.
      expect([0, 1, 2]).toContain(code);
      expect(stdout + stderr).not.toMatch(/bug|at .*\.js:\d/);
      expect(stdout).toContain('Verdict');
    });

    test.each(alone)('alone, in the phase %s: its watchdog restores the pair', async (phase) => {
      const { run, said } = await killIn(phase, `alone-${phase.replace(' ', '-')}`, 'run');
      expect(said).toContain('seqgap watchdog: the run was killed');
      expect(said).toContain('seqgap watchdog: the pair is restored');
      await isAsBefore();
      const again = await command('restore', run);
      expect(again).toMatchObject({ code: 0, stdout: 'nothing to undo: everything was taken back\n' });
    });
  });
};
