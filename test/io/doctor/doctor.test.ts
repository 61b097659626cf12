import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { asNobody } from '../nobody.js';
import type { Finding } from '../../../src/cli/doctor/finding.js';

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));
const root = process.getuid?.() === 0;

const scratch = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'seqgap-doctor-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
};

interface Answer {
  readonly format: number;
  readonly can_measure: boolean;
  readonly verdict: string;
  readonly findings: readonly Finding[];
}

const doctor = async (args: readonly string[], prefix: readonly string[] = []) => {
  const [program = '', ...rest] = [...prefix, process.execPath, CLI, 'doctor', ...args];
  const { exitCode, stdout, stderr } = await execa(program, rest, { reject: false });
  return { exitCode, stdout, stderr };
};

const asked = async (args: readonly string[], prefix: readonly string[] = []) => {
  const { exitCode, stdout, stderr } = await doctor(['--json', ...args], prefix);
  const answer = JSON.parse(stdout) as Answer;
  const of = (check: string): Finding | undefined => answer.findings.find((each) => each.check === check);
  return { exitCode, stderr, answer, of };
};

describe('seqgap doctor on this host', () => {
  test('looks at everything, says so as JSON, and the exit code follows', async () => {
    const { exitCode, stderr, answer } = await asked(['--out', await scratch()]);
    expect(stderr).toBe('');
    expect(answer.format).toBe(1);
    expect(answer.findings.map(({ check }) => check)).toEqual([
      'versions',
      'raw-icmp-4',
      'raw-icmp-6',
      'ping',
      'icmp-engine',
      'timer-lateness',
      'stalls',
      'clock-source',
      'ntp',
      'cpu',
      'cpu-steal',
      'memory',
      'open-files',
      'ports',
      'receive-buffer',
      'conntrack',
      'results',
      'lab-tools',
      'lab-namespaces',
      'ssh',
    ]);
    const failed = answer.findings.some(({ status }) => status === 'fail');
    expect(answer.can_measure).toBe(!failed);
    expect(exitCode).toBe(failed ? 2 : 0);
  });

  test('prints a table of at most 100 columns that ends in the verdict', async () => {
    const { stdout } = await doctor(['--out', await scratch()]);
    const lines = stdout.split('\n');
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    expect(lines.at(-1)).toMatch(/^This host can/);
  });

  test('cannot measure where its results cannot be written: 2, and what to do', async () => {
    const file = join(await scratch(), 'file');
    await writeFile(file, '');
    const { exitCode, of } = await asked(['--out', join(file, 'results')]);
    expect(exitCode).toBe(2);
    expect(of('results')).toMatchObject({
      status: 'fail',
      detail: `${file} is not writable`,
      remedy: expect.stringContaining('--out') as string,
    });
  });

  test('judges by a scenario, and says where a scenario is wrong: 64', async () => {
    const file = join(await scratch(), 'fw.yaml');
    const scenario = (every: string): string =>
      `name: fw\nvantages: { pod: { exec: no-such-program exec client --, agent: seqgap agent } }\n` +
      `streams:\n  - { name: ping, type: icmp, from: pod, to: 10.4.4.4, every: ${every} }\ntrigger: { action: manual }\n`;
    await writeFile(file, scenario('10ms'));
    const { exitCode, of, answer } = await asked(['--scenario', file]);
    expect(of('vantage-pod')).toMatchObject({
      status: 'fail',
      detail: 'no-such-program is not installed here',
    });
    expect(answer.verdict).toContain('cannot measure fw yet');
    expect(exitCode).toBe(2);
    await writeFile(file, scenario('10'));
    const wrong = await doctor(['--scenario', file]);
    expect(wrong.exitCode).toBe(64);
    expect(wrong.stderr).toContain(`${file}:4`);
  });
});

describe.runIf(root)('with and without privileges (needs root)', () => {
  test('root can open raw sockets', async () => {
    const { of } = await asked([]);
    expect(of('raw-icmp-4')?.status).toBe('ok');
    expect(of('icmp-engine')?.detail).toMatch(/^native: .*real-time priority.* stamped by the kernel$/);
  });

  test('a user without capabilities is told how to get them', async () => {
    // A new network namespace grants nobody ping sockets.
    const { of } = await asked([], ['unshare', '--net', ...asNobody('--bounding-set', '-all')]);
    expect(of('raw-icmp-4')).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining('not permitted') as string,
      remedy: expect.stringContaining('cap_net_raw') as string,
    });
    expect(of('icmp-engine')?.status).not.toBe('ok');
    expect(of('lab-namespaces')?.status).toBe('warn');
  });

  test('a host without IPv4 loopback gets no reply from its own ping', async () => {
    const { of } = await asked([], ['unshare', '--net', '--kill-child']);
    expect(of('ping')).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining('ping does not work') as string,
    });
  });
});
