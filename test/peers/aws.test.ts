import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  found,
  makePair,
  moveAddress,
  REGION,
  startAws,
  stateOf,
  type Aws,
  type AwsPair,
} from './aws-server.js';
import { closeAll, describePeer, hold, observed } from './peer.js';

describePeer('aws', 'the aws driver, by the AWS CLI against moto', () => {
  let aws: Aws;
  let pair: AwsPair;
  beforeAll(async () => {
    aws = await startAws();
    for (const [name, value] of Object.entries(aws.env)) vi.stubEnv(name, value);
    pair = await makePair(aws);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await aws.stop();
  });
  closeAll();

  const power = (instance: string): { driver: string; params: Record<string, string> } => ({
    driver: 'aws',
    params: { instance, region: REGION },
  });

  test.each(['crash', 'stop', 'stop-force'])(
    '%s takes the power, and its undo gives it back',
    async (name) => {
      const [instance] = pair.instances;
      const held = hold(power(instance), name);
      expect(await held.act()).toMatchObject({ outcome: 'ok' });
      expect(await stateOf(aws, instance)).toBe('stopped');
      await held.undo();
      expect(await stateOf(aws, instance)).toBe('running');
      expect(await held.undo()).toContain('undone already');
    },
  );

  test('reboot is taken, and leaves the power on', async () => {
    const held = hold(power(pair.instances[0]), 'reboot');
    expect(await held.act()).toMatchObject({ outcome: 'ok' });
    expect(await held.undo()).toContain('undone already');
  });

  test('an instance that is not there is refused in the words of AWS', async () => {
    expect(await hold(power('i-0123456789abcdef0'), 'crash').act()).toEqual({
      outcome: 'failed',
      detail: expect.stringContaining('InvalidInstanceID.NotFound'),
    });
  });

  test('address-owner follows a secondary address, and a primary one is where it is', async () => {
    const [a, b] = pair.interfaces;
    const owner = (address: string): Promise<string> =>
      observed('aws', 'address-owner', { address, region: REGION, vpc: pair.vpc });
    const address = '10.4.1.100';
    expect(await owner(address)).toBe('none');
    await moveAddress(aws, address, a);
    expect(await owner(address)).toBe(pair.instances[0]);
    await aws.call('ec2', 'UnassignPrivateIpAddresses', {
      NetworkInterfaceId: a,
      'PrivateIpAddress.1': address,
    });
    expect(await owner(address)).toBe('none');
    await moveAddress(aws, address, b);
    expect(await owner(address)).toBe(pair.instances[1]);
  });

  test('elastic-ip follows a public address', async () => {
    const made = await aws.call('ec2', 'AllocateAddress', { Domain: 'vpc' });
    const AllocationId = found(made, 'allocationId');
    const seen = (): Promise<string> =>
      observed('aws', 'elastic-ip', { public: found(made, 'publicIp'), region: REGION });
    expect(await seen()).toBe('none');
    const associate = (to: Record<string, string>): Promise<unknown> =>
      aws.call('ec2', 'AssociateAddress', { AllocationId, AllowReassociation: 'true', ...to });
    await associate({ InstanceId: pair.instances[0] });
    expect(await seen()).toBe(pair.instances[0]);
    // EC2 names the instance here too; moto names the interface alone.
    await associate({ NetworkInterfaceId: pair.interfaces[1] });
    expect(await seen()).toBe(pair.interfaces[1]);
  });

  test('route follows the target of a route', async () => {
    const prefix = '10.9.0.0/16';
    const route = { RouteTableId: pair.table, DestinationCidrBlock: prefix };
    const seen = (): Promise<string> =>
      observed('aws', 'route', { table: pair.table, prefix, region: REGION });
    expect(await seen()).toBe('none');
    const [a, b] = pair.interfaces;
    await aws.call('ec2', 'CreateRoute', { ...route, NetworkInterfaceId: a });
    expect(await seen()).toBe(`${a} active`);
    await aws.call('ec2', 'ReplaceRoute', { ...route, NetworkInterfaceId: b });
    expect(await seen()).toBe(`${b} active`);
  });

  test('target-health says of each target of a group what its load balancer thinks', async () => {
    const elb = (action: string, query: Record<string, string>): ReturnType<Aws['call']> =>
      aws.call('elasticloadbalancing', action, query);
    const made = await elb('CreateTargetGroup', {
      Name: 'fw',
      Protocol: 'TCP',
      Port: '80',
      VpcId: pair.vpc,
    });
    const TargetGroupArn = found(made, 'CreateTargetGroupResult.TargetGroups.member[0].TargetGroupArn');
    const seen = (): Promise<string> =>
      observed('aws', 'target-health', { 'target-group': TargetGroupArn, region: REGION });
    expect(await seen()).toBe('none');
    const [a, b] = pair.instances;
    await elb('RegisterTargets', { TargetGroupArn, 'Targets.member.1.Id': a, 'Targets.member.2.Id': b });
    expect(await seen()).toBe([`${a} healthy`, `${b} healthy`].toSorted().join(', '));
    await elb('DeregisterTargets', { TargetGroupArn, 'Targets.member.1.Id': a });
    expect(await seen()).toContain(`${b} healthy`);
    expect(await seen()).not.toContain(`${a} healthy`);
  });

  test('attachment says what a network interface is attached to, and that it is not', async () => {
    const subnet = found(
      await aws.call('ec2', 'DescribeInstances', { 'InstanceId.1': pair.instances[0] }),
      'reservationSet.item[0].instancesSet.item[0].subnetId',
    );
    const made = await aws.call('ec2', 'CreateNetworkInterface', { SubnetId: subnet });
    const NetworkInterfaceId = found(made, 'networkInterface.networkInterfaceId');
    const seen = (): Promise<string> =>
      observed('aws', 'attachment', { interface: NetworkInterfaceId, region: REGION });
    expect(await seen()).toBe('none');
    const [InstanceId] = pair.instances;
    await aws.call('ec2', 'AttachNetworkInterface', { NetworkInterfaceId, InstanceId, DeviceIndex: '1' });
    expect(await seen()).toBe(`${InstanceId} attached`);
  });

  test('record follows what Route 53 answers with, and change says that it is everywhere', async () => {
    const zone = await aws.route53(
      'POST',
      'hostedzone',
      '<CreateHostedZoneRequest><Name>ha.example.</Name><CallerReference>1</CallerReference></CreateHostedZoneRequest>',
    );
    const id = found(zone, 'HostedZone.Id').replace('/hostedzone/', '');
    const seen = (name: string): Promise<string> =>
      observed('aws', 'record', { zone: id, name, region: REGION });
    const set = (action: string, value: string): Promise<unknown> =>
      aws.route53(
        'POST',
        `hostedzone/${id}/rrset/`,
        `<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>${action}</Action><ResourceRecordSet>
         <Name>vip.ha.example.</Name><Type>A</Type><TTL>5</TTL><ResourceRecords><ResourceRecord><Value>${value}</Value>
         </ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`,
      );
    expect(await seen('vip.ha.example')).toBe('none');
    await set('UPSERT', '10.4.1.4');
    expect(await seen('vip.ha.example')).toBe('10.4.1.4');
    const changed = await set('UPSERT', '10.4.1.5');
    expect(await seen('vip.ha.example')).toBe('10.4.1.5');
    const change = found(changed, 'ChangeInfo.Id').replace('/change/', '');
    expect(await observed('aws', 'change', { change, region: REGION })).toBe('INSYNC');
    expect(await seen('other.ha.example')).toBe('none');
  });
});
