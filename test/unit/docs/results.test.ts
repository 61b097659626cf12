import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../../src/model/error.js';
import { encodeProbe, HEARTBEAT_COLUMNS, OUTCOMES, PROBE_COLUMNS } from '../../../src/model/probe.js';
import { ns } from '../../../src/model/time.js';
import { columnsOf, type TableName, TABLES } from '../../../src/model/tables.js';
import { csvFiles } from '../../../src/report/text/csv.js';
import { fullInput } from '../../golden/report/input.js';
import { blocks, names, page, section } from './markdown.js';

const text = page('results.md');
/** The names that a list below a heading tells of; an item may tell of several. */
const listed = (heading: string): string[] =>
  [...section(text, heading).matchAll(/^- ((?:`[^`]+`(?:, )?)+)(?::|$)/gm)].flatMap(([, terms = '']) =>
    terms.replaceAll('`', '').split(', '),
  );
const common = listed('## The first five columns');

describe('the page has the columns of the files, in their order', () => {
  test.each([
    ...(Object.keys(TABLES) as TableName[]).map((name) => [`${name}.csv`, columnsOf(TABLES[name])] as const),
  ] as const)('%s', (file, columns) => {
    expect([...common, ...listed(`## ${file}`)]).toEqual(columns);
  });

  test('probes.csv, and its outcomes', () => {
    const all = listed('### trial-NN/probes.csv');
    expect(all).toEqual([...PROBE_COLUMNS, ...OUTCOMES]);
  });

  test('heartbeats.csv', () => {
    expect(listed('### trial-NN/heartbeats.csv')).toEqual(HEARTBEAT_COLUMNS);
  });

  test('exit codes', () => {
    expect(names(section(text, '## Exit codes')).map(Number)).toEqual(Object.values(EXIT));
  });
});

describe('the one-liners, on a run with every status and with hostile text', () => {
  let folder = '';
  const [outages, outcomes, besides] = blocks(section(text, '## One-liners'), 'sh');

  /** Lines of the output. */
  const run = (command = ''): string[] => {
    const { stdout, stderr, status } = spawnSync('sh', ['-c', command], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C', PATH: `${folder}:${process.env['PATH']}` },
    });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    return stdout.trimEnd().split('\n');
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'seqgap-docs-'));
    for (const [name, csv] of Object.entries(csvFiles(fullInput.tables)))
      writeFileSync(join(folder, name), csv);
    mkdirSync(join(folder, 'trial-01'));
    const probe = (seq: number, outcome: (typeof OUTCOMES)[number]): string =>
      encodeProbe({
        stream: 'ping',
        flow: 0,
        seq,
        outcome,
        intended_ns: ns(seq * 1e7),
        sent_ns: ns(seq * 1e7),
        accepted_ns: null,
        received_ns: null,
        ttl: null,
        cause: null,
      });
    const probes = [probe(0, 'answered'), probe(1, 'lost'), probe(2, 'answered')];
    writeFileSync(
      join(folder, 'trial-01/probes.csv'),
      `${[PROBE_COLUMNS.join(','), ...probes].join('\n')}\n`,
    );
    copyFileSync(join(import.meta.dirname, '../../fixtures/run-v1/run.json'), join(folder, 'run.json'));
    symlinkSync(join(import.meta.dirname, '../../../dist/cli.js'), join(folder, 'seqgap'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('there are no others', () => expect(blocks(text, 'sh')).toHaveLength(3));

  test('awk: outage of every trial', () => {
    expect(run(outages).map((line) => line.trimEnd())).toEqual([
      '1 failover ok 3.4102 3.4204 3.4306',
      '1 failback ok 0 0 0.02',
      '2 failover ok 3.1 3.11 3.12',
      '3 failover not-recovered 300.123',
      '4 failover void',
      '5 failover no-failover-detected',
      '6 failover down-at-start',
    ]);
  });

  test('awk: outcomes of the probes', () =>
    expect(run(outcomes)).toEqual(['ping answered 2', 'ping lost 1']));

  const noSqlite = spawnSync('sqlite3', ['--version']).status !== 0;
  const why = noSqlite ? ' (SKIPPED: sqlite3 is not installed)' : '';

  test.skipIf(noSqlite)(`sqlite3: sessions beside the outage${why}`, () => {
    expect(run(besides)).toEqual([
      '1|echo#1|survived|6.1|3.4204',
      '1|echo#2|survived|3.1|3.4204',
      '1|shell#1|survived-late|14.2|3.4204',
      '2|echo#1|reset||3.11',
      '2|echo#2|blackholed||3.11',
      '2|shell#1|app-closed||3.11',
    ]);
  });
});
