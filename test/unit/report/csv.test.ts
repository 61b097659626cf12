import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import type { ResultTables } from '../../../src/model/tables.js';
import { csvFiles, resultDocument } from '../../../src/report/text/csv.js';
import { fullInput, hostileText } from '../../golden/report/input.js';

const HEADERS = {
  'trials.csv':
    'run,scenario,version,trial,phase,trigger,node,action,status,headline_stream,outage_lo_s,outage_s,outage_hi_s,' +
    'sessions_total,sessions_survived,verdict,void_reason',
  'streams.csv':
    'run,scenario,version,trial,phase,trigger,stream,class,direction,family,status,sent,received,lost,late,' +
    'duplicate,reordered,unsent,local_blocked,periods,longest_lo_s,longest_s,longest_hi_s,total_s,span_s,silence_s,' +
    'trigger_to_first_loss_s,trigger_to_recovery_s,rtt_before_ms,rtt_after_ms,ttl_before,ttl_after,interval_s,' +
    'lateness_p99_ms,void_reason,unresolved,unreachable,refused,holes,longest_hole_s,causes,flows,flows_affected,flow_min_s,flow_median_s,flow_max_s,' +
    'late_s,disruption_s,disruption_loss,background_loss,background_lo,background_hi,residual_loss,residual_delay_ms',
  'outages.csv':
    'run,scenario,version,trial,phase,stream,period,kind,first_seq,last_seq,lost,late,start_utc,start_s,lo_s,' +
    'outage_s,hi_s,silence_s,censored,direction,flow',
  'sessions.csv':
    'run,scenario,version,trial,phase,trigger,session,kind,age_s,verdict,stall_s,stall_predicted_s,excess_s,bytes,' +
    'who_spoke_first,error,stratum,rto_ms',
  'timeline.csv':
    'run,scenario,version,trial,phase,kind,milestone,subject,source,at_lo_s,at_s,at_hi_s,after_trigger_s,at_utc,detail',
  'phases.csv': 'run,scenario,version,trial,phase,step,name,until,start_s,lo_s,length_s,hi_s,share,status',
};

const EMPTY: ResultTables = { trials: [], streams: [], outages: [], sessions: [] };
const TABLE = {
  'trials.csv': 'trials',
  'streams.csv': 'streams',
  'outages.csv': 'outages',
  'sessions.csv': 'sessions',
  'timeline.csv': 'timeline',
  'phases.csv': 'phases',
} as const;
const NAMES = [
  'trials.csv',
  'streams.csv',
  'outages.csv',
  'sessions.csv',
  'timeline.csv',
  'phases.csv',
] as const;
/** Of a run by any version; timeline.csv and phases.csv came later. */
const ALWAYS = ['trials.csv', 'streams.csv', 'outages.csv', 'sessions.csv'] as const;

const rowsOf = (tables: ResultTables, name: (typeof NAMES)[number]): readonly object[] =>
  tables[TABLE[name]] ?? [];

