import { describe, expect, test } from 'vitest';
import type { MeasuredPhase } from '../../../src/model/event.js';
import type { SessionVerdict } from '../../../src/model/record.js';
import type { OpeningRow, SessionRow } from '../../../src/model/tables.js';
import type { AnalysedRun } from '../../../src/report/run/analysed-run.js';
import { sessionMatrix, type MatrixRow, sessionSentence } from '../../../src/report/run/sessions.js';
import { type Face, tableOn, textOf } from '../../../src/report/sections.js';
import { matrixTable } from '../../../src/report/run/session-sections.js';
import { fullInput } from '../../golden/report/input.js';

const [sample] = fullInput.tables.sessions;
const row = (phase: MeasuredPhase, verdict: SessionVerdict, more: Partial<SessionRow> = {}): SessionRow => ({
  ...sample!,
  phase,
  verdict,
  stall_s: null,
  stall_predicted_s: null,
  ...more,
});

const inputOf = (
  sessions: readonly SessionRow[],
  isArm = false,
  openings: OpeningRow[] = [],
): AnalysedRun => ({
  ...fullInput,
  record: {
    ...fullInput.record,
    scenario: {
      ...fullInput.record.scenario,
      controlArm: isArm ? { arm: 'no-sync', repeat: 1 } : null,
    },
  },
  tables: { ...fullInput.tables, sessions, openings },
});
const say = (...args: Parameters<typeof inputOf>): string => sessionSentence(inputOf(...args));

const opening = (more: Partial<OpeningRow>): OpeningRow => ({
  run: 'run',
  scenario: 'test',
  version: 'v1',
  trial: 1,
  phase: 'failover',
  trigger: 'crash',
  session: 'fresh',
  kind: 'tcp',
  attempts: 20,
  failed: 0,
  no_data: 0,
  usual_ms: 2,
  first_hit_s: null,
  works_again_s: null,
  error: null,
  ...more,
});

describe('what became of sessions, in a sentence', () => {
  test('all survived, but no control arm: survival alone proves nothing', () => {
    const alive = row('failover', 'survived', { stall_s: 0.861, stall_predicted_s: 0.84 });
    expect(say([alive, alive])).toBe(
      "All 2 established sessions lived through the failover; the longest stall was 0.861 s, where TCP's " +
        'retransmissions alone make 0.840 s. Whether that is due to state sync cannot be told without a control arm ' +
        '(`control-arm: no-sync`).',
    );
  });

  test('each fate with its number', () => {
    const rows = (['survived', 'reset', 'blackholed', 'blackholed', 'app-closed', 'not-tested'] as const).map(
      (verdict) => row('failover', verdict),
    );
    expect(say(rows)).toMatch(
      /^1 of 5 established sessions lived through the failover; 1 was reset, 2 were blackholed, 1 was closed by the far end\./,
    );
  });

  test.each<[string, SessionVerdict[], SessionVerdict[], RegExp]>([
    ['dies without sync', ['survived'], ['reset'], /none of 1 survived: survival here proves state sync\.$/],
    [
      'lives anyway',
      ['survived'],
      ['survived', 'survived'],
      /all 2 survived as well: survival proves nothing/,
    ],
    [
      'mixed',
      ['survived'],
      ['survived', 'reset'],
      /1 of 2 survived: survival does not prove state sync for each/,
    ],
    ['nothing saved', ['reset'], ['reset'], /0 of 1 survived: state sync as it is saves no session\.$/],
    ['an arm without sessions', ['survived'], ['not-tested'], /tested no session, so that it says nothing/],
  ])('against the control arm: %s', (_name, with_sync, without, said) => {
    const rows = [
      ...with_sync.map((verdict) => row('failover', verdict)),
      ...without.map((verdict) => row('no-sync', verdict)),
    ];
    expect(say(rows, true)).toMatch(said);
  });

  test('those begun in the outage prove nothing of state sync and are counted apart', () => {
    const rows = [
      row('failover', 'survived'),
      row('failover', 'survived', { stratum: 'during' }),
      row('failover', 'blackholed', { stratum: 'during' }),
      row('no-sync', 'blackholed'),
      row('no-sync', 'survived', { stratum: 'during' }),
    ];
    expect(say(rows, true)).toBe(
      'The one established session lived through the failover. Without state sync none of 1 survived: survival here ' +
        'proves state sync. Of 2 begun in the outage 1 came to work.',
    );
  });

  test('new sessions: by the worst trial, and what answered in the server’s place', () => {
    const hit = opening({ trial: 2, first_hit_s: 0.1, works_again_s: 2.5, no_data: 3 });
    expect(say([], false, [opening({}), hit, opening({ phase: 'no-sync', first_hit_s: 0.1 })])).toBe(
      'New sessions (fresh) worked again 2.50 s after the trigger (3 opened but brought no data: something answers for ' +
        'the server).',
    );
    expect(say([], false, [hit, opening({ first_hit_s: 0.1 })])).toMatch(/did not work again\.$/);
    expect(say([], false, [opening({})])).toBe('New sessions (fresh) worked all the time.');
  });

  test('without sessions there is nothing to say', () => {
    expect(say([])).toBe('');
  });
});

const cellsOn = (face: Face, row: MatrixRow): string[] | undefined =>
  tableOn(face, matrixTable([row])).rows[0]?.map(textOf);

describe('by kind, age and speaker', () => {
  const stalls = [0, 0.4, 0.8].map((stall_s) =>
    row('failover', 'survived', { stall_s, stall_predicted_s: 0.4 }),
  );
  const [young] = sessionMatrix(inputOf([row('failover', 'survived', { stratum: '5s', stall_s: 0 })]));

  test('least, median and most of the stalls beside the prediction', () => {
    const [first] = sessionMatrix(inputOf([...stalls, row('failover', 'reset')]));
    expect(cellsOn('markdown', first!)).toEqual([
      'failover',
      'tcp',
      'before',
      'client',
      '3/4',
      '0',
      '1',
      '0',
      '0',
      '0 / 0.400 / 0.800 s',
      '0.400 / 0.400 / 0.400 s',
    ]);
    expect(cellsOn('terminal', first!)).toEqual([
      'tcp',
      'before',
      'client',
      '3/4',
      '1',
      '0',
      '0 / 0.400 / 0.800 s',
      '0.400 s',
    ]);
  });

  test('ages and phases have rows of their own, and what was not tested has none', () => {
    const rows = [row('failover', 'survived'), row('failback', 'survived'), row('failover', 'not-tested')];
    expect(
      sessionMatrix(inputOf([...rows, row('failover', 'reset', { stratum: '5s' })])).map(
        ({ phase, stratum, tested }) => [phase, stratum, tested],
      ),
    ).toEqual([
      ['failover', null, 1],
      ['failback', null, 1],
      ['failover', '5s', 1],
    ]);
    expect(cellsOn('html', young!)?.slice(2, 4)).toEqual(['5s', 'client']);
    expect(cellsOn('html', young!)?.[9]).toBe('none');
  });
});
