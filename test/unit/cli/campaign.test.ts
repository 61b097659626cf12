import { describe, expect, it } from 'vitest';
import { checkCampaign, endOf, sayCampaign, type Loaded } from '../../../src/cli/run/campaign.js';
import { KnownError } from '../../../src/model/error.js';
import { loaded } from '../scenario/written.js';

const pair = (a: string, b: string): string => `
nodes:
  fw-a: { driver: keepalived, ssh: { host: ${a}, user: root, known-hosts: k } }
  fw-b: { driver: keepalived, ssh: { host: ${b}, user: root, known-hosts: k } }
`;
const OLD_PAIR = pair('192.0.2.1', '192.0.2.2');
const NEW_PAIR = pair('192.0.2.3', '192.0.2.4');

const scenario = async (version: string, { name = 'fw', nodes = OLD_PAIR } = {}): Promise<Loaded> => ({
  file: `${version}.yaml`,
  scenario: (
    await loaded(`
name: ${name}
version: ${version}
streams:
  - { name: ping, type: icmp, to: 192.0.2.9, every: 10ms }
trigger: { node: active, action: switchover }
trial: { repeat: 4 }
${nodes}`)
  ).scenario,
});

const refusal = (members: readonly Loaded[], version?: string): string => {
  try {
    checkCampaign(members, version);
  } catch (error) {
    if (error instanceof KnownError) return `${error.exitCode}: ${error.message} → ${error.remedy}`;
    throw error;
  }
  return 'none';
};

describe('a campaign', () => {
  it('takes versions of one scenario on pairs of their own', async () => {
    const members = [await scenario('11.1'), await scenario('11.2', { nodes: NEW_PAIR })];
    expect(refusal(members)).toBe('none');
    expect(sayCampaign(members)).toBe('fw: one trial of each in turn: 11.1 (4 trials), 11.2 (4 trials)');
  });

  it('is refused for what could not be compared, before anything is touched', async () => {
    const one = await scenario('11.1');
    expect(refusal([one])).toBe(
      '64: --interleave with one scenario → give two or more, which differ in "version:"',
    );
    expect(refusal([one, await scenario('11.2', { name: 'other', nodes: NEW_PAIR })])).toMatch(
      /^64: --interleave of different scenarios: fw, other → /,
    );
    expect(refusal([one, await scenario('11.1', { nodes: NEW_PAIR })])).toMatch(
      /^64: --interleave of two scenarios of version 11\.1 → /,
    );
    expect(refusal([one, await scenario('11.2', { nodes: NEW_PAIR })], '12.0')).toMatch(/^64: --version /);
  });

  it('is refused on one pair, which a run holds to its end', async () => {
    expect(refusal([await scenario('11.1'), await scenario('11.2')])).toMatch(
      /^64: .* of one pair: both have the node 192\.0\.2\.1:22 → /,
    );
  });
});

describe('the end of a campaign', () => {
  const usage = new KnownError('no such scenario', { exitCode: 64 });

  it('is that of its worst run: a pair that was not restored before an error that was thrown', () => {
    expect(
      endOf([
        { code: 3, error: null },
        { code: 64, error: usage },
        { code: 1, error: null },
      ]),
    ).toBe(3);
    expect(
      endOf([
        { code: 1, error: null },
        { code: 2, error: null },
      ]),
    ).toBe(2);
    expect(() =>
      endOf([
        { code: 2, error: null },
        { code: 64, error: usage },
      ]),
    ).toThrow(usage);
  });
});

it('has a label of its own, which no other takes the place of', async () => {
  const members = [await scenario('11.1'), await scenario('11.2', { nodes: NEW_PAIR })];
  expect(() => checkCampaign(members, undefined, ['site=a', 'campaign=x'])).toThrow(
    '--label campaign=x with --interleave, which sets it itself',
  );
});
