import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect } from 'vitest';
import { readTruth } from '../../src/lab/witness/truth.js';
import type { ResultDocument } from '../../src/model/tables.js';
import { measuring } from '../measuring.js';
import { distPath, labObstacle } from './lab-kit.js';

const obstacle = labObstacle();

/** Both firewalls stop forwarding: for 0.5 s, and 4 s later, when the recovery has long held, for 0.8 s. */
const CUT = `
cut() {
  for node in fw-a fw-b; do
    echo 'table inet later { chain forward { type filter hook forward priority -400; drop; }; }' |
      ip netns exec $node nft -f -
  done
}
mend() { for node in fw-a fw-b; do ip netns exec $node nft delete table inet later; done; }
cut; sleep 0.5; mend
(sleep 4; cut; sleep 0.8; mend) >/dev/null 2>&1 &
`;

const scenario = (script: string): string => `
name: aftercare
lab: { design: vrrp, advert: 200ms, boot: 1s }
vantages: { client: { netns: client } }
streams:
  - { name: ping, type: icmp, from: client, to: 10.4.4.4, every: 10ms, timeout: 500ms }
  - { name: ping6, type: icmp, from: client, to: 'fd00:4:4::4', every: 10ms, timeout: 500ms }
  - { name: web, type: tcp, from: client, to: '10.4.4.4:80', every: 20ms, timeout: 500ms }
  - { name: control, type: icmp, from: client, to: 10.4.3.250, every: 100ms, control: true }
sessions:
  - { name: echo, type: tcp, from: client, to: '10.4.4.4:7', count: 3, heartbeat: 100ms }
trigger: { action: exec, command: 'sh ${script}', timeout: 5s }
trial:
  steady: 1s
  recovered: 1s
  give-up: 20s
  aftercare: { for: 6s, every: 50ms }
limits: { ping.longest: 1s, aftercare.longest: 200ms, aftercare.survived: 100% }
`;

describe.skipIf(obstacle !== null)(`a second outage after the recovery ${obstacle ?? ''}`, () => {
  const it = measuring(async (folder) => {
    const [script, file] = [join(folder, 'cut.sh'), join(folder, 'aftercare.yaml')];
    await writeFile(script, CUT);
    await writeFile(file, scenario(script));
    const args = ['run', file, '--yes', '--witness', '--json', '--out', folder];
    const { stdout, exitCode } = await execa(process.execPath, [distPath('cli.js'), ...args], {
      reject: false,
      stderr: 'inherit',
    });
    const truth = await readTruth(join(folder, 'aftercare', 'latest', 'truth.jsonl'));
    return { result: JSON.parse(stdout) as ResultDocument, exitCode, truth };
  });

  it('is in rows of its own, and the truth of each outage in the interval of every stream', ({
    measured: { result, truth },
  }) => {
    for (const family of [4, 6] as const) {
      // Both ways stop at once: one of them tells how long.
      const gaps = truth.filter((gap) => gap.family === family && gap.direction === 'forward');
      expect(gaps).toHaveLength(2);
      for (const [index, phase] of (['failover', 'aftercare'] as const).entries()) {
        const gap = gaps[index]!;
        const rows = result.streams.filter(
          (row) => row.phase === phase && row.family === `ipv${family}` && row.stream !== 'control',
        );
        expect(rows).toHaveLength(family === 4 ? 2 : 1);
        for (const row of rows) {
          expect(row).toMatchObject({ status: 'ok', periods: 1 });
          expect(row.longest_lo_s).toBeLessThanOrEqual(gap.resumed_hi - gap.stopped_lo);
          expect(row.longest_hi_s).toBeGreaterThanOrEqual(gap.resumed_lo - gap.stopped_hi);
        }
      }
    }
  });

  it('is what fails the run, by the limit on it and no other', ({ measured: { result, exitCode } }) => {
    expect(result.trials).toMatchObject([{ status: 'ok', phase: 'failover', verdict: 'fail' }]);
    expect(result.trials[0]?.outage_s).toBeLessThan(0.7);
    expect(exitCode).toBe(1);
    const sessions = result.sessions.map(({ phase, verdict }) => `${phase ?? ''} ${verdict}`);
    expect(new Set(sessions)).toEqual(new Set(['failover survived', 'aftercare survived']));
  });
});