describe('csvFiles', () => {
  test.each(NAMES)('the columns of %s, in their order, are an interface', (name) => {
    expect(csvFiles(fullInput.tables)[name]?.startsWith(`${HEADERS[name]}\r\n`)).toBe(true);
  });

  test('a run without a trial has the files that every version wrote, with their columns', () => {
    const headers = ALWAYS.map((name) => [name, `${HEADERS[name]}\r\n`]);
    expect(csvFiles(EMPTY)).toEqual(Object.fromEntries(headers));
  });

  test('the timeline is written where nothing happened, the phases only where they explain something', () => {
    const files = csvFiles({ ...EMPTY, timeline: [], phases: [] });
    expect(Object.keys(files)).toEqual([...ALWAYS, 'timeline.csv']);
  });

  test.each(NAMES)('%s has a column for every field, in the order of the record', (name) => {
    for (const row of rowsOf(fullInput.tables, name))
      expect(HEADERS[name].split(',').sort()).toEqual(Object.keys(row).sort());
  });

  test.each(NAMES)('%s reads back as what was written, but for control characters', (name) => {
    const rows: Record<string, string>[] = parse(csvFiles(fullInput.tables)[name] ?? '', {
      columns: true,
    });
    const expected = rowsOf(fullInput.tables, name).map((row) =>
      Object.fromEntries(
        Object.entries(row as Record<string, string | number | boolean | null>).map(([field, value]) => [
          field,
          value === null ? '' : String(value).replaceAll('\u001b', ' '),
        ]),
      ),
    );
    expect(rows).toEqual(expected);
  });

  test('commas, quotes, line ends and non-ASCII survive in an error text, other control characters do not', () => {
    for (const error of [
      hostileText.replaceAll('\u001b', ' '),
      'a,b',
      'say "no"',
      'one\ntwo',
      'one\r\ntwo',
      ' padded ',
      'größer 連接',
      '""',
    ]) {
      const [row] = fullInput.tables.sessions;
      const files = csvFiles({ ...EMPTY, sessions: [{ ...row!, error }] });
      const [back]: Record<string, string>[] = parse(files['sessions.csv'], { columns: true });
      expect(back?.error).toBe(error);
    }
  });

  test('nothing that a spreadsheet takes for a formula, and no control character', () => {
    const shown = (error: string): string | undefined => {
      const [row] = fullInput.tables.sessions;
      const files = csvFiles({ ...EMPTY, sessions: [{ ...row!, error }] });
      const [back]: Record<string, string>[] = parse(files['sessions.csv'], { columns: true });
      return back?.error;
    };
    for (const formula of ['=1+1', '+cmd', '-2+3', '@SUM(A1)', '＝1', ' =1', '-'])
      expect(shown(formula)).toBe(`'${formula}`);
    expect(shown('\t=1')).toBe("'\t=1");
    expect(shown('\r=1')).toBe("' =1");
    for (const figure of ['-12', '+0.5', '-1.5e-3', '12', 'a=b', "it's"]) expect(shown(figure)).toBe(figure);
    expect(shown('a\u001b]0;x\u0007\u009bb\u202ec\u2028d')).toBe('a ]0;x b\ufffdc d');
    expect(shown('one\n::error::two')).toBe('one\n: :error::two');
    const [row] = fullInput.tables.sessions;
    const text = csvFiles({ ...EMPTY, sessions: [{ ...row!, error: 'a;=1' }] })['sessions.csv'];
    expect(text).toContain('"a;=1"');
  });

  test('a line end of any kind is quoted, as RFC 4180 asks', () => {
    const [row] = fullInput.tables.sessions;
    const files = csvFiles({ ...EMPTY, sessions: [{ ...row!, error: 'one\ntwo' }] });
    expect(files['sessions.csv']).toContain('"one\ntwo",,204\r\n');
  });

  test('numbers: 1 µs, no exponent, no -0, and missing is empty, not 0', () => {
    const [row] = fullInput.tables.sessions;
    const figures = {
      age_s: 3.123_456_789,
      stall_s: 1e-7,
      stall_predicted_s: -0,
      excess_s: -1e-9,
      bytes: 1e9,
    };
    const files = csvFiles({ ...EMPTY, sessions: [{ ...row!, ...figures, error: null }] });
    expect(files['sessions.csv'].split('\r\n')[1]).toMatch(
      /,3\.123457,survived,0,0,0,1000000000,client,,,204$/,
    );
    const small = csvFiles({ ...EMPTY, sessions: [{ ...row!, age_s: 0.000_001, stall_s: null }] });
    expect(small['sessions.csv']).toContain(',0.000001,survived,,');
  });

  test('a figure that is not a number is a bug, not a cell', () => {
    const [row] = fullInput.tables.sessions;
    expect(() => csvFiles({ ...EMPTY, sessions: [{ ...row!, stall_s: NaN }] })).toThrow(/stall_s is NaN/);
  });
});

describe('resultDocument', () => {
  test('has the names and the order of the CSV files', () => {
    const document = resultDocument(fullInput.tables);
    const tables = ['trials', 'streams', 'outages', 'sessions', 'timeline', 'phases'];
    expect(Object.keys(document)).toEqual(['format', ...tables]);
    expect(document.format).toBe(1);
    for (const name of NAMES)
      for (const row of rowsOf(document, name)) expect(Object.keys(row).join(',')).toBe(HEADERS[name]);
  });

  test('has the same figures, and null for missing', () => {
    const [row] = fullInput.tables.sessions;
    const document = resultDocument({
      ...EMPTY,
      sessions: [{ ...row!, age_s: 3.123_456_789, stall_s: null }],
    });
    expect(document.sessions[0]).toMatchObject({ age_s: 3.123457, stall_s: null });
  });
});
