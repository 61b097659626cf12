import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratch } from '../store/scratch.js';
import { seqgap } from '../store/seqgap.js';

/** Five crashes each, with another advert; nobody was asked for roles. */
const RUN = 'results/example/lab-vrrp-timer/20261121T230652Z-advert-200ms';
const CHANGED = 'results/example/lab-vrrp-timer/20261121T230707Z-advert-400ms';

interface Known {
  readonly lo_s: number;
  readonly hi_s: number;
}

interface Document {
  readonly design: string;
  readonly why: string | null;
  readonly knobs: readonly { readonly knob: string; readonly value: string; readonly basis: string }[];
  readonly outages: readonly (Known & { readonly outage_s: number })[];
  readonly what_if: { readonly next: Known; readonly shift: Known; readonly trials: number } | null;
  readonly not_in_the_twin: readonly string[];
}

const documentOf = async (run: string, ...args: string[]): Promise<Document> => {
  const { code, stdout, stderr } = await seqgap('twin', run, ...args, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Document;
};

describe('seqgap twin', () => {
  test('fits a lab to a recorded run', async () => {
    const { design, knobs, outages, what_if: whatIf, not_in_the_twin: remainder } = await documentOf(RUN);
    expect({ design, whatIf, trials: outages.length }).toEqual({ design: 'vrrp', whatIf: null, trials: 5 });
    const advert = knobs.find(({ knob }) => knob === 'advert');
    expect(advert).toMatchObject({ basis: 'fitted' });
    expect(['190ms', '200ms', '210ms', '220ms', '230ms']).toContain(advert?.value);
    expect(remainder.join()).toContain('some tenths of a second');
  });

  test('is of the design that is asked for, which then needs no reason', async () => {
    expect(await documentOf(RUN, '--design', 'cloud-ip')).toMatchObject({ design: 'cloud-ip', why: null });
    const { why } = await documentOf(RUN);
    expect(why).toContain('nothing tells of an API');
  });

  test.each([[[]], [['--knob', 'advert=200ms']]])(
    'with %j predicts what another advert made of it, as it was recorded',
    async (stated) => {
      const { what_if: whatIf } = await documentOf(RUN, ...stated, '--what-if', 'advert=400ms');
      const { outages } = await documentOf(CHANGED);
      for (const { outage_s } of outages) {
        expect(outage_s).toBeGreaterThan(whatIf!.next.lo_s);
        expect(outage_s).toBeLessThan(whatIf!.next.hi_s);
      }
      // By RFC 5798, on average over all phases and both nodes.
      expect(whatIf!.shift.lo_s).toBeLessThan(0.602);
      expect(whatIf!.shift.hi_s).toBeGreaterThan(0.602);
    },
  );

  test('in words: what was measured, the knobs, and what would be', async () => {
    const { code, stdout } = await seqgap('twin', RUN, '--what-if', 'advert=400ms');
    const words = stdout.replaceAll(/\s+/g, ' ');
    expect(code).toBe(0);
    expect(words).toContain('Its twin is a lab of design vrrp');
    expect(words).toMatch(/Advert 400ms instead of \d+ms: outages are .* on average than those measured\./);
    expect(words).toContain('holds in 95 % of cases: computed from 5 trials');
  });

  test('writes scenarios that check accepts, and replaces none', async () => {
    const file = join(await scratch(), 'twin.yaml');
    const { code, stderr } = await seqgap('twin', RUN, '--what-if', 'advert=400ms', '-o', file);
    expect(code).toBe(0);
    const changed = file.replace('.yaml', '-what-if.yaml');
    expect(stderr).toContain(`seqgap run ${file} ${changed} --interleave`);
    const checked = await seqgap('check', '--json', file, changed);
    expect(checked.code).toBe(0);
    const { scenarios } = JSON.parse(checked.stdout) as {
      scenarios: { scenario: Record<string, unknown> }[];
    };
    expect(scenarios.map(({ scenario }) => scenario['version'])).toEqual(['as-measured', 'what-if']);
    expect(scenarios[1]?.scenario['lab']).toMatchObject({ design: 'vrrp', advert_ns: 400e6 });
    expect(await readFile(changed, 'utf8')).toContain('advert: 400ms # what if');
    const again = await seqgap('twin', RUN, '-o', file);
    expect(again).toMatchObject({ code: 64, stdout: '' });
    expect(again.stderr).toContain(`${file} exists already`);
    expect(await seqgap('twin', RUN, '-o', file, '--force')).toMatchObject({ code: 0 });
  });

  test.each([
    [['--what-if', 'advert'], 'a knob is KEY=VALUE'],
    [['--what-if', 'advrt=1s'], 'did you mean "advert"'],
    [['--what-if', 'advert=1'], 'has no unit'],
    [['--what-if', 'boot=9s'], 'does not depend on it'],
    [['--knob', 'advert=5s'], 'with the stated knobs detection takes at least'],
    [['--design', 'cloud-ip', '--what-if', 'heartbeat=1s'], 'what "missed" is, this run does not tell'],
    [['--measure'], '--measure compares the twin with what is changed'],
    [['--repeat', '2'], '--repeat is how often --measure measures'],
    [['--clock', 'fw-b=1s'], 'no record has such a clock'],
  ])('%j is refused in a line', async (args, message) => {
    const { code, stdout, stderr } = await seqgap('twin', RUN, ...args);
    expect(stdout).toBe('');
    expect([2, 64]).toContain(code);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
  });

  test('of a switchover there is none', async () => {
    const folder = join(await scratch(), 'run');
    await cp(RUN, folder, { recursive: true });
    const file = join(folder, 'run.json');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replaceAll('"action": "crash"', '"action": "switchover"'));
    const { code, stderr } = await seqgap('twin', folder);
    expect(code).toBe(64);
    expect(stderr).toContain('of a switchover there is no twin');
  });
});
