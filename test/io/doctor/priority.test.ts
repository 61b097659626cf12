import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { withPriority } from '../../../src/cli/doctor/cpu.js';

const policy = async (): Promise<string> =>
  (await promisify(execFile)('chrt', ['-p', String(process.pid)], { env: { ...process.env, LC_ALL: 'C' } }))
    .stdout;

test.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
  'priority is raised for the work and taken back, also when the work fails (needs root)',
  async () => {
    const before = await policy();
    expect(await withPriority(policy)).toContain('SCHED_RR');
    expect(await policy()).toBe(before);
    await expect(withPriority(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await policy()).toBe(before);
  },
);
