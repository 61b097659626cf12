import { describe, expect, test } from 'vitest';
import type { OutageChain } from '../../../src/analysis/chain/explain-run.js';
import { fitTwin, type Twin } from '../../../src/analysis/twin/fit.js';
import { chooseDesign, measuredOutages } from '../../../src/analysis/twin/measured.js';
import { type Changes, knobsThatCount, missingKnob, predict } from '../../../src/analysis/twin/predict.js';
import type { LabDesign } from '../../../src/model/lab-plan.js';
import type { MilestoneRule, ObservePlan } from '../../../src/model/observe-plan.js';
import { ns } from '../../../src/model/time.js';
import { someKnobs } from '../../../src/scenario/lab.js';
import { chainOf, cloudChain } from './links.js';

const RECORD: ObservePlan = {
  name: 'record',
  every_ns: ns(1e8),
  timeout_ns: ns(1e9),
  source: { kind: 'dns', name: 'service.lab.test', type: 'A', resolver: null },
};
const AT_RECORD: MilestoneRule = { milestone: 'observed', observer: 'record', subject: null, is: '/./' };
const AT_OUT: MilestoneRule = { milestone: 'role', node: 'acted', role: 'faulted' };

const CLOUD = [
  cloudChain(1, [1.2, 0.92, 0.9, 0.7, 0.02]),
  cloudChain(2, [1.0, 0.8, 1.6, 0.6, 0.03]),
  cloudChain(3, [1.4, 0.96, 1.9, 0.75, 0.0]),
];

const twinOf = (
  design: LabDesign,
  chains: readonly OutageChain[],
  stated: Readonly<Record<string, string>> = {},
): Twin => fitTwin(someKnobs(design, stated), (plan) => measuredOutages(chains, plan, [RECORD]));

const knob = ({ knobs }: Twin, key: string) => knobs.find((each) => each.key === key)!;
const changesOf = (design: LabDesign, given: Readonly<Record<string, string>>): Changes => {
  const { plan, keys } = someKnobs(design, given);
  const values: Readonly<Record<string, unknown>> = plan;
  return Object.fromEntries([...keys].map((key) => [key, values[key]])) as Changes;
};

describe('the parts of a measured outage', () => {
  const partsOf = (design: LabDesign, chains: readonly OutageChain[]): string[] =>
    measuredOutages(chains, someKnobs(design, {}).plan, [RECORD])[0]!.stretches.map(
      ({ parts, links }) => `${links.join('+')}: ${parts.join('+')}`,
    );

  test('are the links, in the order of the lab', () => {
    expect(partsOf('cloud-ip', CLOUD)).toEqual([
      'detection: detection',
      'detach: detach',
      'attach: attach',
      'promotion+data plane: takeover',
    ]);
  });

  test('that nothing tells apart stay together', () => {
    const chain = chainOf(1, [
      { stage: 'detection', s: 0, unseen: true },
      { stage: 'detach', name: 'detection and detach', s: 60 },
      { stage: 'decision', s: 1 },
      { stage: 'attach', s: 40 },
      { s: 3 },
    ]);
    expect(partsOf('cloud-ip', [chain])).toEqual([
      'detection and detach: detection+detach',
      'decision+attach: attach',
      'data plane: takeover',
    ]);
  });

  test('that the lab does not have are what remains', () => {
    const chain = chainOf(1, [
      { stage: 'detection', s: 2 },
      { stage: 'promotion', s: 1.2 },
      { stage: 'announcement', s: 0.1 },
      { s: 0.4 },
    ]);
    expect(partsOf('vrrp', [chain])).toEqual(['detection+promotion: detection', 'announcement+data plane: ']);
  });

  test('of a name and of a balancer go by the scenario’s own phases', () => {
    const named = chainOf(1, [
      { stage: 'detection', s: 2 },
      { stage: 'promotion', name: 'boot', s: 2.2 },
      { name: 'record', rule: AT_RECORD, s: 1.5 },
      { name: 'caches', s: 3 },
    ]);
    expect(partsOf('dns', [named])).toEqual([
      'detection: detection',
      'boot: boot',
      'record: record',
      'caches: caches',
    ]);
    expect(chooseDesign([named], [RECORD], false).design).toBe('dns');
    const balanced = chainOf(1, [{ name: 'detection', rule: AT_OUT, s: 1.3 }, { s: 0.2 }]);
    expect(chooseDesign([balanced], [], true).design).toBe('lb');
    expect(partsOf('lb', [balanced])).toHaveLength(1);
  });

  test('are those of failovers that ended', () => {
    const plan = someKnobs('cloud-ip', {}).plan;
    const failback = chainOf(1, [{ stage: 'detection', s: 1 }, { s: 1 }], { phase: 'failback' });
    const endless = chainOf(2, [{ stage: 'detection', s: 1 }, { s: 1 }], {
      outage_s: null,
      outage_hi_s: null,
    });
    expect(measuredOutages([failback, endless], plan, [])).toEqual([]);
  });

  test('say which design it is', () => {
    expect(chooseDesign(CLOUD, [], false)).toEqual({ design: 'cloud-ip', why: "detach is an API's" });
    const plain = [chainOf(1, [{ stage: 'promotion', s: 3 }, { s: 0.1 }])];
    expect(chooseDesign(plain, [], true).design).toBe('cloud-ip');
    expect(chooseDesign(plain, [], false).design).toBe('vrrp');
  });
});

