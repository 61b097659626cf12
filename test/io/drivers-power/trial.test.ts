import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RunRecord } from '../../../src/model/run.js';
import { makeFilePair, type FilePair, type Finished } from '../run/file-pair.js';
import { makeCertificates, startApi, type Api, type Certificates } from '../trigger/api.js';
import { canRunSshd, startSshd } from '../trigger/sshd.js';
import { CASES, environment, makeMachines, PROGRAMS, type Case, type Machines } from './recorded.js';

/*
 * Whole trials through the built program: the roles of a pair are files, and its power is a program that answers as the
 * real one, a hypervisor over SSH, or a controller with an API. Cutting the power moves the role.
 */

// They mostly wait.
vi.setConfig({ maxConcurrency: 8 });

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

let machines: Machines;
beforeAll(async () => {
  machines = await makeMachines();
});
afterAll(() => machines.remove());

interface Power {
  readonly driver: string;
  readonly [key: string]: unknown;
}

const scenario = (dir: string, action: string, powers: readonly Power[]): string =>
  JSON.stringify({
    name: `power-${powers[0]?.driver}`,
    nodes: Object.fromEntries(
      ['fw-a', 'fw-b'].map((node, index) => [
        node,
        { driver: 'file', params: { dir }, power: powers[index] },
      ]),
    ),
    // Nobody listens there: a refusal is an answer too.
    streams: [{ name: 'web', type: 'tcp', to: '127.0.0.1:9', every: '50ms' }],
    trigger: { node: 'active', action: action.split('-')[0], ...variantOf(action), timeout: '20s' },
    trial: { steady: '500ms', recovered: '500ms', 'give-up': '20s', restore: '20s', 'cool-down': '1ms' },
  });

const variantOf = (action: string): object =>
  action.includes('-') ? { variant: action.slice(action.indexOf('-') + 1) } : {};

/** Without its power fw-a says nothing and fw-b takes over; with it again it is standby. */
const rolesFor = (dir: string): string => `
case $1 in
  off) : >${dir}/fw-a.role; echo active >${dir}/fw-b.role ;;
  on) echo standby >${dir}/fw-a.role ;;
esac
`;

/** One process for all of them, one trial after the other: to start it takes longer than a trial. */
const run = (pairs: readonly FilePair[], out: string): Promise<Finished> =>
  new Promise((resolve) => {
    const files = pairs.map(({ scenario: file }) => file);
    const folders = pairs.slice(0, 1).flatMap(({ dir }) => ['--drivers', join(dir, 'drivers')]);
    const args = [CLI, 'run', ...files, '--yes', '--json', '--out', out, ...folders];
    // All pairs have the same names: locks and the count of failovers are kept apart.
    const env = { ...process.env, ...environment(machines), XDG_RUNTIME_DIR: out, XDG_STATE_HOME: out };
    const child = execFile(process.execPath, args, { env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });

interface Event {
  readonly event: string;
  readonly [key: string]: unknown;
}

/** One trial, from the role that is found to the pair that is healthy again. */
const expectWholeTrial = async (
  pair: FilePair,
  out: string,
  driver: string,
  { code, stderr }: Finished,
): Promise<void> => {
  // A busy host may stall the prober, which makes a trial void (2); it is never wrong, and the pair is restored.
  expect([0, 2], stderr).toContain(code);
  const latest = join(out, `power-${driver}`, 'latest');
  const record = JSON.parse(await readFile(join(latest, 'run.json'), 'utf8')) as RunRecord;
  expect(record).toMatchObject({ status: 'complete', restored: true });
  const events = (await readFile(join(latest, 'trial-01', 'events.jsonl'), 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);
  expect(events).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ event: 'role', node: 'fw-a', role: 'active', when: 'before' }),
      expect.objectContaining({ event: 'trigger-accepted', node: 'fw-a' }),
      expect.objectContaining({ event: 'trigger-confirmed', node: 'fw-a', ok: true }),
      expect.objectContaining({ event: 'role', node: 'fw-b', role: 'active', when: 'after' }),
      expect.objectContaining({ event: 'undo', node: 'fw-a', ok: true }),
    ]),
  );
  expect(await pair.read('fw-a.role')).toBe('standby\n');
};

