import { describe, expect, test } from 'vitest';
import { chooseBaseline, type Baseline } from '../../../src/analysis/gate/baseline.js';
import { EXIT, KnownError } from '../../../src/model/error.js';
import type { RunFigures } from '../../../src/model/figures.js';
import type { BaselineRule } from '../../../src/model/gate.js';
import { about, nightOf, nights, type NightSpec } from './nights.js';

const tested = nightOf({ day: 20, outages: about(1) });
const night = (day: number, more: Partial<NightSpec> = {}): RunFigures =>
  nightOf({ day, outages: about(1, day), ...more });

const choose = (among: readonly RunFigures[], rule: BaselineRule): Promise<Baseline> =>
  chooseBaseline(
    tested,
    among.map((run) => ({ summary: run.summary, damaged: null, figures: () => Promise.resolve(run) })),
    rule,
  );
const last = (count: number): BaselineRule => ({ kind: 'last', nights: count });
const named: BaselineRule = { kind: 'named', name: 'results/pair' };

const days = ({ runs }: Baseline): number[] => runs.map(({ summary }) => Number(summary.run.slice(6, 8)) - 1);
const why = ({ leftOut }: Baseline): string[] => leftOut.map((each) => each.why);

const refusal = async (among: readonly RunFigures[], rule: BaselineRule): Promise<KnownError> => {
  const error: unknown = await choose(among, rule).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof KnownError)) throw new Error('was not refused');
  expect(error.exitCode).toBe(EXIT.usage);
  return error;
};

describe('the last good nights', () => {
  test('are the newest before the run, oldest first', async () => {
    expect(days(await choose(nights(15), last(3)))).toEqual([12, 13, 14]);
  });

  test('never hold the run under test, nor anything newer', async () => {
    const baseline = await choose([night(21), tested, night(19), night(30)], last(10));
    expect(days(baseline)).toEqual([19]);
    expect(baseline.leftOut).toEqual([]);
  });

  test('a copy is no other night', async () => {
    const [older, newer] = [night(18), night(19)];
    const copy = { ...newer, summary: { ...newer.summary, path: 'backup/of/19' } };
    for (const among of [
      [older, newer, copy],
      [copy, newer, older],
    ]) {
      const baseline = await choose(among, last(2));
      expect(days(baseline)).toEqual([18, 19]);
      expect(why(baseline)).toEqual([expect.stringMatching(/^the same run as /)]);
    }
  });

  test('of two runs that began in one second, the one by the earlier name is older', async () => {
    const path = (run: string) => ({ run, path: `results/pair/${run}` });
    const twin = (run: string) => nightOf({ day: 20, outages: about(1), run, summary: path(run) });
    const { started_utc } = tested.summary;
    const at = (run: string): RunFigures => ({
      ...twin(run),
      summary: { ...twin(run).summary, started_utc },
    });
    const before = at(`${tested.summary.run.slice(0, -1)}!`);
    expect((await choose([before, at(`${tested.summary.run}-2`)], last(10))).runs).toEqual([before]);
  });

  test.each([
    ['its own verdict is fail', { summary: { verdict: 'fail' } }],
    ['its own verdict is inconclusive', { summary: { verdict: 'inconclusive' } }],
    ['its own verdict is not known', { summary: { verdict: null } }],
    ['it is half-written', { summary: { status: 'running' } }],
    ['it was interrupted', { summary: { status: 'interrupted' } }],
    ['it broke off', { summary: { status: 'failed' } }],
    ['the pair was not restored', { summary: { restored: false } }],
    ['it is a watch: nothing was triggered', { summary: { kind: 'watch' } }],
    ['its trigger was reboot, not crash', { trigger: 'reboot' }],
  ] as const)('without a night of which is to be said that %s', async (reason, more) => {
    const baseline = await choose([night(18), night(19, more)], last(10));
    expect(days(baseline)).toEqual([18]);
    expect(why(baseline)).toEqual([reason]);
  });

  test('a bad night before the window is no news', async () => {
    const bad = night(1, { summary: { verdict: 'fail' } });
    expect(await choose([bad, night(18), night(19)], last(2))).toMatchObject({ leftOut: [] });
  });

  test('of another scenario are no news either', async () => {
    expect(await choose([night(19, { scenario: 'other' })], last(2))).toEqual({ runs: [], leftOut: [] });
  });

  test('none is no error: it is the first night', async () => {
    expect(await choose([], last(10))).toEqual({ runs: [], leftOut: [] });
  });

  test('a damaged run is left out with why, and another one taken', async () => {
    const [damaged, vanished, good] = [night(19), night(18), night(17)];
    const { summary } = damaged;
    const among = [
      { summary: { ...summary, verdict: null }, damaged: 'edited', figures: () => Promise.resolve(damaged) },
      {
        summary: vanished.summary,
        damaged: null,
        figures: () => Promise.reject(new KnownError('gone', { remedy: 'seqgap list' })),
      },
      { summary: good.summary, damaged: null, figures: () => Promise.resolve(good) },
    ];
    const baseline = await chooseBaseline(tested, among, last(1));
    expect(days(baseline)).toEqual([17]);
    expect(why(baseline)).toEqual(['gone; seqgap list', 'edited']);
  });
});

describe('a version', () => {
  const rule: BaselineRule = { kind: 'version', version: '8.1' };
  const old = (day: number, more: Partial<NightSpec> = {}): RunFigures =>
    night(day, { version: '8.1', ...more });

  test('has all its whole nights before the run, whatever their verdict', async () => {
    const among = [old(1, { summary: { verdict: 'fail' } }), old(2), night(3), old(25)];
    expect(days(await choose(among, rule))).toEqual([1, 2]);
  });

  test('that has none is refused with those that there are', async () => {
    const error = await refusal([night(3), old(4, { summary: { status: 'interrupted' } })], rule);
    expect(error.message).toBe(
      `no whole run of version 8.1 before ${tested.summary.run}: results/pair/20260105T220000Z-8.1 (it was interrupted)`,
    );
    expect(error.remedy).toBe('the versions before it: 9.0, 8.1');
  });

  test('with nothing before the run at all', async () => {
    expect((await refusal([old(25)], rule)).remedy).toBe('there is no older run of pair at all');
  });
});

describe('what was named', () => {
  test('is taken as it is, but for the run under test and what is newer, which it says', async () => {
    const baseline = await choose([night(3, { summary: { verdict: 'fail' } }), tested, night(25)], named);
    expect(days(baseline)).toEqual([3]);
    expect(why(baseline)).toEqual(['it is the run under test', 'it is newer than the run under test']);
  });

  test('a copy of the run under test is the run under test', async () => {
    const copy = { ...tested, summary: { ...tested.summary, path: 'elsewhere/copy' } };
    expect(why(await choose([night(3), copy], named))).toEqual(['it is the run under test']);
  });

  test('another scenario is refused', async () => {
    const error = await refusal([night(3), night(4, { scenario: 'other' })], named);
    expect(error.message).toBe('the baseline results/pair has runs of another scenario: other, not pair');
  });

  test('other triggers alone are refused', async () => {
    const error = await refusal([night(3, { trigger: 'reboot' })], named);
    expect(error.message).toBe(
      'nothing in the baseline results/pair can be used: results/pair/20260104T220000Z-9.0 (its trigger was reboot, not crash)',
    );
  });

  test('mixed triggers: those that are the same', async () => {
    const baseline = await choose([night(3, { trigger: 'reboot' }), night(4)], named);
    expect(days(baseline)).toEqual([4]);
    expect(why(baseline)).toEqual(['its trigger was reboot, not crash']);
  });
});
