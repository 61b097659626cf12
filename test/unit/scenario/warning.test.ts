import { expect, test } from 'vitest';
import { loaded } from './written.js';

const scenario = (
  stream: string,
  more = '',
  control = '  - { name: control, type: icmp, to: 10.4.3.250, every: 100ms, control: true }',
) => `
name: warnings
nodes:
  fw-a: { driver: keepalived, ssh: { host: 10.4.0.11, user: root } }
streams:
  - { name: ping, ${stream} }
${control}
trigger: { action: crash }
${more}
`;
const CLEAN = 'type: icmp, to: 10.4.4.4, every: 10ms';

const phases = (read: string): string => `
observe: [{ name: vip, driver: command, command: ls, ${read} }]
phases:
  - { name: detach, until: { observer: vip, is: none } }
  - { name: data plane, until: traffic }
`;

test.each([
  ['a sound scenario', ''],
  ['a lab whose crashed node is back late enough', 'lab: { design: vrrp, boot: 3610ms }'],
  ['a phase until none, with a shape', phases('json: owner, shape: owners')],
  ['a phase until a none that the expression says', phases(`json: "owner || 'none'"`)],
])('nothing to say about %s', async (_name, more) => {
  expect((await loaded(scenario(CLEAN, more))).warnings).toEqual([]);
});

test.each([
  ['a short steady phase', scenario(CLEAN, 'trial: { steady: 14999ms }'), /^trial\.steady: 14\.999s .*15s$/],
  ['a short recovery', scenario(CLEAN, 'trial: { recovered: 1s }'), /^trial\.recovered: 1s/],
  ['no control stream', scenario(CLEAN, '', ''), /^no control stream/],
  [
    'rare probes',
    scenario('type: icmp, to: 10.4.4.4, every: 1001ms'),
    /^stream ping: one probe every 1\.001s/,
  ],
  [
    'the device itself',
    scenario('type: icmp, to: 10.4.0.11, every: 10ms'),
    /^stream ping: .* is node fw-a itself/,
  ],
  [
    'a second SYN within the timeout',
    scenario("type: tcp, to: '10.4.4.4:80', every: 50ms, timeout: 1s"),
    /^stream ping: with a timeout of 1s .* second SYN/,
  ],
  [
    'heartbeats as rare as the recovery is long',
    scenario(CLEAN, "sessions: [{ name: echo, type: tcp, to: '10.4.4.4:7', heartbeat: 3s }]"),
    /^session echo: a heartbeat every 3s is not well below trial\.recovered \(5s\)/,
  ],
  [
    'a limit finer than the probes',
    scenario(CLEAN, 'limits: { ping.longest: 19ms }'),
    /^limit ping\.longest: 19ms/,
  ],
  [
    'an aftercare that nothing is asked of',
    scenario(CLEAN, 'trial: { aftercare: 3m }'),
    /^trial\.aftercare: no limit says what may happen in it/,
  ],
  [
    'a limit on the aftercare finer than its probes',
    scenario(CLEAN, 'trial: { aftercare: { for: 3m, every: 1s } }\nlimits: { aftercare.longest: 1s }'),
    /^limit aftercare\.longest: 1s cannot be decided by a probe every 1s; aftercare\.periods: 0/,
  ],
  [
    'a crashed node of a lab that is back before the other one has taken over',
    scenario(CLEAN, 'lab: { design: vrrp, boot: 3600ms }'),
    /^lab\.boot: a crashed node that is back after 3\.6s .* up to 3\.609375s$/,
  ],
  [
    'a phase that waits for a none that cannot come',
    scenario(CLEAN, phases('json: owner')),
    /^phase detach: observer vip never says none without a `shape`/,
  ],
])('%s', async (_name, text, message) => {
  const { warnings } = await loaded(text);
  expect(warnings).toEqual([expect.stringMatching(message)]);
});