describe('the twin', () => {
  test('of addresses that an API moves has ranges around what was measured', () => {
    const twin = twinOf('cloud-ip', CLOUD);
    expect(twin.plan).toMatchObject({ design: 'cloud-ip', routes: { least_ns: 0, most_ns: 0 } });
    const attach = knob(twin, 'attach');
    expect(attach).toMatchObject({ basis: 'fitted', from: 'attach, 0.850–1.95 s in 3 trials' });
    const { least_ns, most_ns } = attach.value as { least_ns: number; most_ns: number };
    expect(least_ns).toBeLessThan(0.9e9);
    expect(most_ns).toBeGreaterThan(1.9e9);
    expect(attach.maybe).toMatch(/^least .* s, most .* s$/);
    const { heartbeat_ns, missed } = twin.plan as { heartbeat_ns: number; missed: number };
    expect(heartbeat_ns * missed).toBeCloseTo(1.2e9, -7);
    expect(knob(twin, 'missed').basis).toBe('guessed');
  });

  test('takes what is stated as it is', () => {
    const twin = twinOf('cloud-ip', CLOUD, { heartbeat: '300ms', poll: '300ms' });
    expect(twin.plan).toMatchObject({ heartbeat_ns: 300e6, missed: 4, poll_ns: 300e6 });
    expect(knob(twin, 'poll_ns').basis).toBe('stated');
    expect(knob(twin, 'attach').value).not.toEqual(knob(twinOf('cloud-ip', CLOUD), 'attach').value);
  });

  test('has a part that no link tells of in the next one', () => {
    const joined = [1, 2, 3].map((trial) =>
      chainOf(trial, [
        { stage: 'detach', name: 'detection and detach', s: 50 + trial },
        { stage: 'attach', s: 40 + 2 * trial },
        { s: 3 },
      ]),
    );
    const twin = twinOf('cloud-ip', joined);
    expect(knob(twin, 'heartbeat_ns')).toMatchObject({ basis: 'untold', value: 50e6 });
    expect(knob(twin, 'missed').value).toBe(3);
    expect((knob(twin, 'detach').value as { least_ns: number }).least_ns).toBeGreaterThan(40e9);
  });

  test('of VRRP has the adverts that explain every outage', () => {
    const chains = [0.64, 0.7, 0.6].map((s, index) =>
      chainOf(index, [{ stage: 'promotion', s }, { s: 0.02 }]),
    );
    const twin = twinOf('vrrp', chains);
    const { advert_ns } = twin.plan as { advert_ns: number };
    expect(advert_ns % 10e6).toBe(0);
    expect(advert_ns).toBeGreaterThanOrEqual(190e6);
    expect(advert_ns).toBeLessThanOrEqual(270e6);
  });

  test('of VRRP is refused where no advert does', () => {
    const chains = [1, 9].map((s, index) => chainOf(index, [{ stage: 'promotion', s }, { s: 0.02 }]));
    expect(() => twinOf('vrrp', chains)).toThrow('no VRRP advert explains promotion');
  });

  test('is refused where what is stated takes longer than what was measured', () => {
    expect(() => twinOf('cloud-ip', CLOUD, { heartbeat: '2s', missed: '3' })).toThrow(
      'with the stated knobs detection takes at least 4.00 s',
    );
  });

  test('of a name, and of a balancer whose flows stick or do not', () => {
    const named = [1, 2, 3].map((trial) =>
      chainOf(trial, [
        { stage: 'detection', s: 1.7 },
        { stage: 'promotion', name: 'boot', s: 2.2 },
        { name: 'record', rule: AT_RECORD, s: 1 + trial / 4 },
        { name: 'caches', s: trial },
      ]),
    );
    expect(twinOf('dns', named).plan).toMatchObject({ boot_ns: 2.2e9, ttl_ns: 4e9 });
    const balanced = (data: number) =>
      [1, 2, 3].map((trial) => chainOf(trial, [{ name: 'detection', rule: AT_OUT, s: 1.2 }, { s: data }]));
    expect(twinOf('lb', balanced(0.1)).plan).toMatchObject({ existing: 'rebalance' });
    expect(twinOf('lb', balanced(3)).plan).toMatchObject({ existing: 'stick', boot_ns: 4.2e9 });
    expect(twinOf('lb', balanced(3), { existing: 'rebalance' }).plan).toMatchObject({
      existing: 'rebalance',
    });
  });

  test('boots late enough to be missed', () => {
    const slow = [40, 41, 44].map((s, index) => cloudChain(index, [s, 1, 1, 1, 0]));
    const { plan } = twinOf('cloud-ip', slow);
    const { heartbeat_ns, missed, boot_ns } = plan as {
      heartbeat_ns: number;
      missed: number;
      boot_ns: number;
    };
    expect(boot_ns).toBeGreaterThanOrEqual((missed + 1) * heartbeat_ns);
  });
});

