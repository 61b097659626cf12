import { execa } from 'execa';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { registerSecret } from '../../src/model/secret.js';
import { ns } from '../../src/model/time.js';
import { freePort } from '../io/trigger/sshd.js';
import { closeAll, describePeer, hold, type Power } from './peer.js';
import { answers, serve, type Program } from './program.js';

closeAll();

// IPMI takes 20 characters.
const PASSWORD = 'horse-battery';
registerSecret(PASSWORD);
// That of nobody.
registerSecret('another');

const OK = { outcome: 'ok', detail: expect.any(String) };

describePeer('vsphere', 'the vsphere driver, by govc against the vCenter simulator of VMware', () => {
  let center: Program;
  let url = '';
  let ca = '';
  beforeAll(async () => {
    center = await serve(['vcsim', 'ha', PASSWORD], (said) => said.includes('\n'));
    [url = '', ca = ''] = center.said().trim().split(' ');
    // Nothing of this host's own is to answer for what the driver gives.
    for (const name of ['URL', 'USERNAME', 'PASSWORD', 'TLS_CA_CERTS']) vi.stubEnv(`GOVC_${name}`, '');
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await center.stop();
    await rm(ca, { force: true });
  });

  const VM = '/DC0/vm/DC0_H0_VM0';
  const power = (different: Record<string, string> = {}): Power => ({
    driver: 'vsphere',
    params: { vm: VM, url, user: 'ha', password: PASSWORD, ca, ...different },
  });
  const state = async (): Promise<string> => {
    const env = { GOVC_URL: url, GOVC_USERNAME: 'ha', GOVC_PASSWORD: PASSWORD, GOVC_TLS_CA_CERTS: ca };
    const { stdout } = await execa('govc', ['vm.info', VM], { env });
    return /Power state: +(\w+)/.exec(stdout)?.[1] ?? stdout;
  };

  test.each([
    ['crash', 'poweredOff'],
    ['crash-reset', 'poweredOn'],
    ['stop', 'poweredOff'],
    ['reboot', 'poweredOn'],
  ])('%s leaves it %s, and its undo leaves it on', async (action, then) => {
    const held = hold(power(), action);
    expect(await held.act()).toEqual(OK);
    expect(await state()).toBe(then);
    const undone = await held.undo();
    if (then === 'poweredOn') expect(undone).toContain('undone already');
    expect(await state()).toBe('poweredOn');
  });

  test.each([
    ['a wrong password', { password: 'another' }, 'Login failure'],
    ['a machine that is not there', { vm: 'absent' }, 'not found'],
    ['a reboot without VMware Tools', { vm: '/DC0/vm/DC0_H0_VM1' }, 'ToolsUnavailable'],
    ['a certificate that nobody vouches for', { ca: '/etc/ssl/certs/ca-certificates.crt' }, 'certificate'],
  ])('%s is refused, in the words of govc', async (_, different, words) => {
    const { outcome, detail } = await hold(power(different), 'reboot').act();
    expect({ outcome, detail }).toEqual({ outcome: 'failed', detail: expect.stringContaining(words) });
    expect(await state()).toBe('poweredOn');
  });
});

describePeer('redfish', 'the redfish driver, against the emulator of sushy-tools', () => {
  let controller: Program;
  let dir = '';
  let url = '';
  const ID = '11111111-2222-3333-4444-555555555555';
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'seqgap-redfish-'));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const system = { uuid: ID, name: 'fw-a', power_state: 'On', nics: [] };
    await writeFile(
      join(dir, 'emulator.conf'),
      `SUSHY_EMULATOR_FAKE_DRIVER = True
SUSHY_EMULATOR_LISTEN_IP = '127.0.0.1'
SUSHY_EMULATOR_LISTEN_PORT = ${port}
SUSHY_EMULATOR_STATE_DIR = '${dir}'
SUSHY_EMULATOR_FAKE_SYSTEMS = [${JSON.stringify(system).replace('"On"', "'On'")}]
`,
    );
    controller = await serve(['sushy-emulator', '--fake', '--config', join(dir, 'emulator.conf')], () =>
      answers(`${url}/redfish/v1`),
    );
  });
  afterAll(async () => {
    await controller.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const power = (system: string): Power => ({
    driver: 'redfish',
    params: { system },
    http: {
      url,
      user: 'ha',
      password: PASSWORD,
      apiKey: null,
      ca: null,
      insecure: false,
      timeout_ns: ns(30e9),
    },
  });
  const state = async (): Promise<unknown> => {
    const response = await fetch(`${url}/redfish/v1/Systems/${ID}`);
    return ((await response.json()) as { readonly PowerState: unknown }).PowerState;
  };

  test('crash takes the power, and its undo gives it back', async () => {
    const held = hold(power(ID), 'crash');
    expect(await held.act()).toEqual(OK);
    await expect.poll(state, { timeout: 60_000 }).toBe('Off');
    await held.undo();
    expect(await state()).toBe('On');
    expect(await held.undo()).toContain('undone already');
  });

  test.each(['crash-restart', 'reboot'])('%s is taken', async (action) => {
    const held = hold(power(ID), action);
    expect(await held.act()).toEqual(OK);
    await held.undo();
    expect(await state()).toBe('On');
  });

  test('what the controller says it cannot do leaves the outcome open, since it says so by 5xx', async () => {
    for (const action of ['crash-cycle', 'crash-nmi']) {
      const detail = expect.stringContaining('HTTP 501');
      expect(await hold(power(ID), action).act()).toEqual({ outcome: 'unknown', detail });
    }
    expect(await state()).toBe('On');
  });

  test('a system that is not there is refused', async () => {
    expect(await hold(power('absent'), 'crash').act()).toEqual({
      outcome: 'failed',
      detail: expect.stringContaining('HTTP 404'),
    });
  });
});

