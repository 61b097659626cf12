import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect } from 'vitest';
import type { ResultDocument } from '../../src/model/tables.js';
import { measuring } from '../measuring.js';
import { distPath, labObstacle, openTool } from './lab-kit.js';

const obstacle = labObstacle();

const ADVERT_S = 1;
const BOOT_S = 1;
/** RFC 5798 §6.1: the backup waits that long at the least (docs/lab.md), here fw-a or fw-b. */
const SOONEST_S = 2.41 * ADVERT_S;

const scenario = `
name: back-soon
lab: { design: vrrp, advert: ${ADVERT_S}s, sync: none, boot: ${BOOT_S}s }
nodes:
  fw-a: { driver: keepalived, ssh: { host: 10.4.0.11, user: root }, power: { driver: lab } }
  fw-b: { driver: keepalived, ssh: { host: 10.4.0.12, user: root }, power: { driver: lab } }
vantages: { client: { netns: client } }
streams:
  - { name: ping, type: icmp, from: client, to: 10.4.4.4, every: 20ms, timeout: 3s }
trigger: { node: active, action: crash }
observe:
  - { name: role, every: 100ms, driver: role }
  - { name: gateway, every: 100ms, driver: neighbour, from: client, address: 10.4.3.1 }
trial: { repeat: 1, steady: 1s, recovered: 5s, give-up: 60s, failback: none, cool-down: 100ms }
`;

interface Told {
  readonly hi_s: number | null;
  readonly lo_s: number | null;
  readonly kind: string;
  readonly words: string;
}
interface Document {
  readonly outages: readonly {
    readonly happenings: readonly Told[];
    readonly contradictions: readonly string[];
  }[];
}

describe.skipIf(obstacle !== null)(`a crashed node that is back soon ${obstacle ?? ''}`, () => {
  const test = measuring(async (folder) => {
    const tool = openTool();
    const file = join(folder, 'back-soon.yaml');
    await writeFile(file, scenario);
    const { stdout } = await execa(
      process.execPath,
      [distPath('cli.js'), 'run', file, '--json', '--out', folder],
      { reject: false, stderr: 'inherit', env: tool.env },
    );
    const { trials } = JSON.parse(stdout) as ResultDocument;
    const explained = await tool.run('explain', join(folder, 'back-soon', 'latest'), '--json');
    const [outage] = (JSON.parse(explained) as Document).outages;
    return { trial: trials[0]!, outage: outage! };
  });

  // Neighbours still have its link-layer address, and a backup forwards what comes to its own: lab `vrrp` has no virtual one.
  test('ends the outage itself, before the backup can have taken over', ({ measured: { trial } }) => {
    expect(trial.void_reason ?? trial.status).toBe('ok');
    expect(trial.outage_lo_s).toBeGreaterThan(BOOT_S - 0.1);
    expect(trial.outage_hi_s).toBeLessThan(SOONEST_S);
  });

  test('while the backup waits as long as the RFC says, and then takes over', ({ measured: { outage } }) => {
    const active = outage.happenings.find(({ words }) => /^fw-[ab] is active$/.test(words));
    expect(active?.lo_s).toBeGreaterThan(SOONEST_S - 0.2);
    expect(active?.hi_s).toBeLessThan(3.61 * ADVERT_S + 1);
  });

  test('and explain says that traffic did not wait for that', ({ measured: { outage } }) => {
    expect(outage.contradictions.join()).toMatch(/is active .* certainly after traffic was back/);
  });
});