describe('what if', () => {
  test('a delay of an API is longer: outages are, by about as much', () => {
    const twin = twinOf('cloud-ip', CLOUD, { poll: '100ms' });
    const { shift, changed, asItIs, level, trials } = predict(twin, changesOf('cloud-ip', { attach: '10s' }));
    // The phase took 1.467 s on average.
    expect(shift.lo_ns).toBeLessThan(8.55e9);
    expect(shift.hi_ns).toBeGreaterThan(8.55e9);
    expect(shift.lo_ns).toBeGreaterThan(6e9);
    expect(shift.hi_ns).toBeLessThan(11e9);
    expect(changed.lo_ns).toBeGreaterThan(asItIs.hi_ns);
    expect({ level, trials }).toEqual({ level: 0.95, trials: 3 });
  });

  test('a timer that is known is shorter: outages are, by what it takes less', () => {
    const twin = twinOf('cloud-ip', CLOUD, { heartbeat: '300ms', missed: '4' });
    const { shift } = predict(twin, changesOf('cloud-ip', { heartbeat: '100ms' }));
    expect(shift.at_ns).toBeCloseTo(-0.8e9, -8);
  });

  test('of a timer that is not known anything up to the whole link may be another’s', () => {
    const known = twinOf('cloud-ip', CLOUD, { heartbeat: '300ms', missed: '4' });
    const unknown = twinOf('cloud-ip', CLOUD);
    const changes = changesOf('cloud-ip', { heartbeat: '100ms', missed: '4' });
    const [a, b] = [predict(known, changes), predict(unknown, changes)];
    expect(b.shift.hi_ns - b.shift.lo_ns).toBeGreaterThan(a.shift.hi_ns - a.shift.lo_ns);
  });

  test('the same run always gets the same answer', () => {
    const twin = twinOf('cloud-ip', CLOUD);
    const changes = changesOf('cloud-ip', { detach: '3s to 5s' });
    expect(predict(twin, changes)).toEqual(predict(twin, changes));
  });

  test('is asked for what it needs to know', () => {
    const twin = twinOf('cloud-ip', CLOUD);
    expect(missingKnob(twin, changesOf('cloud-ip', { heartbeat: '1s' }))).toBe('missed');
    expect(missingKnob(twin, changesOf('cloud-ip', { attach: '1s' }))).toBeNull();
    expect(knobsThatCount(twin.plan)).not.toContain('boot_ns');
  });

  test('is not answered from two outages', () => {
    const twin = twinOf('cloud-ip', CLOUD.slice(0, 2));
    expect(() => predict(twin, changesOf('cloud-ip', { attach: '1s' }))).toThrow(
      '2 outages do not tell how they differ',
    );
  });
});
