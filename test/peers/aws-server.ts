import { XMLParser } from 'fast-xml-parser';
import jmespath from 'jmespath';
import { freePort } from '../io/trigger/sshd.js';
import { answers, serve } from './program.js';

export const REGION = 'eu-central-1';

type Query = Readonly<Record<string, string>>;
/** What a JMESPath expression finds in an answer: text, or a list of it. */
export const found = (answer: unknown, path: string): string => jmespath.search(answer, path) as string;

export interface Aws {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** A call of the Query API by its own protocol; every item of XML is a list. */
  call(service: 'ec2' | 'elasticloadbalancing', action: string, query?: Query): Promise<unknown>;
  /** A call of Route 53; `body` is XML. */
  route53(method: string, path: string, body?: string): Promise<unknown>;
  stop(): Promise<void>;
}

const VERSION = { ec2: '2016-11-15', elasticloadbalancing: '2015-12-01' } as const;
const parser = new XMLParser({ isArray: (name) => ['item', 'member'].includes(name), parseTagValue: false });

/** Moto's server, a simulation of AWS's API that keeps its state; signatures are not checked. */
export const startAws = async (): Promise<Aws> => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = await serve(['moto_server', '-H', '127.0.0.1', '-p', String(port)], () =>
    answers(`${url}/moto-api/`),
  );
  const send = async (service: string, path: string, init: RequestInit): Promise<unknown> => {
    const scope = `x/20260101/${REGION}/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=x`;
    const response = await fetch(`${url}${path}`, { ...init, headers: { authorization } });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return Object.values(parser.parse(text) as Record<string, unknown>).at(-1);
  };
  return {
    port,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    },
    call: (service, action, query = {}) =>
      send(service, '/', {
        method: 'POST',
        body: new URLSearchParams({ Action: action, Version: VERSION[service], ...query }),
      }),
    route53: (method, path, body) =>
      send('route53', `/2013-04-01/${path}`, { method, ...(body === undefined ? {} : { body }) }),
    stop: () => program.stop(),
  };
};

/** A pair of instances in one subnet, each with an interface of its own. */
export interface AwsPair {
  readonly instances: readonly [string, string];
  readonly interfaces: readonly [string, string];
  readonly vpc: string;
  readonly table: string;
}

export const makePair = async (aws: Aws): Promise<AwsPair> => {
  const ec2 = (action: string, query?: Query): Promise<unknown> => aws.call('ec2', action, query);
  const vpc = found(await ec2('CreateVpc', { CidrBlock: '10.4.0.0/16' }), 'vpc.vpcId');
  const subnet = await ec2('CreateSubnet', { VpcId: vpc, CidrBlock: '10.4.1.0/24' });
  const made = await ec2('RunInstances', {
    ImageId: 'ami-12345678',
    MinCount: '2',
    MaxCount: '2',
    SubnetId: found(subnet, 'subnet.subnetId'),
  });
  const of = (path: string): [string, string] =>
    jmespath.search(made, `instancesSet.item[].${path}`) as [string, string];
  const routes = await ec2('CreateRouteTable', { VpcId: vpc });
  return {
    instances: of('instanceId'),
    interfaces: of('networkInterfaceSet.item[0].networkInterfaceId'),
    vpc,
    table: found(routes, 'routeTable.routeTableId'),
  };
};

/** The network interface that has a private address; null while none has it. */
export const ownerOf = async (aws: Aws, address: string): Promise<string | null> => {
  const answer = await aws.call('ec2', 'DescribeNetworkInterfaces');
  const path = `networkInterfaceSet.item[?privateIpAddressesSet.item[?privateIpAddress=='${address}']].networkInterfaceId | [0]`;
  return jmespath.search(answer, path) as string | null;
};

/** The private address moves to an interface, as a pair's own script would move it. */
export const moveAddress = async (aws: Aws, address: string, to: string): Promise<void> => {
  const assigned = { 'PrivateIpAddress.1': address };
  const from = await ownerOf(aws, address);
  // Moto would leave it there, too, whatever AllowReassignment says.
  if (from !== null)
    await aws.call('ec2', 'UnassignPrivateIpAddresses', { NetworkInterfaceId: from, ...assigned });
  await aws.call('ec2', 'AssignPrivateIpAddresses', { NetworkInterfaceId: to, ...assigned });
};

/** `running`, `stopped`, … */
export const stateOf = async (aws: Aws, instance: string): Promise<string> => {
  const answer = await aws.call('ec2', 'DescribeInstances', { 'InstanceId.1': instance });
  return found(answer, 'reservationSet.item[0].instancesSet.item[0].instanceState.name');
};
