import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect } from 'vitest';
import type { ResultDocument } from '../../src/model/tables.js';
import { measuring } from '../measuring.js';
import { distPath, labObstacle, openTool } from './lab-kit.js';

const obstacle = labObstacle();

/** Five crashes of a pair, whose outages took 0.56 to 0.72 s; nothing tells of their parts. */
const RUN = join(import.meta.dirname, '../../results/example/lab-vrrp-timer/20261121T230652Z-advert-200ms');
/** The quickest lab to measure, with heartbeats that a busy host does not miss. */
const LAB = ['--design', 'cloud-ip', '--knob', 'heartbeat=200ms', '--knob', 'missed=3'];
const CHANGE = ['--what-if', 'promotion=3s'];
/** What the twin's lab adds to what was measured: its detection and its programs, and a busy host to that. */
const NOISE_S = 1.5;

interface Document {
  readonly what_if: { readonly next: Known; readonly next_as_it_is: Known };
}
interface Known {
  readonly lo_s: number;
  readonly hi_s: number;
}

describe.skipIf(obstacle !== null)(`seqgap twin --measure ${obstacle ?? ''}`, () => {
  const test = measuring(async (folder) => {
    const tool = openTool();
    const seqgap = (...args: readonly string[]) =>
      execa(process.execPath, [distPath('cli.js'), ...args], { cwd: folder, reject: false, env: tool.env });
    const predicted = await seqgap('twin', RUN, ...LAB, ...CHANGE, '--json');
    const order = ['-o', 'twin.yaml', '--measure', '--repeat', '1'];
    const { exitCode, stdout, stderr } = await seqgap('twin', RUN, ...LAB, ...CHANGE, ...order);
    const runs = join(folder, 'results', 'twin-of-lab-vrrp-timer');
    const names = (await readdir(runs)).filter((name) => name !== 'latest').sort();
    const documents = await Promise.all(
      names.map(async (name) => JSON.parse((await seqgap('report', join(runs, name), '--json')).stdout)),
    );
    return {
      exitCode,
      stdout,
      stderr,
      whatIf: (JSON.parse(predicted.stdout) as Document).what_if,
      measured: documents.flatMap(({ trials }: ResultDocument) => trials),
    };
  });

  test('runs the twin and the change once each, in turn, and nothing fails', ({ measured }) => {
    const { exitCode, stderr, measured: trials } = measured;
    expect({ exitCode, said: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, said: '' });
    expect(trials.map(({ version, status }) => `${version} ${status}`)).toEqual([
      'as-measured ok',
      'what-if ok',
    ]);
  });

  test('each as it was predicted', ({ measured: { measured: trials, whatIf } }) => {
    for (const { version, outage_lo_s, outage_hi_s } of trials) {
      const { lo_s, hi_s } = version === 'what-if' ? whatIf.next : whatIf.next_as_it_is;
      expect(outage_hi_s).toBeGreaterThan(lo_s - NOISE_S);
      expect(outage_lo_s).toBeLessThan(hi_s + NOISE_S);
    }
  });

  test('and says how they compare', ({ measured: { stdout } }) => {
    expect(stdout).toContain('as-measured');
    expect(stdout).toContain('what-if');
    expect(stdout).toMatch(/not enough runs/);
  });
});
