import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect } from 'vitest';
import type { ResultDocument, SessionRow } from '../../src/model/tables.js';
import { measuring } from '../measuring.js';
import { distPath, labObstacle } from './lab-kit.js';

const obstacle = labObstacle();

const scenario = (name: string, loose: boolean): string => `
name: ${name}
lab: { design: vrrp, advert: 200ms, boot: 1s, tcp-loose: ${loose} }
nodes:
  fw-a: { driver: keepalived, ssh: { host: 10.4.0.11, user: root }, power: { driver: lab } }
  fw-b: { driver: keepalived, ssh: { host: 10.4.0.12, user: root }, power: { driver: lab } }
vantages: { client: { netns: client } }
streams:
  - { name: ping, type: icmp, from: client, to: 10.4.4.4, every: 10ms, timeout: 3s }
sessions:
  - { name: echo, type: tcp, from: client, to: '10.4.4.4:7', count: 6, heartbeat: 300ms, ages: [1s, 0.2s, during] }
  - { name: quiet, type: tcp, from: client, to: '10.4.4.4:7', count: 2, heartbeat: 200ms, idle: true }
  - { name: web, type: http, from: client, to: 10.4.4.4, count: 4, heartbeat: 200ms }
  - { name: shell, type: ssh, from: client, to: 10.4.4.4, user: root, count: 2, heartbeat: 300ms }
  - { name: crowd, type: tcp, from: client, to: '10.4.4.4:7', count: ${loose ? 1 : 2000}, heartbeat: 2s }
  - { name: fresh, type: tcp, from: client, to: '10.4.4.4:7', open-every: 200ms }
trigger: { node: active, action: crash, timeout: 20s }
control-arm: no-sync
trial: { repeat: 1, steady: 1500ms, recovered: 1500ms, give-up: 20s, restore: 60s, cool-down: 200ms }
`;

interface LabRun {
  readonly result: ResultDocument;
  /** As `seqgap report` prints it. */
  readonly report: string;
}

describe.skipIf(obstacle !== null)(
  `sessions in a failover with state sync and without ${obstacle ?? ''}`,
  () => {
    /** One run of the tool: a crash with state sync, and the control arm. */
    const measure = async (folder: string, loose: boolean): Promise<LabRun> => {
      const name = loose ? 'loose' : 'strict';
      const file = join(folder, `${name}.yaml`);
      await writeFile(file, scenario(name, loose));
      const { stdout } = await execa(
        process.execPath,
        [distPath('cli.js'), 'run', file, '--json', '--out', folder],
        { reject: false, stderr: 'inherit' },
      );
      const { stdout: report } = await execa(process.execPath, [
        distPath('cli.js'),
        'report',
        join(folder, name, 'latest'),
      ]);
      return { result: JSON.parse(stdout) as ResultDocument, report };
    };

    const it = measuring(async (folder) => ({
      strict: await measure(folder, false),
      loose: await measure(folder, true),
    }));

    const of = ({ result }: LabRun, phase: string): readonly SessionRow[] =>
      result.sessions.filter((row) => row.phase === phase);
    const verdictsOf = (rows: readonly SessionRow[]): string[] => [
      ...new Set(rows.map(({ verdict }) => verdict)),
    ];

    it('gives every session a row and a verdict, thousands of them too', ({ measured: { strict } }) => {
      for (const phase of ['failover', 'no-sync']) {
        expect(of(strict, phase)).toHaveLength(18 + 2 + 4 + 2 + 2000);
        expect(of(strict, phase).filter(({ verdict }) => verdict === 'not-tested')).toEqual([]);
      }
    });

    it('with state sync TCP, SSH and HTTP survive, idle or not, and those begun in the outage', ({
      measured: { strict },
    }) => {
      const dead = of(strict, 'failover').filter(({ verdict }) => !verdict.startsWith('survived'));
      expect(dead).toEqual([]);
    });

    it('predicts the stall within 0.15 s for 9 of 10 sessions', ({ measured: { strict, loose } }) => {
      const stalled = [...of(strict, 'failover'), ...of(loose, 'failover'), ...of(loose, 'no-sync')].filter(
        ({ excess_s, stall_s, session }) =>
          excess_s !== null && stall_s !== 0 && !session.startsWith('crowd'),
      );
      const near = stalled.filter(({ excess_s }) => Math.abs(excess_s ?? Infinity) < 0.15);
      expect(stalled.length).toBeGreaterThan(20);
      expect(stalled.every(({ rto_ms }) => rto_ms !== null)).toBe(true);
      expect(near.length / stalled.length).toBeGreaterThanOrEqual(0.9);
    });

    it('without state sync those that were open are blackholed, those begun in the outage are not', ({
      measured: { strict },
    }) => {
      const rows = of(strict, 'no-sync');
      expect(verdictsOf(rows.filter(({ stratum }) => stratum !== 'during'))).toEqual(['blackholed']);
      expect(verdictsOf(rows.filter(({ stratum }) => stratum === 'during'))).toEqual(['survived']);
      expect(strict.report.replaceAll(/\s+/g, ' ')).toContain('survival here proves state sync');
    });

    it('without state sync but with tcp-loose all survive: the report says that this proves nothing', ({
      measured: { loose },
    }) => {
      expect(verdictsOf(of(loose, 'no-sync'))).toEqual(['survived']);
      expect(loose.report.replaceAll(/\s+/g, ' ')).toContain('survival proves nothing about state sync');
    });

    it('says when new sessions work again', ({ measured: { strict, loose } }) => {
      for (const { result } of [strict, loose])
        for (const { works_again_s, first_hit_s } of result.openings ?? []) {
          expect(first_hit_s).not.toBeNull();
          expect(works_again_s).toBeGreaterThan(first_hit_s ?? Infinity);
        }
      expect(strict.result.openings).toHaveLength(2);
    });
  },
);