describePeer('ipmi', 'the ipmi driver, by ipmitool against the simulator of OpenIPMI', () => {
  let controller: Program;
  let dir = '';
  let port = 0;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'seqgap-ipmi-'));
    port = await freePort();
    // The chassis is a file: what it is told there, it does.
    await writeFile(
      join(dir, 'chassis'),
      `#!/bin/sh
# ... get power | set power 1
cd '${dir}'
while [ $# -gt 0 ]; do
  case "$1 $2" in
    'get power') echo "power:$(cat power)" ;;
    'set power') echo "$3" >power; echo "power $3" >>done; shift ;;
    'set reset') echo reset >>done; shift ;;
    'set shutdown') echo shutdown >>done; echo 0 >power; shift ;;
    'set boot' | 'set identify') shift ;;
  esac
  shift
done
`,
      { mode: 0o755 },
    );
    await writeFile(join(dir, 'power'), '1\n');
    await writeFile(
      join(dir, 'lan.conf'),
      `name "bmc"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "${dir}/chassis 0x20"
  user 1 true "" "test" user 10 none md2 md5 straight
  user 2 true "ha" "${PASSWORD}" operator 10 none md2 md5 straight
`,
    );
    await writeFile(
      join(dir, 'cmd.emu'),
      `mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_enable 0x20
`,
    );
    const command = ['ipmi_sim', '-c', 'lan.conf', '-f', 'cmd.emu', '-s', dir, '-n'];
    controller = await serve(command, async () => (await status()).includes('is on'), { cwd: dir });
  });
  afterAll(async () => {
    await controller.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const status = async (): Promise<string> => {
    const options = ['-I', 'lanplus', '-H', '127.0.0.1', '-p', String(port), '-U', 'ha', '-P', PASSWORD];
    const asked = ['-L', 'OPERATOR', '-C', '3', 'chassis', 'power', 'status'];
    return (await execa('ipmitool', [...options, ...asked], { all: true, reject: false })).all;
  };
  const power = (different: Record<string, string> = {}): Power => ({
    driver: 'ipmi',
    params: {
      bmc: '127.0.0.1',
      port: String(port),
      user: 'ha',
      password: PASSWORD,
      cipher: '3',
      ...different,
    },
  });

  test.each(['crash', 'stop'])('%s takes the power, and its undo gives it back', async (action) => {
    const held = hold(power(), action);
    expect(await held.act()).toEqual(OK);
    expect(await status()).toContain('is off');
    await held.undo();
    expect(await status()).toContain('is on');
    expect(await held.undo()).toContain('undone already');
  });

  test.each(['crash-reset', 'crash-cycle'])('%s is taken, and leaves the power on', async (action) => {
    const held = hold(power(), action);
    expect(await held.act()).toEqual(OK);
    await held.undo();
    expect(await status()).toContain('is on');
  });

  test('a button that the controller does not have is refused in its words', async () => {
    expect(await hold(power(), 'crash-nmi').act()).toEqual({
      outcome: 'failed',
      detail: expect.stringContaining('Chassis Power Control to Diag failed: Invalid data field in request'),
    });
  });

  test.each([
    ['a wrong password', { password: 'another' }],
    ['a user that is not there', { user: 'nobody' }],
  ])('%s is refused, and changes nothing', async (_, different) => {
    expect(await hold(power(different), 'crash').act()).toMatchObject({ outcome: 'failed' });
    expect(await status()).toContain('is on');
  });
});
