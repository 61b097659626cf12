import { describe, expect, test } from 'vitest';
import { linesOf, recordOf } from './context.js';

const line = (stamp: string, host = 'fw-b', said = '(VI_1) Entering MASTER STATE'): string =>
  `${stamp} ${host} Keepalived_vrrp[17]: ${said}\n`;

describe('a stamp', () => {
  test.each([
    ['Nov 30 07:00:34', '2026-11-30T07:00:34.000Z +1000 ms', false],
    ['2026-11-30T07:00:34.125+01:00', '2026-11-30T06:00:34.125Z +1 ms', true],
    ['2026-11-30T07:00:34,125000+0000', '2026-11-30T07:00:34.125Z +0.001 ms', true],
    ['2026-11-30 07:00:34.5', '2026-11-30T07:00:34.500Z +100 ms', false],
    ['1796022034.250000', '2026-11-30T07:00:34.250Z +0.001 ms', true],
    ['<134>1 2026-11-30T07:00:34Z', '2026-11-30T07:00:34.000Z +1000 ms', true],
  ])('%s allows what it resolves', async (stamp, when, zoned) => {
    const record = await recordOf(line(stamp));
    expect(linesOf(record)).toEqual([`${when}, fw-b, 1: role fw-b = active (VI_1)`]);
    expect(record.zoned).toBe(zoned);
  });

  test.each([
    'nov. 30',
    '30. Nov',
    '30 listopada',
    'ноя 30',
    '30 Kas',
    '11月 30',
    '11월 30',
    // Of languages whose months are not known: never another day.
    'Marraskuu 30',
    'noiembrie 30',
    'Νοε 30',
  ])('in the language of its host, %s, is of that day or of none', async (date) => {
    const record = await recordOf(line(`${date} 07:00:34`));
    const isKnown = !/^(?:M|noie|Ν)/.test(date);
    expect(linesOf(record)).toEqual(
      isKnown ? ['2026-11-30T07:00:34.000Z +1000 ms, fw-b, 1: role fw-b = active (VI_1)'] : [],
    );
    expect(record.notes.join()).toMatch(isKnown ? /^$/ : /nothing of it can be placed/);
  });

  test('without a zone is taken as UTC, and that is said', async () => {
    const { zoned, assumptions } = await recordOf(line('Nov 30 07:00:34'));
    expect(zoned).toBe(false);
    expect(assumptions).toEqual([
      'times have no zone: taken as UTC',
      'times have no year: each is taken for the one nearest to the run',
    ]);
  });

  test('without a zone, where the user said which', async () => {
    const record = await recordOf(line('Nov 30 12:30:34'), { zone_min: 330 });
    expect(linesOf(record)).toEqual([
      '2026-11-30T07:00:34.000Z +1000 ms, fw-b, 1: role fw-b = active (VI_1)',
    ]);
    expect(record).toMatchObject({ zoned: true });
    expect(record.assumptions[0]).toBe('times have no zone: taken as UTC+05:30');
  });

  test('with a zone is not moved by what the user said', async () => {
    const record = await recordOf(line('2026-11-30T07:00:34Z'), { zone_min: 330 });
    expect(linesOf(record)[0]).toMatch(/^2026-11-30T07:00:34/);
    expect(record.assumptions).toEqual([]);
  });

  test('in a far zone is kept, for the zone may be found by what happened', async () => {
    const record = await recordOf(line('Nov 30 21:00:34'));
    expect(record.evidence).toHaveLength(1);
    expect(record.notes).toEqual([]);
  });

  test.each([
    ['Dec 31 23:59:58', Date.UTC(2027, 0, 1), '2026-12-31T23:59:58.000Z'],
    ['Jan  1 00:00:02', Date.UTC(2026, 11, 31, 23, 59), '2027-01-01T00:00:02.000Z'],
    ['Feb 29 12:00:00', Date.UTC(2028, 1, 29, 12), '2028-02-29T12:00:00.000Z'],
  ])('without a year is of the one nearest to the run: %s', async (stamp, near_ms, when) => {
    const near = { lo_ms: near_ms - 60_000, hi_ms: near_ms + 60_000 };
    expect(linesOf(await recordOf(line(stamp), { near }))[0]).toMatch(new RegExp(`^${when}`));
  });

  test('that may begin with the day or the month is taken for the one nearest to the run, and that is said', async () => {
    const near = { lo_ms: Date.UTC(2026, 3, 3), hi_ms: Date.UTC(2026, 3, 4) };
    const record = await recordOf(line('04/03/2026 07:00:34'), { near });
    expect(linesOf(record)[0]).toMatch(/^2026-04-03T07:00:34/);
    expect(record.assumptions.join()).toMatch(/dates like 04\/03\/2026 may begin with the day or the month/);
  });

  test.each([
    ['6.0', 'eventtime=1796022034', '2026-11-30T07:00:34.000Z +1000 ms'],
    ['6.2 and later', 'eventtime=1796022034250000000 tz="-0700"', '2026-11-30T07:00:34.250Z +0.001 ms'],
    ['5.x', 'tz="+0100"', '2026-11-30T07:00:34.000Z +1000 ms'],
  ])('of FortiOS %s is in UTC', async (_version, more, when) => {
    const record = await recordOf(
      `date=2026-11-30 time=08:00:34 devname="fw-b" ${more} logid="0108037892" subtype="ha" ha_role="primary"\n`,
    );
    expect(linesOf(record)).toEqual([`${when}, fw-b, 1: role fw-b = active`]);
    expect(record.zoned).toBe(true);
  });

  test("of a device stands behind a server's, and counts", async () => {
    const record = await recordOf(
      '2026-11-30T07:00:09.000+00:00 fw-b Nov 30 2026 07:00:05: %ASA-1-104001: (Secondary) Switching to ACTIVE - mate want me Active\n',
    );
    expect(linesOf(record)).toEqual(['2026-11-30T07:00:05.000Z +1000 ms, fw-b, 1: role fw-b = active']);
  });
});

