import { describe, expect, test } from 'vitest';
import { ownChecks } from '../../../src/analysis/limits.js';
import type { Limit } from '../../../src/model/plan.js';
import { runOf, type TrialSpec } from '../comparison/sides.js';

const limit = (subject: string, metric: Limit['metric'], value: number, text: string): Limit => ({
  key: `${subject}.${metric}`,
  subject,
  metric,
  value,
  text,
});
const sessions = (
  verdicts: NonNullable<TrialSpec['sessions']>[number]['verdicts'],
  stall_s: number | null,
) => [{ streams: [{ value_s: 1 }], sessions: [{ name: 'echo', verdicts, stall_s }] }];
const check = (trials: readonly TrialSpec[], one: Limit) =>
  ownChecks(runOf({ version: 'A', trials, summary: { limits: [one] } }))[0];

describe('limits on sessions that were only counted', () => {
  test('their share', () => {
    const half = sessions({ survived: 1, 'survived-late': 1, reset: 2, 'not-tested': 5 }, 2);
    expect(check(half, limit('echo', 'survived', 0.5, '50%'))).toMatchObject({ verdict: 'pass' });
    expect(check(half, limit('echo', 'survived', 0.51, '51%'))).toMatchObject({
      of: 'limit',
      name: 'echo.survived',
      text: 'at least 51%: 1 of 1 trial below 51 %; the worst 2 of 4 survived in trial 1, failover',
      verdict: 'fail',
    });
  });

  test('their longest stall', () => {
    const all = sessions({ survived: 4 }, 2);
    expect(check(all, limit('echo', 'stall', 2, '2s'))).toMatchObject({ verdict: 'pass' });
    expect(check(all, limit('echo', 'stall', 1.9, '1.9s'))).toMatchObject({ verdict: 'fail' });
    expect(
      check(sessions({ survived: 3, blackholed: 1 }, 0.1), limit('echo', 'stall', 2, '2s')),
    ).toMatchObject({
      verdict: 'fail',
    });
  });

  test('none was tested', () => {
    expect(check(sessions({ 'not-tested': 4 }, null), limit('echo', 'survived', 1, '100%'))).toMatchObject({
      verdict: 'inconclusive',
    });
  });
});

describe('a limit on a control stream, whose rows comparisons do not have', () => {
  const control = limit('control', 'longest', 1, '1s');
  const run = (verdict: 'pass' | 'fail') =>
    runOf({
      version: 'A',
      trials: [{ streams: [{ value_s: 1 }] }],
      summary: { limits: [control], verdict, settings: { 'control.type': 'icmp, control' } },
    });

  test('counts by the verdict that the run has', () => {
    expect(ownChecks(run('fail')).map(({ name, verdict }) => [name, verdict])).toEqual([
      ['trials', 'pass'],
      ['verdict', 'fail'],
    ]);
  });

  test('is kept, then', () => {
    expect(ownChecks(run('pass')).map(({ name, verdict }) => [name, verdict])).toEqual([
      ['trials', 'pass'],
      ['control.longest', 'pass'],
    ]);
  });
});

test.each([limit('echo', 'survived', 1, '100%'), limit('ping6', 'longest', 1, '1s')])(
  'a limit whose rows are gone is not decided: %o',
  (one) => {
    const run = runOf({ version: 'A', trials: [{ streams: [{ value_s: 1 }] }], summary: { limits: [one] } });
    expect(ownChecks(run)).toMatchObject([
      { name: 'trials', verdict: 'pass' },
      {
        name: one.key,
        verdict: 'inconclusive',
        text: `${one.text}: the run has no figure of ${one.subject}`,
      },
    ]);
  },
);

describe('a limit on the aftercare', () => {
  const run = runOf({
    version: 'A',
    trials: [{ streams: [{ value_s: 1 }] }],
    summary: { limits: [limit('aftercare', 'periods', 0, '0')], verdict: 'fail' },
  });
  const after = run.streams.map((row) => ({ ...row, phase: 'aftercare' as const, periods: 2 }));

  test('is judged by the rows that the run has of it', () =>
    expect(ownChecks({ ...run, streams: [...run.streams, ...after] })).toMatchObject([
      {
        name: 'aftercare.periods',
        verdict: 'fail',
        text: expect.stringContaining('2 in the aftercare (stream'),
      },
      { name: 'trials', verdict: 'pass' },
    ]));

  test('without any it has no figure', () =>
    expect(ownChecks(run)[1]).toMatchObject({
      verdict: 'inconclusive',
      text: expect.stringContaining('no figure'),
    }));
});
