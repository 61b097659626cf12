import { describe, expect, test } from 'vitest';
import { linesOf, recordOf } from './context.js';

const asa = (host: string, unit: string, to: string): string =>
  `Nov 30 2026 07:00:05 ${host} : %ASA-1-10400${to === 'ACTIVE' ? 1 : 2}: (${unit}) Switching to ${to} - Set by the config command.\n`;

const subjects = async (...args: Parameters<typeof recordOf>): Promise<string[]> =>
  (await recordOf(...args)).evidence.map(({ subject, clock }) => `${subject}, by ${clock}`);

describe("a log's own names become the run's", () => {
  test.each([
    ['its name', 'fw-b'],
    ['its name in other case', 'FW-B'],
    ['its full name', 'fw-b.example.net'],
    ['its address', '192.168.1.254'],
  ])('%s', async (_name, host) => {
    expect(await subjects(asa(host, 'Secondary', 'ACTIVE'))).toEqual(['fw-b, by fw-b']);
  });

  test('a device that the run does not know keeps its name', async () => {
    expect(await subjects(asa('asa-17', 'Secondary', 'ACTIVE'))).toEqual(['asa-17, by asa-17']);
  });

  test('of whom the user said it is', async () => {
    expect(await subjects(asa('asa-17', 'Secondary', 'ACTIVE'), { owner: 'fw-b' })).toEqual([
      'fw-b, by fw-b',
    ]);
    expect(
      await subjects(
        '2026-11-30 07:00:05 critical ha x HA Group 1: Moved from state Passive to state Active\n',
        { owner: 'fw-b' },
      ),
    ).toEqual(['fw-b, by fw-b']);
  });

  test('of nobody: the file stands for its writer', async () => {
    const [said] = await subjects(
      '2026-11-30 07:00:05 critical ha x HA Group 1: Moved from state Passive to state Active\n',
    );
    expect(said).toMatch(/^ha\.log, by ha\.log$/);
  });
});

describe('a log of several devices', () => {
  test('of one name is told apart by the unit', async () => {
    const both = asa('asa-17', 'Secondary', 'ACTIVE') + asa('asa-17', 'Primary', 'STANDBY');
    expect(await subjects(both)).toEqual(['Secondary, by Secondary', 'Primary, by Primary']);
  });

  test('is not taken for that of one, and that is said', async () => {
    const both = asa('asa-17', 'Secondary', 'ACTIVE') + asa('asa-18', 'Primary', 'STANDBY');
    const record = await recordOf(both, { owner: 'fw-b' });
    expect(record.evidence.map(({ subject }) => subject)).toEqual(['asa-17', 'asa-18']);
    expect(record.notes).toContain(
      'its lines are of several devices (asa-17, asa-18), so they were not taken for those of fw-b',
    );
  });

  test('of several forms, as a server collects them', async () => {
    const record = await recordOf(
      asa('192.168.1.254', 'Secondary', 'ACTIVE') +
        'Nov 30 07:00:06 gw kernel: carp: 1@em0: BACKUP -> MASTER (master timed out)\n' +
        'Nov 30 07:00:07 router chronyd[1]: System clock was stepped by -2.300000 seconds\n',
    );
    expect(record.form.split(', ').toSorted()).toEqual([
      'BSD system log (CARP)',
      'Cisco ASA log',
      'Linux system log',
    ]);
    expect(linesOf(record)).toEqual([
      '2026-11-30T07:00:05.000Z +1000 ms, fw-b, 1: role fw-b = active',
      '2026-11-30T07:00:06.000Z +1000 ms, gw, 2: peer-lost gw',
      '2026-11-30T07:00:06.000Z +1000 ms, gw, 2: role gw = active (1@em0)',
      '2026-11-30T07:00:07.000Z +1000 ms, router, 3: clock-set router = -2.300000',
    ]);
  });
});

