import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { drawOutage, partsOf, spansOf } from '../../src/analysis/twin/lab-model.js';
import { seededRandom } from '../../src/analysis/statistics/random.js';
import { answerRequest, type Cloud } from '../../src/lab/cloud-ip/api.js';
import { delaysOf, noFaults } from '../../src/lab/cloud-ip/delays.js';
import { Fabric } from '../../src/lab/cloud-ip/fabric.js';
import { haSettings } from '../../src/lab/cloud-ip/ha-files.js';
import { HaNode } from '../../src/lab/cloud-ip/ha-node.js';
import {
  type CloudClient,
  moveAddresses,
  type Progress,
  type Reply,
} from '../../src/lab/cloud-ip/takeover.js';
import { nodeAddress, virtualAddress } from '../../src/lab/cloud-ip/topology.js';
import { NEW_WATCH, watched } from '../../src/lab/dns/watch.js';
import { newTarget, probed, stateOf } from '../../src/lab/lb/targets.js';
import type { CloudIpPlan, DelayPlan, LabPlan } from '../../src/model/lab-plan.js';
import { fromMs } from '../../src/model/time.js';

const ms = (most: number, least = 0) => fc.integer({ min: least, max: most });
const delay: fc.Arbitrary<DelayPlan> = fc
  .tuple(ms(4000), ms(4000))
  .map(([least, more]) => ({ least_ns: fromMs(least), most_ns: fromMs(least + more) }));
/** Of which nothing is left to chance. */
const fixed: fc.Arbitrary<DelayPlan> = ms(4000, 1).map((own) => ({
  least_ns: fromMs(own),
  most_ns: fromMs(own),
}));

const cloudIp = (any: fc.Arbitrary<DelayPlan>): fc.Arbitrary<CloudIpPlan> =>
  fc.record({
    design: fc.constant('cloud-ip' as const),
    heartbeat_ns: ms(2000, 50).map(fromMs),
    missed: fc.integer({ min: 1, max: 6 }),
    detach: any,
    attach: any,
    routes: any,
    promotion: any,
    poll_ns: ms(1500, 10).map(fromMs),
    rules: any,
    replies: fc.constant('pair' as const),
    lease_ns: fc.constant(fromMs(0)),
    sync: fc.constant('none' as const),
    boot_ns: fc.constant(fromMs(4000)),
  });

const plans: fc.Arbitrary<LabPlan> = fc.oneof(
  cloudIp(delay),
  fc.record({
    design: fc.constant('vrrp' as const),
    advert_ns: ms(4000, 10).map(fromMs),
    sync: fc.constant('none' as const),
    boot_ns: fc.constant(fromMs(4000)),
    nat: fc.constant('none' as const),
    tcpLoose: fc.boolean(),
    preempt: fc.boolean(),
  }),
  fc.record({
    design: fc.constant('dns' as const),
    ttl_ns: ms(60, 1).map((s) => fromMs(1000 * s)),
    monitor_ns: ms(3000, 50).map(fromMs),
    missed: fc.integer({ min: 1, max: 6 }),
    boot_ns: ms(5000).map(fromMs),
    update: delay,
  }),
  fc.record({
    design: fc.constant('lb' as const),
    probe_ns: ms(3000, 100).map(fromMs),
    threshold: fc.integer({ min: 1, max: 6 }),
    existing: fc.constantFrom('stick' as const, 'rebalance' as const, 'reset' as const),
    arms: fc.constant('two' as const),
    sync: fc.constant('none' as const),
    boot_ns: ms(5000).map(fromMs),
  }),
);

const EPSILON_NS = 1e-3;

