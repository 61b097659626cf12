import { describe, expect, test } from 'vitest';
import { fitTwin, planWith, withBoot } from '../../../src/analysis/twin/fit.js';
import { measuredOutages } from '../../../src/analysis/twin/measured.js';
import { twinText } from '../../../src/cli/twin/scenario.js';
import type { LabDesign } from '../../../src/model/lab-plan.js';
import type { SaidKnob } from '../../../src/report/twin/twin-report.js';
import { someKnobs, writtenKnob } from '../../../src/scenario/lab.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { chainOf, cloudChain } from './links.js';

const CHAINS = {
  'cloud-ip': [1, 2, 3].map((trial) => cloudChain(trial, [1.2, 0.9, trial, 0.7, 0.02])),
  vrrp: [0.6, 0.65, 0.7].map((s, index) => chainOf(index, [{ stage: 'promotion', s }, { s: 0.02 }])),
  dns: [1, 2, 3].map((trial) =>
    chainOf(trial, [{ stage: 'detection', s: 1.7 }, { stage: 'promotion', s: 2 }, { s: trial }]),
  ),
  lb: [1, 2, 3].map((trial) => chainOf(trial, [{ stage: 'detection', s: 1.2 }, { s: 0.1 + trial / 100 }])),
} as const;

const textOf = async (design: LabDesign, longest_s = 5) => {
  const chains = CHAINS[design];
  const { plan, knobs } = fitTwin(someKnobs(design, {}), (each) => measuredOutages(chains, each, []));
  const said = knobs.map(({ key, value, basis, from, maybe }): SaidKnob => {
    const [name, words] = writtenKnob(design, key, value);
    return { name, words, basis, from, maybe };
  });
  const text = await twinText(
    { plan, version: 'as-measured', knobs: said },
    { scenario: 'fw-crash', run: '20261130T000000Z-1', longest_s, trials: 3, file: 'twin.yaml' },
  );
  return { plan, knobs, said, text };
};

describe('the scenario of a twin', () => {
  test.each(['cloud-ip', 'vrrp', 'dns', 'lb'] as const)(
    'of %s is one, with the knobs of the twin',
    async (design) => {
      const { plan, said, text } = await textOf(design);
      const { scenario } = parseScenario(text, 'twin.yaml');
      expect(scenario.lab).toEqual(plan);
      expect(scenario).toMatchObject({ name: 'twin-of-fw-crash', version: 'as-measured', limits: [] });
      for (const { name, words } of said) expect(text).toContain(`  ${name}: ${words} #`);
      expect(text).toMatch(/^# A twin of 20261130T000000Z-1 \(fw-crash\)/);
      expect(text).not.toContain('scenarios/lab/');
    },
  );

  test('says what each knob rests on', async () => {
    const { text } = await textOf('cloud-ip');
    expect(text).toMatch(/ {2}attach: .* to .* # fitted to attach, 0\.950–3\.05 s in 3 trials \(least /);
    expect(text).toMatch(/ {2}missed: \d+ # a guess from detection/);
    expect(text).toMatch(/ {2}routes: 0s # no link tells of it \(up to /);
    expect(text).toMatch(/ {2}boot: 4s # long enough to be missed/);
  });

  test('waits longer, and probes less often, where outages are long', async () => {
    const { text } = await textOf('cloud-ip', 100);
    const { scenario } = parseScenario(text, 'twin.yaml');
    expect(scenario.trial.giveUp_ns).toBe(400e9);
    expect(scenario.streams[0]?.every_ns).toBe(100e6);
  });

  test('with another timer boots late enough for that', async () => {
    const { plan, knobs } = await textOf('cloud-ip');
    const changed = withBoot(knobs, planWith(plan, { heartbeat_ns: 5e9, missed: 3 }));
    expect(changed).toMatchObject({ boot_ns: 20e9 });
    const vrrp = await textOf('vrrp');
    expect(withBoot(vrrp.knobs, planWith(vrrp.plan, { advert_ns: 2e9 }))).toMatchObject({ boot_ns: 8e9 });
  });
});
