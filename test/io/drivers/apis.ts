import type { ServerResponse } from 'node:http';
import { startApi, type Asked, type Certificates } from '../trigger/api.js';
import { other, type TestPair, type Unit } from './pair.js';
import type { Mishap, TestNode, Vendor } from './vendor.js';

interface Reply {
  readonly status?: number;
  readonly body: string;
}

interface Api {
  answer(asked: Asked): Reply;
  /** How the device says no. */
  readonly refusal: Reply;
}

const say = (response: ServerResponse, { status = 200, body }: Reply): void => {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body) });
  response.end(body);
};

const spoil = (api: Api, { fault }: Mishap, asked: Asked, response: ServerResponse): void => {
  if (fault === 'refused') return say(response, api.refusal);
  const { body } = api.answer(asked);
  if (fault === 'slow') return;
  if (fault === 'garbled') return say(response, { body: '\u0000%%&&<resp{"rows":' });
  response.writeHead(200, { 'content-length': Buffer.byteLength(body) });
  response.write(body.slice(0, body.length / 2), () => response.destroy());
};

const textOf = ({ line, body }: Asked): string => decodeURIComponent(`${line} ${body}`.replaceAll('+', ' '));

/** A unit's API over TLS. */
const startUnit = async (api: Api, certificates: Certificates): Promise<TestNode> => {
  const server = await startApi(certificates, (asked, response) => {
    const { mishap } = node;
    if (mishap === null || !mishap.of.test(textOf(asked))) return say(response, api.answer(asked));
    node.mishap = null;
    return spoil(api, mishap, asked, response);
  });
  const node: TestNode = {
    ssh: null,
    http: server.login,
    params: {},
    sent: () => server.asked.map(textOf),
    mishap: null,
    stop: () => server.stop(),
  };
  return node;
};

const FORBIDDEN: Reply = { status: 401, body: 'Unauthorized' };
const isBasic = ({ headers }: Asked): boolean =>
  headers.authorization === `Basic ${Buffer.from('admin:p&ss w"rd%').toString('base64')}`;

const panos = (pair: TestPair, unit: Unit): Api => {
  const state = (of: Unit): string => pair.state(of, 'active', 'passive', 'suspended');
  const ok = (result: string): Reply => ({
    body: `<response status="success"><result>${result}</result></response>`,
  });
  return {
    refusal: {
      body: '<response status="error" code="17"><msg><line>op command for client haagent timed out</line></msg></response>',
    },
    answer: (asked) => {
      const { line, headers, body } = asked;
      if (headers['x-pan-key'] !== 'LUFRPT1=/+key')
        return {
          status: 403,
          body: '<response status = "error" code = "403"><result><msg>Invalid Credential</msg></result></response>',
        };
      const query = line.includes('?') ? line.slice(line.indexOf('?')) : body;
      switch (new URLSearchParams(query).get('cmd') ?? '') {
        case '<show><system><info></info></system></show>':
          return ok(`<system><hostname>fw</hostname><serial>00110011000${unit}</serial></system>`);
        case '<show><high-availability><state></state></high-availability></show>':
          return ok(
            `<enabled>yes</enabled><group><local-info><state>${state(unit)}</state><state-sync>Complete</state-sync></local-info>` +
              `<peer-info><state>${state(other(unit))}</state><conn-ha1><conn-status>up</conn-status></conn-ha1></peer-info>` +
              '<running-sync>synchronized</running-sync></group>',
          );
        case '<request><high-availability><state><suspend></suspend></state></high-availability></request>':
          pair.hold(unit);
          return ok('Successfully changed HA state to suspended');
        case '<request><high-availability><state><functional></functional></state></high-availability></request>':
          pair.release(unit);
          return ok('Successfully changed HA state to functional');
        case '<request><restart><system></system></restart></request>':
          // That it worked is an error, too.
          return {
            body: '<response status="error"><msg><line>Command succeeded with no output</line></msg></response>',
          };
        default:
          return {
            body: '<response status="error" code="17"><msg><line>invalid command</line></msg></response>',
          };
      }
    },
  };
};

