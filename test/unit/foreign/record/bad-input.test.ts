import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readRecord } from '../../../../src/foreign/record/read-record.js';
import { KnownError } from '../../../../src/model/error.js';
import { CONTEXT, linesOf, recordOf } from './context.js';

const KEEPALIVED = [
  'Nov 30 07:00:34 fw-b Keepalived_vrrp[17]: (VI_1) Receive advertisement timeout',
  'Nov 30 07:00:34 fw-b Keepalived_vrrp[17]: (VI_1) Entering MASTER STATE',
  '',
].join('\n');

describe('one clear line for', () => {
  const refused = async (promise: Promise<unknown>): Promise<string> => {
    const error: unknown = await promise.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(KnownError);
    const { message, remedy } = error as KnownError;
    expect(message).not.toContain('\n');
    return `${message} (${remedy ?? ''})`;
  };

  test.each([
    ['nothing', ''],
    ['blank lines', '\n\n  \n'],
  ])('%s', async (_name, content) => {
    expect(await refused(recordOf(content))).toMatch(/is empty/);
  });

  test('a log of something else, with what is read', async () => {
    const said = await refused(recordOf('2026-11-30 07:00:00 INFO shop: order 12 was paid\n'.repeat(40)));
    expect(said).toMatch(
      /none of its lines is of a record that is known; it begins with "2026-11-30 07:00:00 INFO/,
    );
    expect(said).toMatch(
      /PAN-OS system log .*FortiOS event log .*Azure activity log, AWS CloudTrail and operations of gcloud/,
    );
  });

  test('octets at random', async () => {
    const octets = Buffer.from(Array.from({ length: 50_000 }, (_, at) => (at * 7919 + (at >> 3)) % 256));
    expect(await refused(recordOf(octets))).toMatch(/none of its lines/);
  });

  test('JSON of no cloud', async () => {
    expect(await refused(recordOf('{"streams": [{"lost": 4}]}'))).toMatch(/none of its lines/);
  });

  test('a list of a cloud with no entry of it', async () => {
    const content = '[{"eventTimestamp": 5, "operationName": null}, {"eventTimestamp": [], "status": 3}]';
    expect(await refused(recordOf(content))).toMatch(/no entry in it is of the form of Azure activity log/);
  });

  test('a capture', async () => {
    const capture = Buffer.alloc(64);
    capture.writeUInt32LE(0xa1b2c3d4, 0);
    expect(await refused(recordOf(capture))).toMatch(
      /is a capture of packets, not a log \(give it by --pcap/,
    );
  });

  test('a file that is not there, and a folder', async () => {
    expect(await refused(readRecord('/nonexistent/ha.log', CONTEXT))).toMatch(
      /cannot read \/nonexistent\/ha\.log/,
    );
    expect(await refused(readRecord('/tmp', CONTEXT))).toMatch(/cannot read \/tmp/);
  });
});

describe('is read, and said', () => {
  test('a log of another day', async () => {
    const record = await recordOf(KEEPALIVED.replaceAll('Nov 30', 'Nov  1'));
    expect(record.evidence).toEqual([]);
    expect(record.notes).toEqual(['its lines are of 2026-11-01, the run was on 2026-11-30']);
  });

  test('a log of the day in which nothing happened', async () => {
    const record = await recordOf(
      'Nov 30 07:00:34 fw-b sshd[17]: Accepted publickey for root from 192.0.2.1\n',
    );
    expect(record).toMatchObject({ form: 'Linux system log', evidence: [] });
    expect(record.notes).toEqual(['nothing in it near the run tells of a failover']);
  });

  test('lines of other days in a log of weeks', async () => {
    const record = await recordOf(KEEPALIVED.replaceAll('Nov 30', 'Nov  1') + KEEPALIVED);
    expect(linesOf(record)).toHaveLength(2);
    expect(record.notes).toContain('2 lines that would tell something are of other days, and left out');
  });

  test('a packed log', async () => {
    expect(linesOf(await recordOf(gzipSync(KEEPALIVED)))).toHaveLength(2);
  });

  test('a packed log that was cut off', async () => {
    const many = Array.from({ length: 4000 }, (_, at) => KEEPALIVED.replaceAll('17', String(at * 7919))).join(
      '',
    );
    const packed = gzipSync(many);
    const record = await recordOf(packed.subarray(0, Math.floor(packed.length / 2)));
    expect(record.evidence.length).toBeGreaterThan(100);
    expect(record.notes).toContain('the end of the file is missing');
  });

  test('a list of a cloud that was cut off', async () => {
    const entry = JSON.stringify({
      eventTimestamp: '2026-11-30T07:00:06Z',
      operationName: 'Microsoft.Network/networkInterfaces/write',
      status: 'Accepted',
      resourceId: '/x/nic-a',
    });
    const record = await recordOf(`[${entry}, ${entry.slice(0, 40)}`);
    expect(record.evidence).toHaveLength(1);
    expect(record.notes).toContain('the end of the file is missing');
  });

  test('lines that look like the form, in words that are not known', async () => {
    const line = (second: number, words: string): string =>
      `date=2026-11-30 time=07:00:0${second} devname="fgt-b" logid="0108099999" type="event" subtype="ha" msg="${words}"\n`;
    const record = await recordOf(
      line(1, '클러스터 멤버 상태가 변경되었습니다') + line(2, 'Clusterstatus geändert'),
    );
    expect(record.evidence).toEqual([]);
    expect(record.notes.join()).toMatch(/not understood, and passed over: 2 lines, as «date=2026/);
  });

  test('times that no clock shows, and a line without any', async () => {
    const bad = 'Feb 31 07:00:34 fw-b Keepalived_vrrp[17]: (VI_1) Entering FAULT STATE\n';
    const bare = 'Keepalived_vrrp[17]: (VI_1) Entering FAULT STATE\n';
    const record = await recordOf(bad + bare + KEEPALIVED);
    expect(linesOf(record)).toHaveLength(2);
    expect(record.notes).toContain('1 line with a time that no clock shows');
    expect(record.notes).toContain('2 lines that would tell something have no date and time');
  });

  test('a time of day without a date', async () => {
    const record = await recordOf('07:00:34 fw-b Keepalived_vrrp[17]: (VI_1) Entering MASTER STATE\n');
    expect(record).toMatchObject({ evidence: [], span: null });
    expect(record.notes).toContain('none of its lines has a date and time: nothing of it can be placed');
  });

  test('a line beyond any length', async () => {
    const record = await recordOf(`${'x'.repeat(200_000)}\n${KEEPALIVED}`);
    expect(record.evidence.map(({ line }) => line)).toEqual([2, 3]);
    expect(record.notes).toEqual([]);
  });

  test('hostile signs are plain in what is kept', async () => {
    const record = await recordOf(
      'Nov 30 07:00:34 fw-b Keepalived_vrrp[1]: (VI_\u202e1) Entering MASTER STATE ##vso[task.setvariable]\u0007 password=hunter2secret\n' +
        'Nov 30 07:00:35 fw-b Keepalived_vrrp[1]: \u001b[31m(VI_2) Entering MASTER STATE\u001b[0m\n',
    );
    expect(record.evidence).toHaveLength(2);
    for (const { raw, subject, part } of record.evidence) {
      // oxlint-disable-next-line no-control-regex
      expect(`${raw}${subject}${part ?? ''}`).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]|##vso\[/);
      expect(raw.length).toBeLessThanOrEqual(300);
    }
  });

  test('lines are counted as an editor counts them', async () => {
    const record = await recordOf(`\n\r\n${KEEPALIVED.replaceAll('\n', '\r\n\r\n')}`);
    expect(record.evidence.map(({ line }) => line)).toEqual([3, 5]);
  });

  test('UTF-16, as PowerShell redirects', async () => {
    const record = await recordOf(Buffer.from(`\ufeff${KEEPALIVED}`, 'utf16le'));
    expect(linesOf(record)).toHaveLength(2);
  });

  test('more than is kept: what is near the run stays', async () => {
    const line = (minute: number, at: number): string =>
      `Nov 30 0${minute < 60 ? 5 : 7}:${String(minute % 60).padStart(2, '0')}:00 fw-b Keepalived_vrrp[${at}]: (VI_1) Entering BACKUP STATE\n`;
    const many = Array.from({ length: 230_000 }, (_, at) => line(at % 60, at)).join('');
    const record = await recordOf(many + KEEPALIVED);
    expect(record.evidence).toHaveLength(100_000);
    expect(record.evidence.at(-1)?.value).toBe('active');
    expect(record.notes.join()).toMatch(/more than 100000 lines tell something: 1300\d\d of them/);
  });
});
