import { describe, expect, test } from 'vitest';
import { messageOf } from '../../../src/model/error.js';
import { describePlan } from '../../../src/scenario/words.js';
import { loaded } from './written.js';

const scenario = (stream: string, vantage = 'exec: [far], ping: true', more = ''): string => `name: far
vantages: { far: { ${vantage} } }
streams:
  - { name: ping, from: far, every: 20ms, ${stream} }
${more}trigger: { action: manual }
`;
const ICMP = 'type: icmp, to: 10.4.4.4';
const word = (text: string): Promise<string> =>
  loaded(text).then(
    () => 'nothing is wrong',
    (error: unknown) => messageOf(error).replace(/^\S*scenario\.yaml:/, ''),
  );

describe('a vantage whose own ping sends', () => {
  test('has no agent there, and the plan says so', async () => {
    const { scenario: plan } = await loaded(scenario(ICMP));
    expect(plan.vantages[1]).toEqual({ name: 'far', kind: 'exec', prefix: ['far'], agent: null, ping: true });
    expect(describePlan(plan)).toContain('behind: far (its own ping sends)');
  });

  const REMEDY = 'for all else install seqgap there, or `push: true` instead of `ping: true`';
  test.each([
    ['type: tcp, to: "10.4.4.4:80"', `4:49: streams[0].type: the ping of far sends icmp alone; ${REMEDY}`],
    [`${ICMP}, flows: 4`, `4:76: streams[0].flows: the ping of far is one flow; ${REMEDY}`],
    [`${ICMP}, engine: native`, '4:77: streams[0].engine: the ping of far sends it; leave engine out'],
    [
      'type: icmp, to: web.example',
      '4:59: streams[0].to: the name would not be resolved at far; give its address',
    ],
  ])('refuses %s', async (stream, wanted) => expect(await word(scenario(stream))).toBe(wanted));

  test('takes what names the ping itself', async () => {
    expect(await word(scenario(`${ICMP}, engine: ping, flows: 1`))).toBe('nothing is wrong');
  });

  test('keeps no sessions, and is no far end', async () => {
    const sessions = 'sessions: [{ name: echo, type: tcp, from: far, to: "10.4.4.4:7", heartbeat: 1s }]\n';
    expect(await word(scenario(ICMP, undefined, sessions))).toBe(
      `5:43: sessions[0].from: far has a ping alone; ${REMEDY}`,
    );
    const stamp = 'type: stamp, to: 10.4.4.4, far-end: true, far: far';
    expect(await word(scenario(stamp).replace('from: far', 'from: local'))).toContain(
      `streams[0].far: far has a ping alone; ${REMEDY}`,
    );
  });

  test.each([
    ['netns: x, ping: true', 'vantages.far.ping: is only for ssh and exec'],
    ['exec: [x], ping: true, push: true', 'vantages.far.push: is only for a vantage without `ping: true`'],
    ['exec: [x], ping: true, agent: seqgap agent', 'vantages.far.agent: is only for a vantage without'],
  ])('%s is refused', async (vantage, wanted) =>
    expect(await word(scenario(ICMP, vantage))).toContain(wanted),
  );
});
