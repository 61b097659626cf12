import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { runInForeground } from '../../../src/lab/enter.js';
import { endKept } from '../../../src/lab/start.js';
import { initOf, startTicks } from '../../../src/lab/kept.js';
import { labOfKnobs } from '../../../src/scenario/lab.js';

test('a lab of which something stays alive is not waited for without end', async () => {
  // Not the init of a namespace: it does not die with its parent.
  const holder = spawn('sh', ['-c', 'sleep 20 & echo; wait'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(holder.stdout, 'data');
  const pid = holder.pid ?? 0;
  const kept = {
    pid,
    startTicks: startTicks(pid) ?? 0,
    plan: labOfKnobs('vrrp', {}),
    witness: false,
    since: '',
  };
  const init = initOf(kept) ?? 0;
  onTestFinished(() => void process.kill(init, 'SIGKILL'));
  await expect(endKept(kept, 200)).rejects.toThrow(`within 0.2 s: process ${init} is still there`);
});

test('a program that is not there is a known error', async () => {
  await expect(runInForeground(null, ['no-such-program'])).rejects.toThrow(
    'no-such-program cannot be started',
  );
});