test('an address is no device: what was announced stays an address', async () => {
  const record = await recordOf(
    'Nov 30 07:00:34 fw-b Keepalived_vrrp[17]: Sending gratuitous ARP on eth1 for 192.168.1.253\n',
  );
  expect(linesOf(record)).toEqual(['2026-11-30T07:00:34.000Z +1000 ms, fw-b, 1: announced 192.168.1.253']);
});

describe('names that only the pair itself uses', () => {
  const srx = `node0:
    Redundancy Group 1 , Current State: primary, Weight: 255
        Nov 30 07:00:34 secondary            primary              Remote node lost
node1:
    Redundancy Group 1 , Current State: secondary, Weight: 255
        Nov 30 07:00:35 primary              secondary-hold       Monitor failed: IF
`;

  test('node0 and node1 of an SRX, by the prompt of the one that was asked', async () => {
    const record = await recordOf(`${srx}{primary:node0}\n`, { owner: 'fw-b' });
    expect(record.evidence.map(({ subject, clock }) => [subject, clock])).toEqual([
      ['fw-b', 'fw-b'],
      ['fw-b', 'fw-b'],
      ['fw-a', 'fw-a'],
    ]);
  });

  test('are kept, where nothing tells which is which', async () => {
    const { evidence, notes } = await recordOf(srx, { owner: 'fw-b' });
    expect(evidence.map(({ subject }) => subject)).toEqual(['node0', 'node0', 'node1']);
    expect(notes).toContain(
      'its lines are of several devices (node0, node1), so they were not taken for those of fw-b',
    );
  });

  test('serial numbers of a FortiGate pair: whose heartbeats are lost is the other', async () => {
    const record = await recordOf(
      '<2026-11-30 07:01:20> vcluster-1: FGTB is selected as the primary because its uptime is larger than peer member FGTA.\n' +
        '<2026-11-30 07:00:59> heartbeats from FGTA are lost on all hbdev\n',
      { owner: 'fw-b' },
    );
    expect(record.evidence.map(({ kind, subject, value }) => [kind, subject, value])).toEqual([
      ['role', 'fw-b', 'active'],
      ['peer-lost', 'fw-b', 'fw-a'],
    ]);
  });

  test('serial numbers of a FortiGate pair, where its status names both', async () => {
    const record = await recordOf(
      '    <2026/11/30 07:01:20> FGT40FYYYY is selected as the master because it has the largest value of uptime.\n' +
        'Primary     : fw-b, FGT40FYYYY, HA cluster index = 0\n' +
        'Secondary   : fw-a, FGT40FXXXX, HA cluster index = 1\n',
    );
    expect(record.evidence.map(({ kind, subject, value }) => [kind, subject, value])).toEqual([
      ['role', 'fw-b', 'active'],
    ]);
  });

  test('members of a ClusterXL', async () => {
    const line = (said: string): string => `Nov 30 07:00:05 2026 gw-b kernel: [fw4_1];${said}\n`;
    const record = await recordOf(
      line('CLUS-211305-2: Remote member 1 (state ACTIVE -> DOWN) | Reason: Interface is down') +
        line(
          'CLUS-114704-2: State change: STANDBY -> ACTIVE | Reason: No other ACTIVE members have been found',
        ),
      { owner: 'fw-b' },
    );
    expect(record.evidence.map(({ subject, value, clock }) => [subject, value, clock])).toEqual([
      ['fw-a', 'faulted', 'fw-b'],
      ['fw-b', 'active', 'fw-b'],
    ]);
  });

  test('members of a ClusterXL, by the table of its state', async () => {
    const record = await recordOf(
      '1 (local)  192.0.2.245     100%            ACTIVE(!)      fw-b\n' +
        '2          192.0.2.246     0%              DOWN           fw-a\n' +
        'Last cluster failover event:\n' +
        '   Transition to new ACTIVE:   Member 2 -> Member 1\n' +
        '   Reason:                     Reboot\n' +
        '   Event time:                 Mon Nov 30 07:00:02 2026\n',
    );
    expect(record.evidence.map(({ subject, value }) => [subject, value])).toEqual([['fw-b', 'active']]);
  });
});
