import { describe, expect, test } from 'vitest';
import { clockSourceFinding, ntpFinding } from '../../../src/cli/doctor/clock.js';
import {
  coresFinding,
  cpuTicks,
  memoryFinding,
  stealFinding,
  stealShare,
  conntrackFinding,
  openFilesFinding,
  portsFinding,
  receiveBufferFinding,
} from '../../../src/cli/doctor/cpu.js';
import { ORDINARY_NEEDS } from '../../../src/cli/doctor/needs.js';
import { ended, PATHS, recorded } from './recorded.js';

describe('clock source', () => {
  const clock = (current: string | null, available = 'hpet acpi_pm') =>
    clockSourceFinding(
      recorded({
        files: {
          [`${PATHS.CLOCKS}/current_clocksource`]: current,
          [`${PATHS.CLOCKS}/available_clocksource`]: available,
        },
      }),
    );

  test.each(['tsc', 'kvm-clock', 'arch_sys_counter'])('%s is fine', async (name) => {
    expect(await clock(`${name}\n`)).toMatchObject({ status: 'ok', remedy: null });
  });

  test.each(['hpet', 'acpi_pm', 'jiffies'])('%s is slow', async (name) => {
    expect(await clock(`${name}\n`)).toMatchObject({
      status: 'warn',
      remedy: 'boot with clocksource=tsc, or give the virtual machine a paravirtual clock',
    });
  });

  test('a better one that is there is named', async () => {
    expect((await clock('hpet\n', 'hpet tsc acpi_pm \n')).remedy).toBe(
      `echo tsc > ${PATHS.CLOCKS}/current_clocksource (as root)`,
    );
  });

  test('unknown is said to be unknown', async () => {
    expect(await clock(null)).toMatchObject({
      status: 'warn',
      detail: expect.stringMatching(/^unknown/) as string,
    });
  });
});

describe('NTP', () => {
  const TIMEDATECTL = 'timedatectl show --property=NTPSynchronized';
  const noBus = ended(
    1,
    '',
    'System has not been booted with systemd as init system (PID 1). Can’t operate.\n',
  );
  const TRACKING =
    'A29FC87B,time.example,3,1763752529.1,-0.000012,0.00001,0.00002,-7.1,0.0,0.03,0.01,0.001,64.2';

  test.each([
    ['timedatectl: yes', {}, 'ok', 'synchronised, says timedatectl'],
    ['timedatectl: no', { [TIMEDATECTL]: ended(0, 'NTPSynchronized=no\n') }, 'warn', /^not synchronised/],
    [
      'chronyc where systemd does not run',
      { [TIMEDATECTL]: noBus, 'chronyc -c tracking': ended(0, `${TRACKING},Normal\n`) },
      'ok',
      'synchronised, says chronyc',
    ],
    [
      'chronyc without a source',
      { [TIMEDATECTL]: null, 'chronyc -c tracking': ended(0, `${TRACKING},Not synchronised\n`) },
      'warn',
      /^not synchronised, says chronyc/,
    ],
    [
      'chronyc without its daemon',
      { [TIMEDATECTL]: null, 'chronyc -c tracking': ended(1, '506 Cannot talk to daemon\n') },
      'warn',
      /^unknown/,
    ],
    [
      'ntpq',
      {
        [TIMEDATECTL]: null,
        'ntpq -c rv': ended(0, 'associd=0 status=0615 leap_none, sync_ntp, 1 event,\n'),
      },
      'ok',
      'synchronised, says ntpq',
    ],
    [
      'ntpq before it is set',
      { [TIMEDATECTL]: null, 'ntpq -c rv': ended(0, 'associd=0 status=c016 leap_alarm, sync_unspec,\n') },
      'warn',
      /^not synchronised, says ntpq/,
    ],
    ['nobody', { [TIMEDATECTL]: noBus }, 'warn', /^unknown/],
  ])('%s', async (_, commands, status, detail) => {
    const finding = await ntpFinding(recorded({ commands }));
    expect(finding.status).toBe(status);
    expect(finding.detail).toMatch(detail);
  });

  test('systemd-timesyncd’s mark counts where no program can tell', async () => {
    const sources = recorded({
      commands: { [TIMEDATECTL]: null },
      files: { '/run/systemd/timesync/synchronized': '' },
    });
    expect(await ntpFinding(sources)).toMatchObject({
      status: 'ok',
      detail: 'synchronised, says systemd-timesyncd',
    });
  });
});

