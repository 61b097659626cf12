import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { descendants, distPath, labObstacle, openTool, processExists, until, type Tool } from './lab-kit.js';

/*
 * The harness is killed (SIGKILL) in every phase of a trial, on a pair that outlives it. What it had changed is put
 * back by `seqgap restore`, once, and what it had measured can be read. docs/safety.md has the table.
 */

const obstacle = labObstacle();

const scenario = (failback: 'measure' | 'none'): string => `
name: kill
lab: { design: vrrp, advert: 500ms, boot: 1s }
nodes:
  fw-a: { driver: keepalived, ssh: { host: 10.4.0.11, user: root }, power: { driver: lab } }
  fw-b: { driver: keepalived, ssh: { host: 10.4.0.12, user: root }, power: { driver: lab } }
vantages: { client: { netns: client } }
streams:
  - { name: ping, type: icmp, from: client, to: 10.4.4.4, every: 20ms, timeout: 1s }
trigger: { node: active, action: stop, timeout: 20s }
trial: { repeat: 2, steady: 500ms, recovered: 500ms, restore: 60s, cool-down: 30s, failback: ${failback} }
`;

const NOTHING = 'nothing to undo: (the run changed nothing|everything was taken back)';
const undone = (about: string): string =>
  `undone: fw-[ab]: (undone already \\()?${about}\\)?\nthe pair is healthy`;
const POWER = undone('gives the machine its power back');
const KEEPALIVED = undone('starts keepalived again');

/** What `seqgap restore` says of a run that was killed in a phase. */
const LEFT: Readonly<Record<string, string>> = {
  preflight: NOTHING,
  steady: NOTHING,
  // The undo is on disk a moment after the phase has begun.
  trigger: `${NOTHING}|${POWER}`,
  outage: POWER,
  recovered: POWER,
  drain: POWER,
  // Given back already, but not healthy yet.
  restore: `${POWER}|${NOTHING}`,
  'cool-down': NOTHING,
  failback: NOTHING,
  'failback trigger': `${NOTHING}|${KEEPALIVED}`,
  'failback outage': KEEPALIVED,
  'failback recovered': KEEPALIVED,
  'failback drain': KEEPALIVED,
  'failback restore': `${KEEPALIVED}|${NOTHING}`,
};
const ALL = Object.keys(LEFT);

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const namesIn = (path: string): string[] => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};

/** Every phase of the first trial that was entered, as LEFT names them. */
const phasesOf = (run: string): string[] => {
  const entered = read(join(run, 'trial-01', 'events.jsonl'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { event: string; phase?: string; of?: string })
    .filter(({ event }) => event === 'phase')
    .map(({ of, phase = '' }) => (of === 'failback' && phase !== 'failback' ? `failback ${phase}` : phase));
  return read(join(run, 'run.json')).includes('"trials_done": 1') ? [...entered, 'cool-down'] : entered;
};

/** Tests of kills in these phases, in a lab of their own. */
export const killedIn = (...phases: readonly string[]): void => {
  describe.skipIf(obstacle !== null)(`the harness is killed ${obstacle ?? ''}`, () => {
    let tool: Tool;
    let folder: string;
    beforeAll(async () => {
      tool = openTool();
      folder = mkdtempSync(join(tmpdir(), 'seqgap-kill-'));
      await tool.run('lab', 'up', '--advert', '500ms', '--boot', '1s');
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

    /** Runs until a phase is entered, and kills it there. */
    const killIn = async (phase: string, name: string): Promise<string> => {
      const file = join(folder, `${name}.yaml`);
      writeFileSync(file, scenario(phase.startsWith('failback') ? 'measure' : 'none'));
      const args = [distPath('cli.js'), 'run', file, '--yes', '--out', join(folder, name)];
      const earlier = namesIn(join(folder, name, 'kill'));
      const child = spawn(process.execPath, args, { env: tool.env, stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const ended = once(child, 'exit');
      // Not `latest`: in its first phases a run is not that yet. A second try is another run.
      const runs = join(folder, name, 'kill');
      const newest = (): string =>
        join(runs, namesIn(runs).find((entry) => entry !== 'latest' && !earlier.includes(entry)) ?? 'none');
      while (!phasesOf(newest()).includes(phase) && child.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 10));
      const run = newest();
      const inside = descendants(child.pid ?? 0);
      expect(child.exitCode, said).toBeNull();
      child.kill('SIGKILL');
      await ended;
      // A command to the node that was under way runs to its end: it has a process group of its own.
      await until(() => !inside.some(processExists));
      return run;
    };

    test.each(phases)('in the phase %s', async (phase) => {
      const run = await killIn(phase, phase.replace(' ', '-'));
      // On a busy host the phase may just have been over: what is left is then that of the next one.
      const killed = phasesOf(run).at(-1) ?? '';
      expect(ALL.indexOf(killed)).toBeGreaterThanOrEqual(ALL.indexOf(phase));

      // The next run does not measure what is left of this one.
      if (phase === 'outage' && LEFT[killed] === POWER) {
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
      expect(first.stdout).toMatch(new RegExp(`^(${LEFT[killed]})\n$`));
      const { nodes } = await tool.status();
      expect(nodes.map(({ power }) => power)).toEqual(['on', 'on']);
      expect(nodes.map(({ ha }) => ha ?? '').toSorted()).toEqual(['BACKUP', 'MASTER']);

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
  });
};
