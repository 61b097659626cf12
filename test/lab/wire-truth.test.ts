import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect } from 'vitest';
import { readTruth, truthOutage } from '../../src/lab/witness/truth.js';
import { readWire } from '../../src/foreign/wire/wire-record.js';
import type { Evidence, EvidenceKind } from '../../src/model/evidence.js';
import { measuring } from '../measuring.js';
import { distPath, labObstacle } from './lab-kit.js';

const obstacle = labObstacle();
const TRIALS = 3;
const ADVERT_S = 0.2;
/** Of a host that is busy with a lab. */
const SLACK_S = 0.03;

const SCENARIO = `
name: wire
lab: { design: vrrp, advert: 200ms, boot: 1s }
nodes:
  fw-a: { driver: keepalived, ssh: { host: 10.4.0.11, user: root }, power: { driver: lab } }
  fw-b: { driver: keepalived, ssh: { host: 10.4.0.12, user: root }, power: { driver: lab } }
vantages: { client: { netns: client } }
streams:
  - { name: ping, type: icmp, from: client, to: 10.4.4.4, every: 10ms, timeout: 1s }
trigger: { node: active, action: crash, timeout: 20s }
observe:
  - { name: roles, driver: role, every: 500ms }
  - { name: wire, driver: capture, from: client, interface: trust }
  - { name: way, driver: command, from: client, command: [ip, neigh, show, to, 10.4.3.1], text: 'lladdr (\\S+)' }
trial: { repeat: ${TRIALS}, steady: 1s, recovered: 1s, give-up: 20s, restore: 30s, failback: none, cool-down: 200ms }
`;

interface Event {
  readonly event: string;
  readonly at_ns: number;
  readonly wall_ms?: number;
  readonly of?: string;
  readonly observer?: string;
  readonly subject?: string;
  readonly value?: string;
}

describe.skipIf(obstacle !== null)(`what the wire tells, against the lab's truth ${obstacle ?? ''}`, () => {
  const it = measuring(async (folder) => {
    const file = join(folder, 'wire.yaml');
    await writeFile(file, SCENARIO);
    await execa(process.execPath, [distPath('cli.js'), 'run', file, '--witness', '--out', folder], {
      reject: false,
      stderr: 'inherit',
    });
    const run = join(folder, 'wire', 'latest');
    const truth = await readTruth(join(run, 'truth.jsonl'));
    const trials = Array.from({ length: TRIALS }, (_, index) => `trial-0${index + 1}`).map(async (trial) => {
      const text = await readFile(join(run, trial, 'events.jsonl'), 'utf8');
      const events = text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Event);
      const anchor = events.find(({ event }) => event === 'anchor');
      const issued = events.find(({ event }) => event === 'trigger-issued');
      if (anchor?.wall_ms === undefined || issued === undefined) throw new Error('no anchor, or no trigger');
      const from = anchor.wall_ms / 1e3 + (issued.at_ns - anchor.at_ns) / 1e9 - 0.05;
      const record = await readWire(join(run, 'captures', `${trial}-wire.pcap`), {
        near: { lo_ms: from * 1e3, hi_ms: from * 1e3 },
        zone_min: null,
        nodes: [
          { name: 'fw-a', addresses: ['10.4.3.11'] },
          { name: 'fw-b', addresses: ['10.4.3.12'] },
        ],
        owner: null,
        watch: ['10.4.4.4', '10.4.3.1'],
      });
      // The next trial begins some four seconds later.
      const outage = truthOutage(truth, { family: 4, from, to: from + 3 });
      if (outage === null) throw new Error('no outage');
      return { events, record, outage, from };
    });
    return Promise.all(trials);
  });

  const between = (
    evidence: readonly Evidence[],
    kind: EvidenceKind,
    from: number,
    test: (each: Evidence) => boolean = () => true,
  ): number | undefined => {
    const found = evidence.find((each) => each.kind === kind && each.lo_ms / 1e3 >= from && test(each));
    return found === undefined ? undefined : found.lo_ms / 1e3;
  };

  it('the silence of who died, and who took over: 3.4 to 3.6 adverts after the last one', ({ measured }) => {
    for (const { record, outage } of measured) {
      const { evidence, notes } = record;
      expect(notes).toEqual([]);
      const last = evidence.findLast(
        ({ kind, raw, lo_ms }) =>
          kind === 'hello' && !raw.includes('IPv6') && raw.startsWith('last ') && lo_ms / 1e3 < outage.end,
      );
      const taken = between(
        evidence,
        'role',
        outage.start,
        ({ value, part }) => value === 'active' && part?.includes('IPv6') === false,
      );
      if (last === undefined || taken === undefined) throw new Error('nobody died, or nobody took over');
      expect(last.lo_ms / 1e3).toBeLessThan(outage.start + SLACK_S);
      expect((taken - last.lo_ms / 1e3) / ADVERT_S).toBeGreaterThan(3.35);
      expect((taken - last.lo_ms / 1e3) / ADVERT_S).toBeLessThan(3.62 + SLACK_S / ADVERT_S);
    }
  });

  it('the announcement, and when packets went to the new address: with it the outage ends', ({
    measured,
  }) => {
    for (const { record, outage } of measured) {
      const { evidence } = record;
      const taken = between(evidence, 'role', outage.start) ?? NaN;
      const announced =
        between(evidence, 'announced', outage.start, ({ subject }) => subject === '10.4.3.1') ?? NaN;
      expect(announced).toBeGreaterThan(taken - SLACK_S);
      expect(announced).toBeLessThan(outage.end + SLACK_S);
      const hops = evidence.filter(
        ({ kind, subject, value }) => kind === 'resolved' && subject === '10.4.4.4' && value !== 'none',
      );
      const old = hops.find(({ raw }) => raw.startsWith('last '));
      const fresh = hops.find(({ value, lo_ms }) => value !== old?.value && lo_ms / 1e3 > outage.start);
      if (old === undefined || fresh === undefined) throw new Error('the next hop did not change');
      // A ping each 10 ms.
      expect(old.lo_ms / 1e3).toBeLessThan(outage.end + SLACK_S);
      expect(fresh.lo_ms - old.lo_ms).toBeLessThan(1e3 * SLACK_S);
      expect(Math.abs(fresh.lo_ms / 1e3 - announced)).toBeLessThan(SLACK_S + 0.01);
    }
  });

  it('the device says the same of its own change', ({ measured }) => {
    for (const { events, record, outage } of measured) {
      const taken = between(record.evidence, 'role', outage.start) ?? NaN;
      const own = events.find(({ event, value }) => event === 'device-time' && value === 'active')?.wall_ms;
      if (own !== undefined) expect(Math.abs(own / 1e3 - taken)).toBeLessThan(SLACK_S);
    }
  });
});