describe('CPU', () => {
  test('steal is the eighth column, over all columns but guest', async () => {
    expect(await cpuTicks(recorded())).toEqual({
      total: 142_648 + 48_125 + 425_201 + 2331 + 3514 + 348,
      steal: 348,
    });
    expect(await cpuTicks(recorded({ files: { '/proc/stat': null } }))).toBeNull();
  });

  test('the share is that of the time between', () => {
    expect(stealShare({ total: 1000, steal: 100 }, { total: 1400, steal: 110 })).toBeCloseTo(0.025, 12);
    expect(stealShare({ total: 1000, steal: 100 }, { total: 1000, steal: 100 })).toBeNull();
    expect(stealShare(null, { total: 1, steal: 0 })).toBeNull();
  });

  test.each([
    [0, 'ok', '0.0 % while timers were measured'],
    [0.025, 'warn', '2.5 % of the CPU time went to other virtual machines'],
    [null, 'warn', 'unknown: no /proc/stat'],
  ])('a share of %s is %s', (share, status, detail) => {
    expect(stealFinding(share)).toMatchObject({ status, detail });
  });

  test('one CPU is few', () => {
    expect(coresFinding(recorded({ cpus: 1 })).status).toBe('warn');
    expect(coresFinding(recorded()).status).toBe('ok');
  });

  test.each([
    ['MemAvailable:   23757360 kB\n', 'ok', '23200 MiB available'],
    ['MemTotal: 1 kB\nMemAvailable:     200000 kB\n', 'warn', '195 MiB available'],
    [null, 'warn', 'unknown: no /proc/meminfo'],
  ])('memory %j is %s', async (text, status, detail) => {
    expect(await memoryFinding(recorded({ files: { '/proc/meminfo': text } }))).toMatchObject({
      status,
      detail,
    });
  });
});

describe('limits of the kernel', () => {
  const limits = (soft: string, hard: string) =>
    openFilesFinding(
      recorded({ files: { '/proc/self/limits': `Max open files            ${soft}   ${hard}   files\n` } }),
      { ...ORDINARY_NEEDS, sockets: 2000 },
    );

  test('the hard limit of open files has to hold the sockets and some more', async () => {
    expect(await limits('1024', '2064')).toMatchObject({ status: 'ok' });
    expect(await limits('1024', 'unlimited')).toMatchObject({ status: 'ok' });
    expect(await limits('1024', '2063')).toMatchObject({
      status: 'fail',
      detail: '1024 (hard 2063), 2064 needed at most',
    });
  });

  test('the range of ports has to hold twice the sockets', async () => {
    const ports = (range: string | null) =>
      portsFinding(recorded({ files: { [`${PATHS.IPV4}/ip_local_port_range`]: range } }), ORDINARY_NEEDS);
    expect(await ports('32768\t60999\n')).toMatchObject({
      status: 'ok',
      detail: '32768 to 60999, 1100 needed at once; tcp_tw_reuse 2',
    });
    expect(await ports('40000 41000\n')).toMatchObject({ status: 'warn' });
    expect(await ports(null)).toMatchObject({
      status: 'warn',
      detail: expect.stringMatching(/^unknown/) as string,
    });
  });

  test('the receive buffer is forced with CAP_NET_ADMIN, else the default counts', async () => {
    const buffer = (capabilities: string, size: string) =>
      receiveBufferFinding(
        recorded({
          files: {
            '/proc/self/status': `CapEff:\t${capabilities}\n`,
            '/proc/sys/net/core/rmem_default': size,
          },
        }),
      );
    expect((await buffer('0000000000001000', '1')).detail).toContain('4 MiB');
    expect(await buffer('0000000000002000', '212992\n')).toMatchObject({ status: 'ok' });
    expect(await buffer('0000000000000000', '65536\n')).toMatchObject({ status: 'warn' });
  });

  test.each([
    [null, null, 'ok', /not loaded/],
    ['262144\n', '0\n', 'ok', /tracks nothing/],
    ['262144\n', '1200\n', 'ok', /1200 of 262144 entries/],
    ['1000\n', '800\n', 'warn', /800 of 1000 entries: when it is full/],
  ])('connection tracking with a table of %j and %j entries', async (max, count, status, detail) => {
    const files = {
      '/proc/sys/net/netfilter/nf_conntrack_max': max,
      '/proc/sys/net/netfilter/nf_conntrack_count': count,
    };
    const finding = await conntrackFinding(recorded({ files }));
    expect(finding.status).toBe(status);
    expect(finding.detail).toMatch(detail);
  });
});
