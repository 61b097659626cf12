import { describe, expect, test } from 'vitest';
import { messageOf } from '../../../src/model/error.js';
import { neededVantages } from '../../../src/model/plan.js';
import { describePlan } from '../../../src/scenario/words.js';
import { loaded } from './written.js';

const scenario = (vantage: string): string => `name: far
vantages: { far: { ${vantage} } }
streams: [{ name: way, type: stamp, to: 10.4.4.4, every: 20ms }]
trigger: { action: manual }
`;
const word = (vantage: string): Promise<string> =>
  loaded(scenario(vantage)).then(
    () => 'nothing is wrong',
    (error: unknown) => messageOf(error).replace(/^\S*scenario\.yaml:/, ''),
  );

describe('a vantage that is the far end', () => {
  test('is needed though nothing is probed from it, and the plan says where it listens', async () => {
    const { scenario: plan } = await loaded(
      scenario('exec: [far], push: true, reflect: { bind: 10.4.4.4, stamp: 8862 }'),
    );
    expect(plan.vantages[1]?.reflect).toEqual({ bind: '10.4.4.4', stamp: 8862, tcp: 7, http: 0 });
    expect(neededVantages(plan).map(({ name }) => name)).toEqual(['local', 'far']);
    expect(describePlan(plan).replaceAll(/\s+/g, ' ')).toContain(
      'behind: far (seqgap is copied there for the run, and reflects on 10.4.4.4: UDP 8862, TCP 7)',
    );
  });

  test.each([
    [
      'exec: [far], reflect: { bind: 10.4.4.4 }',
      '2:33: vantages.far.reflect: is only for a vantage with `push: true`',
    ],
    ['netns: far, reflect: { bind: 10.4.4.4 }', '2:32: vantages.far.reflect: is only for ssh and exec'],
    [
      'exec: [far], push: true, reflect: { bind: web.example }',
      '2:62: vantages.far.reflect.bind: "web.example" is not an IP address',
    ],
    ['exec: [far], push: true, reflect: { tcp: 7 }', '2:54: vantages.far.reflect.bind: is missing'],
    [
      'exec: [far], push: true, reflect: { bind: "::", tcp: 70000 }',
      '2:73: vantages.far.reflect.tcp: "70000" is not a whole number from 0 to 65535',
    ],
  ])('%s is refused', async (vantage, wanted) => expect(await word(vantage)).toBe(wanted));
});
