import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askPower } from '../../src/lab/ask.js';
import { NODES, type NodeName } from '../../src/lab/ground/topology.js';
import { distPath, until, type Tool } from '../lab/lab-kit.js';
import {
  makePair,
  moveAddress,
  ownerOf,
  REGION,
  startAws,
  stateOf,
  type Aws,
  type AwsPair,
} from './aws-server.js';
import { describePair, openPair, runTrial } from './lab-pair.js';

/** The address of the pair in its VPC, which its own software moves to the node that took over. */
const ADDRESS = '10.4.1.100';

/** In the jump, which has no way to this host but its files: a port there, behind which is a socket here. */
const FORWARD = `
const { connect, createServer } = require('node:net');
const [port, path] = process.argv.slice(1);
createServer((from) => {
  const to = connect(path);
  for (const each of [from, to]) each.on('error', () => undefined);
  from.pipe(to).pipe(from);
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));
process.stdin.on('end', () => process.exit()).resume();
`;

/** The API at the same address in the jump as here. @returns what ends that. */
const reachFromJump = async (tool: Tool, port: number): Promise<() => Promise<void>> => {
  const path = join(String(tool.env['XDG_STATE_HOME']), 'api.sock');
  const server = createServer((from) => {
    const to = connect(port, '127.0.0.1');
    for (const each of [from, to]) each.on('error', () => undefined);
    from.pipe(to).pipe(from);
  });
  await once(server.listen(path), 'listening');
  const command = ['lab', 'exec', 'jump', '--', process.execPath, '-e', FORWARD, String(port), path];
  const child = spawn(process.execPath, [distPath('cli.js'), ...command], {
    env: tool.env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return async () => {
    child.stdin.end();
    await once(child, 'exit');
    server.close();
  };
};

/**
 * What AWS and the pair's own software do: an instance that is stopped has no power; the node that took over moves the address
 * to itself by the API; traffic goes where the address is, as a route of the VPC would send it.
 */
class Cloud {
  readonly #tool: Tool;
  readonly #aws: Aws;
  readonly #pair: AwsPair;
  readonly #over = new AbortController();
  readonly #ended: Promise<void>;
  /** Who had the address, one after another; null: nobody, as while it moves. */
  readonly owners: (NodeName | null)[] = [];
  #routed: NodeName | null = null;

  constructor(tool: Tool, aws: Aws, pair: AwsPair) {
    this.#tool = tool;
    this.#aws = aws;
    this.#pair = pair;
    this.#ended = this.#follow();
    // It is thrown by `stop`.
    this.#ended.catch(() => undefined);
  }

  get routed(): NodeName | null {
    return this.#routed;
  }

  /** Throws what went wrong meanwhile. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#ended;
  }

  async #follow(): Promise<void> {
    while (!this.#over.signal.aborted) {
      const { nodes } = await this.#tool.status();
      for (const [index, { node, power, ha }] of nodes.entries()) {
        const state = await stateOf(this.#aws, this.#pair.instances[index as 0 | 1]);
        if (state === 'stopped' && power === 'on') await this.#power(node, 'off');
        if (state === 'running' && power === 'off') await this.#power(node, 'on');
        const nic = this.#pair.interfaces[index as 0 | 1];
        const owner = await ownerOf(this.#aws, ADDRESS);
        if (power === 'on' && ha === 'MASTER' && owner !== nic) {
          await moveAddress(this.#aws, ADDRESS, nic);
          this.owners.push(null, node);
        }
        if (owner === nic && this.#routed !== node) await this.#route(node);
      }
      await sleep(100);
    }
  }

  async #power(node: NodeName, action: 'off' | 'on'): Promise<void> {
    await askPower(node, action, this.#tool.root());
  }

  async #route(node: NodeName): Promise<void> {
    const host = 11 + NODES.indexOf(node);
    await this.#tool.jump(
      `ip netns exec client ip route replace 10.4.4.0/24 via 10.4.3.${host} && ip netns exec server ip route replace 10.4.3.0/24 via 10.4.4.${host}`,
    );
    this.#routed = node;
  }
}

describePair('aws', 'a whole trial in which the AWS CLI cuts the power, by a pair in namespaces', () => {
  let aws: Aws;
  let pair: AwsPair;
  let tool: Tool;
  let unreach: () => Promise<void>;
  let cloud: Cloud;
  beforeAll(async () => {
    aws = await startAws();
    pair = await makePair(aws);
    tool = await openPair(aws.env);
    unreach = await reachFromJump(tool, aws.port);
    cloud = new Cloud(tool, aws, pair);
    await until(() => cloud.routed !== null);
  });
  afterAll(async () => {
    await cloud.stop();
    await unreach();
    await tool.dispose();
    await aws.stop();
  });

  test('crash: the instance is stopped, its peer takes address and traffic, and it is started again', async () => {
    const active = cloud.routed ?? 'fw-a';
    const standby = active === 'fw-a' ? 'fw-b' : 'fw-a';
    const instanceOf = (node: NodeName): string => pair.instances[NODES.indexOf(node) as 0 | 1];
    const { trials, timeline = [] } = await runTrial(tool, {
      name: 'aws-crash',
      node: (node) =>
        `driver: keepalived, power: { driver: aws, instance: ${instanceOf(node)}, region: ${REGION} }`,
      action: 'crash',
      observe: [
        `{ name: owner, driver: aws, query: address-owner, every: 1s, params: { address: ${ADDRESS}, vpc: ${pair.vpc}, region: ${REGION} } }`,
      ],
    });
    expect(trials).toMatchObject([{ status: 'ok', node: active, action: 'crash' }]);
    expect(cloud.routed).toBe(standby);
    expect(await ownerOf(aws, ADDRESS)).toBe(pair.interfaces[NODES.indexOf(standby) as 0 | 1]);
    expect(await stateOf(aws, instanceOf(active))).toBe('running');
    // Where the host is busy, the node that comes back hears no advert in time, and the address may go there and back; and
    // what was not answered in time is told once more.
    const owners = cloud.owners.map((node) => `owner = ${node === null ? 'none' : instanceOf(node)}`);
    const told = timeline.map(({ milestone }) => milestone).filter((each) => each.startsWith('owner = '));
    // Whether it was asked again before the trial was over is a matter of speed.
    expect(told).not.toHaveLength(0);
    let at = 0;
    for (const each of told) {
      at = owners.indexOf(each, at);
      expect(at, `${each} of ${told.join(', ')} where it was ${owners.join(', ')}`).not.toBe(-1);
    }
  });
});
