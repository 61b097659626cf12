import { cp, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { afterAll, describe, expect, test } from 'vitest';
import { DEFAULT_MARGIN } from '../../../src/analysis/comparison/compare.js';
import { judgeGate } from '../../../src/analysis/gate/gate.js';
import { findBaseline, findTested } from '../../../src/cli/gate/runs.js';
import { gateCommand } from '../../../src/cli/gate/command.js';
import { KnownError } from '../../../src/model/error.js';
import type { BaselineRule, GateResult } from '../../../src/model/gate.js';
import { about, type Outage } from '../../unit/gate/nights.js';
import { scratch } from '../store/scratch.js';
import { makeNight } from './make-night.js';

const CLI = join(import.meta.dirname, '../../../dist/cli.js');

const LAST: BaselineRule = { kind: 'last', nights: 20 };

interface Said {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** In a folder of its own, and in no CI unless told so. */
const seqgap = async (
  folder: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Said> => {
  const { exitCode, stdout, stderr } = await execa('node', [CLI, ...args], {
    cwd: folder,
    reject: false,
    env: { NO_COLOR: '1', GITHUB_ACTIONS: '', GITLAB_CI: '', ...env },
  });
  return { code: exitCode, stdout, stderr };
};

const results = (folder: string): string => join(folder, 'results');

let nights: Promise<string> | null = null;
afterAll(async () => {
  if (nights !== null) await rm(await nights, { recursive: true, force: true });
});

/** As many good nights of 1 s as one night is held against, and one that failed. Made once. */
const goodNights = (): Promise<string> => {
  nights ??= (async () => {
    const folder = await mkdtemp(join(tmpdir(), 'seqgap-gate-'));
    for (let day = 0; day < 19; day += 1) await makeNight(folder, { day, outages: about(1, day) });
    await makeNight(folder, { day: 19, outages: about(6), verdict: 'fail' });
    return folder;
  })();
  return nights;
};

interface Store {
  readonly folder: string;
  readonly out: string;
  /** The night after them. */
  readonly path: string;
}

const store = async (last: {
  readonly outages: readonly Outage[];
  readonly survived?: number;
}): Promise<Store> => {
  const folder = await scratch();
  const out = results(folder);
  await cp(await goodNights(), out, { recursive: true });
  return { folder, out, path: await makeNight(out, { day: 20, ...last }) };
};

describe('seqgap gate', () => {
  test('passes the newest run, says which that is, and what could have stayed unseen', async () => {
    const { folder, path } = await store({ outages: about(1) });
    const said = await seqgap(folder, ['gate']);
    expect(said.stderr).toBe(`The newest run of fw: results/fw/${basename(path)}`);
    expect(said.stdout).toContain(
      '✓ ping down 1.02 → 1.02 s. Worst: trial 4 (1.03 s). Within 1 limit, and no regression against the',
    );
    expect(said.stdout).toMatch(/A regression of up\s+to\s+0\.\d+ s\s+could\s+have\s+stayed\s+unseen/);
    expect(said.stdout).toContain('20260120T010000Z-9.0: its own verdict is fail');
    expect(said.code).toBe(0);
  });

  test('fails for a regression, in every output', async () => {
    const { folder, path } = await store({ outages: about(2) });
    const said = await seqgap(folder, [
      'gate',
      path,
      '--json',
      '--junit',
      'gate.xml',
      '--annotations',
      'github',
    ]);
    expect(said.code).toBe(1);
    const json = JSON.parse(said.stdout) as {
      verdict: string;
      baseline: { nights: object[] };
      family: number;
    };
    expect(json).toMatchObject({ verdict: 'fail', family: 2, needed: null });
    expect(json.baseline.nights).toHaveLength(19);
    expect(said.stderr).toMatch(/^::error title=seqgap gate%3A fw%2C version 9\.0::Regression: ping down/);
    const xml = await readFile(join(folder, 'gate.xml'), 'utf8');
    expect(XMLValidator.validate(xml)).toBe(true);
    const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' });
    expect(parser.parse(xml)).toMatchObject({
      testsuites: { tests: '4', failures: '1', errors: '0', skipped: '0' },
    });
  });

  test('fails when sessions die that lived before', async () => {
    const { folder } = await store({ outages: about(1), survived: 0 });
    const said = await seqgap(folder, ['gate', '--chat']);
    expect(said.code).toBe(1);
    expect(said.stdout).toMatch(
      /^\*\*✗ fail\*\*: fw, version 9\.0 \(2026-01-21\)\. Regression: all sessions of echo survived in 0 of 4/,
    );
    expect(said.stdout.split('\n')).toHaveLength(1);
  });
});

/** The same without a process of its own. */
const judged = async (
  word: string | null,
  out: string | null,
  rule: BaselineRule = LAST,
  words: readonly string[] = [],
): Promise<GateResult> => {
  const tested = await findTested(word, null, out);
  const baseline = await findBaseline(tested, rule, words);
  return judgeGate(tested.figures, baseline, { rule, margin: DEFAULT_MARGIN, alpha: 0.05, warmUp: null });
};
const nightsOf = ({ nights }: GateResult): string[] => nights.map(({ run }) => run.slice(6, 8));

describe('which runs are taken', () => {
  test('on the first nights there are not enough, and those that are missing are counted', async () => {
    const out = await scratch();
    const result = await judged(await makeNight(out, { day: 0, outages: [1, 1.01] }), null);
    expect(result.verdict).toBe('inconclusive');
    expect(result.needed).toEqual({ have: 0, more: 10, trials: null });
  });

  test('a run in the middle is held against what was before it, and nothing newer', async () => {
    const { out } = await store({ outages: about(2) });
    const result = await judged('fw/20260106T010000Z-9.0', out);
    expect(nightsOf(result)).toEqual(['01', '02', '03', '04', '05']);
  });

  test('a named baseline leaves the run under test out, and says so', async () => {
    const { out } = await store({ outages: about(1) });
    const { leftOut, notes } = await judged(null, out, { kind: 'named', name: 'fw' }, ['fw']);
    expect(leftOut).toEqual([
      { path: join(out, 'fw/20260121T010000Z-9.0'), why: 'it is the run under test' },
    ]);
    expect(notes).toContain('1 of the 20 runs of the baseline did not pass themselves');
  });

  test('a version, an older run by a link, and a selection are baselines as well', async () => {
    const { out } = await store({ outages: about(1) });
    await symlink('20260103T010000Z-9.0', join(out, 'fw', 'known-good'));
    const named = (name: string): Promise<GateResult> => judged(null, out, { kind: 'named', name }, [name]);
    expect(nightsOf(await judged(null, out, { kind: 'version', version: '9.0' }))).toHaveLength(20);
    expect(nightsOf(await named('version=9.0'))).toHaveLength(20);
    expect(nightsOf(await named('fw/known-good'))).toEqual(['03']);
  });

  test('runs copied from elsewhere, in a folder of another name', async () => {
    const { folder, out, path } = await store({ outages: about(2) });
    await rename(join(out, 'fw'), join(folder, 'copied'));
    const result = await judged(join(folder, 'copied', basename(path)), null);
    expect(nightsOf(result)).toHaveLength(19);
    expect(result.verdict).toBe('fail');
  });

  test('an edited night is left out, with why', async () => {
    const { out } = await store({ outages: about(1) });
    const file = join(out, 'fw', '20260105T010000Z-9.0', 'streams.csv');
    await writeFile(file, (await readFile(file, 'utf8')).replace('1.00', '0.80'));
    expect((await judged(null, out)).leftOut).toMatchObject([
      { path: join(out, 'fw/20260105T010000Z-9.0'), why: expect.stringContaining('was edited') as string },
      { why: 'its own verdict is fail' },
    ]);
  });

  test('a newest run that was edited is refused, and the night before not taken in its place', async () => {
    const { out, path } = await store({ outages: about(1) });
    const file = join(path, 'streams.csv');
    await writeFile(file, (await readFile(file, 'utf8')).replace('0.99', '0.89'));
    await expect(judged(null, out)).rejects.toThrow(
      /cannot be judged: .*streams\.csv was edited after the run/,
    );
  });
});

describe('--junit', () => {
  test('that cannot be written costs no verdict', async () => {
    const failing = await store({ outages: about(2) });
    const fail = await seqgap(failing.folder, ['gate', '--junit', 'nowhere/gate.xml']);
    expect(fail.stdout).toContain('Verdict: fail');
    expect(fail.stderr).toMatch(/seqgap: cannot write nowhere\/gate\.xml.*\n {2}→ .*--junit/);
    expect(fail.code).toBe(1);
    const passing = await store({ outages: about(1) });
    const pass = await seqgap(passing.folder, ['gate', '--junit', 'nowhere/gate.xml']);
    expect(pass.stdout).toContain('Verdict: pass');
    expect(pass.code).toBe(64);
  });

  test.each([
    [['--last', '0'], 64, '--last is not a whole number'],
    [['--since', '2026-01-22'], 2, 'no run of fw since 2026-01-22'],
  ] as const)('is an error of its own with %j', async (words, code, text) => {
    const { folder } = await store({ outages: about(1) });
    const file = join(folder, 'gate.xml');
    await writeFile(file, 'of last night');
    const said = await seqgap(folder, ['gate', ...words, '--junit', 'gate.xml']);
    expect(said.code).toBe(code);
    const xml = await readFile(file, 'utf8');
    expect(XMLValidator.validate(xml)).toBe(true);
    expect(xml).toContain('tests="1" failures="0" errors="1" skipped="0"');
    expect(xml).toContain(`<error message="${text}`);
  });
});

describe('in CI', () => {
  test("GitHub's annotations follow the report on stdout", async () => {
    const { folder } = await store({ outages: about(1) });
    const said = await seqgap(folder, ['gate'], { GITHUB_ACTIONS: 'true' });
    expect(said.stdout).toMatch(
      /Verdict: pass\n::notice title=seqgap gate%3A fw%2C version 9\.0::ping down .* Within 1 limit/,
    );
  });

  test("GitLab's go to a file with the name that it looks for", async () => {
    const { folder } = await store({ outages: about(2) });
    const said = await seqgap(folder, ['gate'], { GITLAB_CI: 'true' });
    expect(said.stderr).toContain('Annotations: gl-code-quality-report.json');
    const issues = JSON.parse(
      await readFile(join(folder, 'gl-code-quality-report.json'), 'utf8'),
    ) as object[];
    expect(issues).toMatchObject([{ severity: 'critical', check_name: 'seqgap-baseline' }]);
  });
});

describe('what cannot be judged is said in a word', () => {
  test('void trials only, and a run that is half-written', async () => {
    const { folder, out } = await store({ outages: ['void', 'void', 'void', 'void'] });
    const empty = await seqgap(folder, ['gate']);
    expect(empty.stdout).toContain('no valid trial');
    expect(empty.code).toBe(2);
    await makeNight(out, {
      day: 21,
      outages: about(1),
      verdict: 'pass',
      change: { status: 'running', trials_planned: 8, restored: null, ended_utc: null },
    });
    const half = await seqgap(folder, ['gate']);
    expect(half.stdout).toContain('Not decided: run: half-written: 4 of 8 trials, killed, or still running');
    expect(half.code).toBe(2);
  });

  test('a pair that was not restored has its own exit code', async () => {
    const { folder, out } = await store({ outages: about(1) });
    await makeNight(out, { day: 21, outages: about(1), change: { restored: false } });
    expect((await seqgap(folder, ['gate'])).code).toBe(3);
  });

  test('a night in which nothing was run', async () => {
    const { out } = await store({ outages: about(1) });
    const late = gateCommand.handler({ alpha: 0.05, out, since: '2026-01-22' } as Parameters<
      typeof gateCommand.handler
    >[0]);
    await expect(late).rejects.toMatchObject({
      message:
        'no run of fw since 2026-01-22: the newest, 20260121T010000Z-9.0, is of 2026-01-21T01:00:00.000Z',
      exitCode: 2,
    });
  });

  /** What the command throws before it prints anything. */
  const refused = async (args: Partial<Parameters<typeof gateCommand.handler>[0]>): Promise<KnownError> => {
    const error: unknown = await Promise.resolve(
      gateCommand.handler({ alpha: 0.05, ...args } as Parameters<typeof gateCommand.handler>[0]),
    ).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof KnownError)) throw new Error('was not refused', { cause: error });
    expect(error.exitCode).toBe(64);
    expect(error.remedy).not.toBeNull();
    return error;
  };

  test('scenarios, baselines and options that are not there', async () => {
    const { folder, out } = await store({ outages: about(1) });
    await makeNight(out, { day: 3, scenario: 'other', outages: about(1) });
    const reboot = await makeNight(join(folder, 'beside'), { day: 3, outages: about(1), trigger: 'reboot' });
    const fw = { out, scenario: 'fw' };
    const cases: readonly (readonly [Parameters<typeof refused>[0], string])[] = [
      [{ out }, `${out} has runs of 2 scenarios: fw, other`],
      [{ out, scenario: 'fv' }, `"fv" is not a scenario of ${out}; did you mean "fw"?`],
      [{ out, run: 'nothing' }, 'no run nothing'],
      [{ out: join(folder, 'nowhere') }, `no folder ${folder}/nowhere`],
      [{ ...fw, 'baseline-version': '8.0' }, 'no whole run of version 8.0 before 20260121T010000Z-9.0'],
      [{ ...fw, baseline: ['other'] }, 'the baseline other has runs of another scenario: other, not fw'],
      [
        { ...fw, baseline: [reboot] },
        `nothing in the baseline ${reboot} can be used: ${reboot} (its trigger was reboot`,
      ],
      [{ ...fw, baseline: ['site=lab9'] }, 'no run has a label site'],
      [{ ...fw, last: 0 }, '--last is not a whole number of nights from 1'],
      [
        { ...fw, last: 5, 'baseline-version': '9.0' },
        '--baseline, --last and --baseline-version are three kinds',
      ],
      [{ ...fw, alpha: 0.1 }, '--alpha 0.1: from above 0 to 0.05'],
      [{ ...fw, margin: '5' }, '--margin: "5" is neither a share nor a time'],
    ];
    for (const [args, message] of cases) expect((await refused(args)).message).toContain(message);
  });
});