describe('the order of the lines', () => {
  test('a clock that was set back is evidence, and a note', async () => {
    const record = await recordOf(
      [
        line('Nov 30 07:00:00', 'fw-b', '(VI_1) Entering BACKUP STATE'),
        line('Nov 30 07:00:34'),
        line('Nov 30 07:00:31.7'.replace('.7', ''), 'fw-b', 'Reloading'),
        line('Nov 30 07:00:40', 'fw-b', 'Reloaded'),
      ].join(''),
    );
    expect(linesOf(record)).toContain('2026-11-30T07:00:31.000Z +1000 ms, fw-b, 3: clock-set fw-b');
    expect(record.notes).toContain(
      'from line 3 on its times go back by at least 3.0 s: a clock was set, or two logs were put together',
    );
  });

  test('two hosts whose clocks differ, mixed by a server, set none', async () => {
    const record = await recordOf(
      Array.from({ length: 20 }, (_, at) =>
        line(
          `Nov 30 07:00:${String(10 + at + (at % 2) * 9).padStart(2, '0')}`,
          at % 2 === 0 ? 'fw-a' : 'fw-b',
          'x',
        ),
      ).join(''),
    );
    expect(record.evidence).toEqual([]);
    expect(record.notes.join()).not.toMatch(/go back/);
  });

  test('a list that begins with what is newest sets none', async () => {
    const record = await recordOf(
      ['07:05:00', '07:03:00', '07:00:00'].map((time) => `<2026-11-30 ${time}> hatalk started\n`).join(''),
    );
    expect(record.evidence).toEqual([]);
    expect(record.assumptions).toContain('it begins with what is newest');
    expect(record.notes.join()).not.toMatch(/go back/);
  });

  test('two logs that were put together are no clock', async () => {
    const record = await recordOf(
      [
        line('Nov 29 07:00:00'),
        line('Nov 30 08:00:00'),
        line('Nov 20 07:00:00'),
        line('Nov 21 07:00:00'),
      ].join(''),
    );
    expect(record.evidence.map(({ kind }) => kind)).not.toContain('clock-set');
    expect(record.notes.join()).toMatch(/go back by at least/);
  });
});