/** Nothing that a run wrote or said holds the secret. */
const expectNoSecret = async (out: string, { stdout, stderr }: Finished): Promise<void> => {
  expect(stdout + stderr).not.toContain('the password');
  const files = await readdir(out, { recursive: true, withFileTypes: true });
  for (const file of files.filter((each) => each.isFile()))
    expect(await readFile(join(file.parentPath, file.name), 'latin1')).not.toContain('the password');
};

/** A pair of its own for a driver, and the two machines behind it. */
const prepare = async (item: Case): Promise<FilePair> => {
  const pair = await makeFilePair({});
  const powers = ['a', 'b'].map((node) => ({ driver: item.driver, ...item.params(item.machine(node)) }));
  for (const node of ['a', 'b']) await machines.add(item.machine(node));
  await machines.hook(item.machine('a'), rolesFor(pair.dir));
  const action = item.variant === null ? item.action : `${item.action}-${item.variant}`;
  await pair.write('scenario.yaml', scenario(pair.dir, action, powers));
  return pair;
};

describe.concurrent('a whole trial: the role is found, the power cut, the role moved, the power given back', () => {
  const GROUPS = [0, 1, 2].map((index) => CASES.filter((_, place) => place % 3 === index));
  test.each(GROUPS.map((group) => [group.map(({ driver }) => driver).join(', '), group] as const))(
    '%s',
    async (_, group) => {
      const pairs = await Promise.all(group.map(prepare));
      const out = pairs[0]?.out ?? '';
      const finished = await run(pairs, out);
      await expectNoSecret(out, finished);
      for (const [index, item] of group.entries()) {
        const pair = pairs[index] as FilePair;
        await expectWholeTrial(pair, out, item.driver, finished);
        const machine = item.machine('a');
        const sent = (await machines.calls(machine)).filter((call) => !item.reads.test(call));
        expect(sent).toEqual([...item.sent(machine), ...item.undone(machine)]);
        expect(await machines.calls(item.machine('b'))).toEqual([]);
      }
      await Promise.all(pairs.map((pair) => pair.remove()));
    },
  );

  test.runIf(canRunSshd)('proxmox, over SSH (needs root)', async () => {
    const sshd = await startSshd([`SetEnv RECORDED=${machines.dir} PATH=${PROGRAMS}:/usr/bin:/bin`]);
    const pair = await makeFilePair({});
    await machines.add('101');
    await machines.add('102');
    await machines.hook('101', rolesFor(pair.dir));
    const { host, user, key, knownHosts } = sshd.login();
    const ssh = { host, port: String(sshd.port), user, key, 'known-hosts': knownHosts };
    const powers = ['101', '102'].map((vmid) => ({ driver: 'proxmox', ssh, vmid }));
    await pair.write('scenario.yaml', scenario(pair.dir, 'stop', powers));
    await expectWholeTrial(pair, pair.out, 'proxmox', await run([pair], pair.out));
    const sent = (await machines.calls('101')).filter((call) => !call.includes('status'));
    expect(sent).toEqual(['qm shutdown 101 --timeout 240', 'qm start 101']);
    expect(await machines.calls('102')).toEqual([]);
    await pair.remove();
    await sshd.stop();
  });

  describe('redfish, over https', () => {
    let certificates: Certificates;
    beforeAll(async () => {
      certificates = await makeCertificates();
    });
    afterAll(() => certificates.remove());

    /** A management controller. `garbled` answers to questions come first. */
    const startController = (
      pair: FilePair,
      garbled: readonly string[],
      { refuses = false, power = 'On', redirects = false } = {},
    ): Promise<Api> => {
      const wrong = [...garbled];
      return startApi(certificates, ({ line: asked, body }, response) => {
        const line = redirects ? asked.replace(/\/$/, '') : asked;
        if (redirects && line === asked)
          response.writeHead(308, { location: `${line.split(' ')[1]}/` }).end();
        else if (line === 'GET /redfish/v1/Systems/1') {
          const next = power === 'On' ? undefined : wrong.shift();
          if (next === 'cut') response.socket?.destroy();
          else if (next === 'busy') response.writeHead(503).end('<html>On</html>');
          else response.end(next ?? JSON.stringify({ Id: '1', PowerState: power }));
        } else if (line === 'POST /redfish/v1/Systems/1/Actions/ComputerSystem.Reset' && !refuses) {
          const { ResetType } = JSON.parse(body) as { ResetType: string };
          power = ResetType === 'ForceOff' ? 'Off' : 'On';
          if (power === 'Off') {
            writeFileSync(join(pair.dir, 'fw-a.role'), '');
            writeFileSync(join(pair.dir, 'fw-b.role'), 'active\n');
          } else writeFileSync(join(pair.dir, 'fw-a.role'), 'standby\n');
          response.writeHead(204).end();
        } else {
          response.writeHead(400).end(JSON.stringify({ error: { code: 'Base.1.8.ActionNotSupported' } }));
        }
      });
    };

    const resets = (api: Api): string[] =>
      api.asked.filter(({ line }) => line.startsWith('POST')).map(({ body }) => body);

    const runWith = async (pair: FilePair, api: Api): Promise<Finished> => {
      const { url, user, ca } = api.login;
      await writeFile(join(pair.dir, 'secret'), api.login.password ?? '');
      const http = { url, user, password: `\${file:${join(pair.dir, 'secret')}}`, ca };
      const powers = [
        { driver: 'redfish', http },
        { driver: 'redfish', http: { ...http, url: 'https://127.0.0.1:1' } },
      ];
      await pair.write('scenario.yaml', scenario(pair.dir, 'crash', powers));
      return run([pair], pair.out);
    };

    test('whatever it is asked it answers garbage, 503 and nothing first', async () => {
      const pair = await makeFilePair({});
      const api = await startController(pair, [
        '{"PowerState":"O',
        'busy',
        'cut',
        '{"PowerState":"PoweringOff"}',
      ]);
      await expectWholeTrial(pair, pair.out, 'redfish', await runWith(pair, api));
      expect(resets(api)).toEqual(['{"ResetType":"ForceOff"}', '{"ResetType":"On"}']);
      await api.stop();
      await pair.remove();
    });

    test('it redirects a path without its last slash', async () => {
      const pair = await makeFilePair({});
      const api = await startController(pair, [], { redirects: true });
      await expectWholeTrial(pair, pair.out, 'redfish', await runWith(pair, api));
      expect(new Set(resets(api))).toEqual(new Set(['{"ResetType":"ForceOff"}', '{"ResetType":"On"}']));
      await api.stop();
      await pair.remove();
    });

    test.each([
      ['is off already', 'Off', 'it says Off'],
      ['says what nobody understands', 'Odd', 'it says Odd'],
      ['says nothing', '', 'the answer was not understood'],
    ])('a power that %s stops the run, untouched', async (_, power, why) => {
      const pair = await makeFilePair({});
      const api = await startController(pair, [], { power });
      const { code, stderr } = await runWith(pair, api);
      expect(code).toBe(2);
      expect(stderr).toContain(`could not undo a crash: ${why}`);
      expect(stderr).toContain('nothing was touched');
      expect(resets(api)).toEqual([]);
      await api.stop();
      await pair.remove();
    });

    test('it refuses: the trial ends, and nothing is left to undo', async () => {
      const pair = await makeFilePair({});
      const api = await startController(pair, [], { refuses: true });
      const { code, stderr } = await runWith(pair, api);
      expect(code).toBe(2);
      expect(stderr).toMatch(/the trigger failed: crash of fw-a: HTTP 400 .*ActionNotSupported/);
      expect(stderr).toContain('undone already');
      expect(resets(api)).toEqual(['{"ResetType":"ForceOff"}']);
      await api.stop();
      await pair.remove();
    });
  });
});
