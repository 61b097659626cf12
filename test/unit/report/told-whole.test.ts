import { describe, expect, test } from 'vitest';
import type { OutageRow, StreamRow, TrialRow } from '../../../src/model/tables.js';
import { sayFourFigures } from '../../../src/analysis/words/four-figures.js';
import { runHtml, summaryMarkdown, terminalReport } from '../../../src/report/run/run-report.js';
import { headline } from '../../../src/report/run/headline.js';
import { sayDegraded, sayRandomLoss, spellRandomLoss } from '../../../src/analysis/words/impairment.js';
import type { AnalysedRun } from '../../../src/report/run/analysed-run.js';
import { junitXml } from '../../../src/report/run/junit.js';
import { streamLines } from '../../../src/analysis/words/stream-lines.js';
import { watchSentence } from '../../../src/report/run/run-words.js';
import { CALM } from '../../golden/report/calm.js';
import { fullInput } from '../../golden/report/input.js';

const [sampleTrial] = fullInput.tables.trials;
const [sampleStream] = fullInput.tables.streams;
const trial = (change: Partial<TrialRow> = {}): TrialRow => ({ ...sampleTrial!, trial: 1, ...change });
const stream = (change: Partial<StreamRow> = {}): StreamRow => ({
  ...sampleStream!,
  ...CALM,
  stream: 'ping',
  trial: 1,
  ...change,
});
const SHORT = { outage_lo_s: 0.09, outage_s: 0.11, outage_hi_s: 0.13, headline_stream: 'ping' } as const;
const flapping = stream({
  periods: 40,
  longest_lo_s: 0.09,
  longest_s: 0.11,
  longest_hi_s: 0.13,
  total_s: 4,
  span_s: 7.9,
  disruption_s: 7.9,
  disruption_loss: 0.506,
});
const WHOLE =
  'down 40 times, 4.00 s in all within 7.90 s, the longest 0.110 s (0.090–0.130 s); 51 % lost for 7.90 s';

describe('an outage in several parts', () => {
  test('has all four figures, and the disruption that it is', () => {
    expect(sayFourFigures(flapping)).toBe(WHOLE);
  });

  test('in one part needs none of them', () => {
    expect(sayFourFigures(stream({ periods: 1 }))).toBeNull();
  });

  test('has no span where it never recovered', () => {
    expect(sayFourFigures({ ...flapping, span_s: null, disruption_s: null })).toBe(
      'down 40 times, 4.00 s in all, the longest 0.110 s (0.090–0.130 s)',
    );
    const gone = { longest_s: null, longest_hi_s: null, total_s: null, span_s: null, disruption_s: null };
    expect(sayFourFigures({ ...flapping, ...gone })).toBe('down 40 times, the longest at least 0.090 s');
  });

  test('is the headline', () => {
    expect(headline([trial(SHORT)], [flapping])).toBe(`Traffic was ${WHOLE} in one trial (stream ping).`);
  });

  test('is not hidden by a longer outage of another trial', () => {
    const once = stream({ trial: 2, longest_s: 0.2, total_s: 0.2 });
    const longer = trial({ ...SHORT, trial: 2, outage_lo_s: 0.19, outage_s: 0.2, outage_hi_s: 0.21 });
    expect(headline([trial(SHORT), longer], [flapping, once])).toMatch(
      /^Traffic was down for 0\.200 s .*\(stream ping, trial 2\)\. Stream ping was down 40 times, .* in trial 1\.$/,
    );
  });
});