const opnsense = (pair: TestPair, unit: Unit): Api => ({
  refusal: { body: '{"status":"failed"}' },
  answer: (asked) => {
    if (!isBasic(asked)) return FORBIDDEN;
    if (asked.line === 'GET /api/diagnostics/interface/get_vip_status') {
      const status = pair.state(unit, 'MASTER', 'BACKUP');
      const held = pair.held[unit];
      return {
        body: JSON.stringify({
          rows: ['1', '2'].map((vhid) => ({ interface: 'LAN', vhid, status, mode: 'carp' })),
          carp: { demotion: held ? '240' : '0', allow: '1', maintenancemode: held, status_msg: '' },
        }),
      };
    }
    if (asked.line === 'POST /api/diagnostics/interface/carp_status/maintenance') {
      // One request for both ways.
      const entering = !pair.held[unit];
      if (entering) pair.hold(unit);
      else pair.release(unit);
      return { body: `{"status":"ok","action":"${entering ? 'enter' : 'leave'}_maintenance"}` };
    }
    if (asked.line === 'POST /api/core/system/reboot') return { body: '{"status":"ok"}' };
    return { status: 404, body: '{"errorMessage":"Endpoint not found"}' };
  },
});

const stats = (path: string, description: string): string =>
  JSON.stringify({
    entries: { [`https://localhost${path}/0`]: { nestedStats: { entries: { status: { description } } } } },
  });

const bigip = (pair: TestPair, unit: Unit): Api => ({
  refusal: { status: 400, body: '{"code":400,"message":"unable to go standby","errorStack":[]}' },
  answer: (asked) => {
    if (!isBasic(asked)) return FORBIDDEN;
    switch (asked.line) {
      case 'GET /mgmt/tm/cm/device':
        return {
          body: JSON.stringify({
            items: [0, 1].map((each) => ({ chassisId: `422c-${each}`, selfDevice: String(each === unit) })),
          }),
        };
      case 'GET /mgmt/tm/cm/failover-status':
        return { body: stats('/mgmt/tm/cm/failover-status', pair.state(unit, 'ACTIVE', 'STANDBY')) };
      case 'GET /mgmt/tm/cm/sync-status':
        return { body: stats('/mgmt/tm/cm/sync-status', 'In Sync') };
      case 'POST /mgmt/tm/sys/failover':
        if (asked.body !== '{"command":"run","standby":true}') return { status: 400, body: '{"code":400}' };
        pair.move();
        return { body: '{"kind":"tm:sys:failover:runstate","command":"run","standby":true}' };
      case 'POST /mgmt/tm/sys':
        return asked.body === '{"command":"reboot"}'
          ? { body: asked.body }
          : { status: 400, body: '{"code":400}' };
      default:
        return { status: 404, body: '{"code":404}' };
    }
  },
});

const each =
  (certificates: Certificates, make: (pair: TestPair, unit: Unit) => Api) =>
  (pair: TestPair): Promise<readonly [TestNode, TestNode]> =>
    Promise.all([startUnit(make(pair, 0), certificates), startUnit(make(pair, 1), certificates)]);

export const apis = (certificates: () => Certificates): readonly Vendor[] => {
  const start = (make: (pair: TestPair, unit: Unit) => Api) => (pair: TestPair) =>
    each(certificates(), make)(pair);
  return [
    {
      name: 'panos',
      question: /GET .*<show><high-availability>/,
      action: /<suspend>/,
      reboot: /<restart>/,
      undo: /<functional>/,
      start: start(panos),
    },
    {
      name: 'opnsense',
      question: /get_vip_status/,
      action: /carp_status\/maintenance/,
      reboot: /system\/reboot/,
      undo: /carp_status\/maintenance/,
      start: start(opnsense),
    },
    {
      name: 'bigip',
      question: /failover-status/,
      action: /sys\/failover/,
      reboot: /"reboot"/,
      undo: null,
      start: start(bigip),
    },
  ];
};
