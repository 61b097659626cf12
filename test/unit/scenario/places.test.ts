import { afterEach, describe, expect, test } from 'vitest';
import { messageOf } from '../../../src/model/error.js';
import { forgetSecrets, redact } from '../../../src/model/secret.js';
import { describePlan } from '../../../src/scenario/words.js';
import { loaded } from './written.js';

afterEach(forgetSecrets);

const scenario = (node: string, trigger = 'action: crash') => `
name: places
nodes: { fw-a: { driver: panos, ${node} } }
streams:
  - { name: ping, type: icmp, to: 10.4.4.4, every: 10ms }
  - { name: control, type: icmp, to: 10.4.3.250, every: 100ms, control: true }
trigger: { ${trigger} }
`;
const env = { KEY: 'LUFRPT1', PASS: 'hunter2' };
const messageFrom = (text: string): Promise<string> => loaded(text, { env }).then(() => '', messageOf);
const HTTP = "http: { url: 'https://192.0.2.11/', key: '${env:KEY}' }";

describe('a management API', () => {
  test('has its address, credentials and trust', async () => {
    const node = `serial: 0011C1, http: { url: 'https://192.0.2.11:8443/fw/', user: admin, password: '\${env:PASS}', ca: ca.pem, timeout: 3s }`;
    const { scenario: plan } = await loaded(scenario(node), { env });
    expect(plan.nodes[0]).toMatchObject({
      serial: '0011C1',
      ssh: null,
      http: {
        url: 'https://192.0.2.11:8443/fw',
        user: 'admin',
        password: 'hunter2',
        apiKey: null,
        ca: expect.stringMatching(/^\/.*ca\.pem$/),
        insecure: false,
        timeout_ns: 3e9,
      },
    });
    expect(describePlan(plan)).toContain('by its API at https://192.0.2.11:8443/fw, must be 0011C1');
  });

  test('has a key that is a secret, while that of SSH is a file', async () => {
    const { scenario: plan } = await loaded(scenario(HTTP), { env });
    expect(plan.nodes[0]?.http?.apiKey).toBe('LUFRPT1');
    expect(redact(JSON.stringify(plan))).not.toContain('LUFRPT1');
    expect(await messageFrom(scenario("http: { url: 'https://192.0.2.11', key: written-out }"))).toMatch(
      /nodes\.fw-a\.http\.key: a secret may not stand in the scenario/,
    );
    expect(await messageFrom(scenario('ssh: { host: fw-a, user: root, key: ~/.ssh/id }'))).toBe('');
  });

  test.each([
    [
      'a user in its URL',
      "url: 'https://admin:secret@192.0.2.11'",
      /user and password have keys of their own/,
    ],
    ['no scheme', 'url: 192.0.2.11', /is not a URL such as/],
    ['an authority that is not asked', "url: 'https://a', ca: x.pem, insecure: true", /is not looked at/],
  ])('with %s is refused', async (_, http, message) =>
    expect(await messageFrom(scenario(`http: { ${http} }`))).toMatch(message),
  );

  test('that anyone could answer for, or read, is warned of', async () => {
    const { warnings } = await loaded(
      scenario(
        "http: { url: 'https://a', insecure: true }, power: { driver: redfish, http: { url: 'http://bmc', user: admin } }, ssh: { host: a, user: b }",
      ),
    );
    expect(warnings).toEqual([
      expect.stringMatching(/^http\.insecure: nobody checks who answers as fw-a,/),
      'http.url: the credentials of the power of fw-a cross the network unencrypted; use https',
    ]);
  });

  test('without credentials, plain HTTP shows none', async () => {
    const { warnings } = await loaded(scenario("http: { url: 'http://a' }, ssh: { host: a, user: b }"));
    expect(warnings).toEqual([]);
  });
});

test('the power of a node is reached in its own way, beside its parameters', async () => {
  const power = 'power: { driver: proxmox, ssh: { host: hv-1, user: root }, vmid: 100 }';
  const { scenario: plan } = await loaded(scenario(`${HTTP}, ${power}`), { env });
  expect(plan.nodes[0]?.power).toMatchObject({
    driver: 'proxmox',
    params: { vmid: '100' },
    ssh: { host: 'hv-1' },
    http: null,
  });
});

describe('when and how often', () => {
  const trigger =
    'action: crash, variant: redeploy, guard: { flaps: 2, within: 20m, wait: 30m }, window: { hours: 22:00-4:30, days: [fri], timezone: UTC }';

  test('is read', async () => {
    const { scenario: plan } = await loaded(scenario(HTTP, trigger), { env });
    expect(plan.trigger).toMatchObject({
      variant: 'redeploy',
      guard: { flaps: 2, within_ns: 1200e9, pause_ns: null, wait_ns: 1800e9 },
      window: { from_min: 1320, to_min: 270, days: ['fri'], timezone: 'UTC' },
    });
    const words = describePlan(plan).split(/\s+/).join(' ');
    expect(words).toContain('window only 22:00-04:30, fri (UTC)');
    expect(words).toContain('guard failovers over all runs: at most 2 within 20m; waited for up to 30m');
    expect(words).toContain('(crash), variant redeploy by driver panos');
  });

  test.each([
    ['hours that are none', trigger.replace('22:00-4:30', '22-4'), /"22-4" is not a span of hours/],
    ['a day that is none', trigger.replace('[fri]', '[freitag]'), /"freitag" is not one of mon, tue/],
    ['a time zone that is none', trigger.replace('UTC', 'Mars/Base'), /"Mars\/Base" is not a time zone/],
    [
      'a variant of a command',
      'action: exec, command: x, variant: y',
      /variant: is only for actions of a driver/,
    ],
  ])('with %s is refused', async (_, text, message) =>
    expect(await messageFrom(scenario(HTTP, text))).toMatch(message),
  );
});