describe('every face', () => {
  const input: AnalysedRun = {
    ...fullInput,
    tables: { ...fullInput.tables, trials: [trial(SHORT)], streams: [flapping] },
  };
  const faces: Record<string, (all: AnalysedRun) => string> = {
    terminal: (all) =>
      terminalReport(all, { columns: 100, color: false, folder: null }).replaceAll(/\s+/g, ' '),
    Markdown: summaryMarkdown,
    JUnit: junitXml,
    HTML: (all) => runHtml(all, { script: '', scriptHash: 'sha256-s', style: '', styleHash: 'sha256-t' }),
  };

  test.each(Object.keys(faces))('%s says it', (face) => {
    expect(faces[face]!(input)).toContain(WHOLE);
    expect(faces[face]!(input)).toContain('Traffic was down 40 times');
  });

  test.each(Object.keys(faces))('%s says refusals', (face) => {
    const refused: OutageRow = {
      ...fullInput.tables.outages[0]!,
      stream: 'ping',
      trial: 1,
      phase: 'failover',
      direction: 'round-trip',
      kind: 'refused',
      lo_s: 3.94,
      outage_s: 4.04,
      hi_s: 4.14,
    };
    const tables = { ...input.tables, outages: [refused] };
    expect(faces[face]!({ ...input, tables })).toContain(
      'ping: refused for 4.04 s (3.94–4.14 s) (trial 1): the path was up',
    );
    const again = { ...refused, outage_s: null, hi_s: null };
    expect(streamLines([flapping], [refused, again]).at(-1)).toBe(
      'ping: refused 2 times, the longest for at least 3.94 s (trial 1): the path was up',
    );
    expect(
      watchSentence([{ ...flapping, trial: null, phase: null }], [{ ...refused, trial: null }]),
    ).toContain('; refused for 4.04 s (3.94–4.14 s): the path was up');
  });

  test('a watch says it', () => {
    expect(watchSentence([{ ...flapping, trial: null, phase: null }], [])).toBe(WHOLE);
  });
});

describe('degraded', () => {
  const half = stream({ status: 'degraded', residual_loss: 0.021, residual_delay_ms: 120, rtt_before_ms: 1 });

  test('is said with what is still wrong', () => {
    expect(sayDegraded(half)).toBe('2.1 % still lost, slower by 120 ms');
    expect(sayDegraded({ ...half, residual_loss: 0, residual_delay_ms: 0.02 })).toBe(
      'never clean for long enough',
    );
    expect(sayDegraded(stream())).toBeNull();
  });

  test('is worse than any outage that ended, and says its own', () => {
    const trials = [trial({ trial: 2 }), trial({ status: 'degraded' })];
    expect(headline(trials, [half])).toBe(
      'Traffic stayed degraded in 1 of 2 trials (2.1 % still lost, slower by 120 ms): ' +
        'it was down for 3.42 s (measured 3.41–3.44 s) (stream ping, trial 1).',
    );
    const slow = trial({ status: 'degraded', outage_lo_s: 0, outage_s: 0, outage_hi_s: 0.02 });
    expect(headline([slow], [half])).toContain(': no outage was seen (stream ping).');
  });

  test('has a line of its own', () => {
    expect(streamLines([half, stream({ trial: 2 })], [])).toEqual([
      'ping: degraded in 1 of 2 trials: 2.1 % still lost, slower by 120 ms (trial 1)',
    ]);
  });
});

describe('random loss', () => {
  const lossy = stream({ background_loss: 0.04, background_lo: 0.031, background_hi: 0.0499 });

  test('is named beside the figure', () => {
    expect(sayRandomLoss(lossy)).toBe('4.0 % random loss, both ways');
    expect(sayRandomLoss({ ...lossy, direction: 'forward' })).toBe('4.0 % random loss, forward');
    expect(spellRandomLoss(lossy)).toBe('4.0 % random loss (3.1 % to 5.0 %), both ways');
    expect(headline([trial()], [lossy])).toMatch(/\(stream ping\), beside 4\.0 % random loss, both ways\.$/);
    expect(streamLines([lossy], [])).toEqual(['ping: 4.0 % random loss (3.1 % to 5.0 %), both ways']);
  });

  test('is not named where there is none', () => {
    expect(sayRandomLoss(stream())).toBeNull();
    expect(streamLines([stream()], [])).toEqual([]);
  });
});