describe('the computed outage of a lab', () => {
  it('has a length for each of its parts, within its span', () => {
    fc.assert(
      fc.property(plans, fc.integer(), (plan, seed) => {
        const random = seededRandom(seed);
        const spans = spansOf(plan);
        expect(spans).toHaveLength(partsOf(plan).length);
        for (let draw = 0; draw < 20; draw++) {
          const lengths = drawOutage(plan, random);
          expect(lengths).toHaveLength(spans.length);
          for (const [index, length] of lengths.entries()) {
            expect(length).toBeGreaterThanOrEqual(spans[index]!.least_ns - EPSILON_NS);
            expect(length).toBeLessThanOrEqual(spans[index]!.most_ns + EPSILON_NS);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('spans what it says: both ends are met, nearly', () => {
    const plan = { ...fc.sample(cloudIp(delay), { numRuns: 1, seed: 1 })[0]!, missed: 3 };
    const random = seededRandom(1);
    const detections = Array.from({ length: 4000 }, () => drawOutage(plan, random)[0]! / plan.heartbeat_ns);
    expect(Math.min(...detections)).toBeLessThan(2.1);
    expect(Math.max(...detections)).toBeGreaterThan(3.9);
  });

  it('is that of a DNS monitor and of a balancer that miss so many probes', () => {
    fc.assert(
      fc.property(
        ms(3000, 100),
        fc.integer({ min: 1, max: 6 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (every, count, phase) => {
          let now = phase * every;
          let watch = NEW_WATCH;
          for (let acts = false; !acts;) {
            now += every;
            const after = watched(watch, false, count);
            ({ watch } = after);
            acts = after.act;
          }
          let target = { ...newTarget('fw-a'), healthy: true as boolean | null };
          let probes = 0;
          while (stateOf(target) === 'healthy') {
            target = probed(target, false, count);
            probes += 1;
          }
          expect(probes).toBe(count);
          const common = { boot_ns: fromMs(1), sync: 'none' as const };
          const [dns] = drawOutage(
            {
              design: 'dns',
              monitor_ns: fromMs(every),
              missed: count,
              ttl_ns: fromMs(1000),
              update: { least_ns: fromMs(0), most_ns: fromMs(0) },
              ...common,
            },
            () => phase,
          );
          const [lb] = drawOutage(
            {
              design: 'lb',
              probe_ns: fromMs(every),
              threshold: count,
              existing: 'rebalance',
              arms: 'two',
              ...common,
            },
            () => phase,
          );
          expect(dns! / 1e6).toBeCloseTo(now, 6);
          expect(lb! / 1e6).toBeCloseTo(now, 6);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('the computed outage of the lab cloud-ip, against its own parts', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const wait = (length_ms: number): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, length_ms);
    });

  /** The node's HA software and the cloud, on a clock of their own. @returns the parts in milliseconds. */
  const failOver = async (plan: CloudIpPlan, since_ms: number, look_ms: number): Promise<number[]> => {
    const at: Record<string, number> = {};
    const routed = new Set<string>();
    let crash = Infinity;
    const now = (): number => performance.now();
    const mark = (what: string): void => {
      at[what] = now() - crash;
    };
    const fabric = new Fabric({
      delays: delaysOf(plan),
      faults: noFaults(),
      random: () => 0.5,
      now: () => now() / 1e3,
      forward: (side, node) => {
        if (node === 'fw-b') routed.add(side);
        if (routed.size === 2) mark('routed');
        return Promise.resolve();
      },
      secure: (passes) => {
        if (passes) mark('replied');
        return Promise.resolve();
      },
      bypass: null,
      tell: ({ what, value }) => {
        if (what === 'owner') mark(value === 'none' ? 'detached' : 'attached');
      },
    });
    await fabric.begin();
    const cloud: Cloud = { fabric, faults: noFaults(), tell: () => undefined };
    const ask = (method: string, path: string, body: unknown = null) => {
      const answer = answerRequest(cloud, { method, path, body });
      if (answer === 'lost') throw new Error('lost');
      return answer;
    };
    const change = (method: string, nic: string, body: unknown): Promise<Reply> => {
      const { headers } = ask(method, `/networkInterfaces/${nic}/ipConfigurations/vip`, body);
      const operation = headers['azure-asyncoperation'];
      return Promise.resolve(operation === undefined ? { kind: 'done' } : { kind: 'accepted', operation });
    };
    const client: CloudClient = {
      detach: (nic) => change('DELETE', nic, null),
      attach: (nic, privateIPAddress) => change('PUT', nic, { properties: { privateIPAddress } }),
      progress: (operation) => {
        const { status } = ask('GET', operation).body as { status: string };
        return Promise.resolve((status === 'Succeeded' ? 'succeeded' : 'running') satisfies Progress);
      },
    };
    const node = new HaNode(haSettings('fw-b', plan), {
      monotonic_ms: now,
      now: () => now() / 1e3,
      send: () => undefined,
      takeOver: async (signal, onStep) => {
        mark('detected');
        const poll_ms = plan.poll_ns / 1e6;
        await moveAddresses(client, { from: 'fw-a', to: 'fw-b', poll_ms, signal, onStep, wait });
        await wait(plan.promotion.least_ns / 1e6);
      },
      forward: (on) => {
        if (on) mark('forwards');
        return Promise.resolve();
      },
      publish: () => undefined,
    });
    const every = plan.heartbeat_ns / 1e6;
    for (let beat = 0; beat < 3; beat++) {
      node.hear({ role: 'active', since: 0 });
      await vi.advanceTimersByTimeAsync(look_ms);
      node.tick();
      if (beat < 2) await vi.advanceTimersByTimeAsync(every - look_ms);
    }
    // The last heartbeat was so long ago.
    crash = now() - look_ms + since_ms;
    for (
      let tick = 0;
      at['forwards'] === undefined || at['routed'] === undefined || at['replied'] === undefined;
      tick++
    ) {
      if (tick > 1000) throw new Error(`no failover: ${JSON.stringify(at)}`);
      await vi.advanceTimersByTimeAsync(every);
      node.tick();
    }
    const { detected = 0, detached = 0, attached = 0, forwards = 0, routed: followed = 0, replied = 0 } = at;
    return [
      detected,
      detached - detected,
      attached - detached,
      Math.max(forwards, followed, replied) - attached,
    ];
  };

  it('is what they take, whatever the delays and phases', async () => {
    expect(nodeAddress('fw-b', 'trust')).not.toBe(virtualAddress('trust'));
    await fc.assert(
      fc.asyncProperty(
        cloudIp(fixed),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        async (plan, since, look) => {
          const every = plan.heartbeat_ns / 1e6;
          const [since_ms, look_ms] = [Math.round(since * every), Math.round(look * every)];
          const measured = await failOver(plan, since_ms, look_ms);
          // In the order in which they are drawn: the last heartbeat, the next look; delays are fixed.
          const drawn = [since_ms / every, look_ms / every];
          const computed = drawOutage(plan, () => drawn.shift() ?? 0.5).map((each) => each / 1e6);
          for (const [index, length] of computed.entries())
            expect(Math.abs(length - measured[index]!), JSON.stringify({ computed, measured })).toBeLessThan(
              2,
            );
        },
      ),
      { numRuns: 60 },
    );
  });
});
