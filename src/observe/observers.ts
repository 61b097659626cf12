import type { ObservePlan } from '../model/observe-plan.js';
import type { Scenario, VantagePlan } from '../model/plan.js';
import type { Trigger } from '../trigger/trigger.js';
import { commandAsker } from './command.js';
import { dnsAsker } from './dns.js';
import { httpAsker } from './http.js';
import { neighbourAsker } from './neighbour.js';
import { poll } from './poller.js';
import { roleAskers, type RoleOptions } from './roles.js';
import type { Asker } from './source.js';

export interface ObserveOptions extends Omit<RoleOptions, 'over' | 'role' | 'deviceClock'> {
  readonly trigger: Pick<Trigger, 'role' | 'clock' | 'inquiries'>;
}

const askersOf = (
  plan: ObservePlan,
  { nodes, vantages }: Scenario,
  options: ObserveOptions & Pick<RoleOptions, 'over'>,
): Asker[] => {
  const { trigger, clock } = options;
  const { source } = plan;
  const vantageOf = (from: string): Pick<VantagePlan, 'kind' | 'prefix'> =>
    vantages.find(({ name }) => name === from) ?? { kind: 'local', prefix: [] };
  switch (source.kind) {
    case 'role':
      return roleAskers(plan.name, nodes, {
        ...options,
        role: (node, signal) => trigger.role(node, signal),
        deviceClock: (node) => trigger.clock(node, options.over),
      });
    case 'driver':
      return trigger.inquiries(plan.name).map(({ subject, ask }) => ({
        subject,
        ask: async (signal) => [{ subject, value: await ask(signal) }],
      }));
    case 'http':
      return [httpAsker(plan, source, clock)];
    case 'command':
      return [commandAsker(plan, source, vantageOf(source.from), clock)];
    case 'dns':
      return [dnsAsker(plan, source)];
    case 'neighbour':
      return [neighbourAsker(plan, source.address, vantageOf(source.from), clock)];
    // Not asked, but recorded (captures.ts).
    case 'capture':
      return [];
    // Read from the probes by the analysis (src/analysis/timeline/timeline-changes.ts).
    case 'ttl':
      return [];
  }
};

/** Starts every observer of a scenario. Returns how to end them all, at once. */
export const startObservers = (scenario: Scenario, options: ObserveOptions): (() => void) => {
  const over = new AbortController();
  const all = { ...options, over: over.signal };
  const stops = scenario.observe.flatMap((plan) =>
    askersOf(plan, scenario, all).map((asker) => poll(plan, asker, options)),
  );
  return () => {
    over.abort();
    for (const stop of stops) stop();
  };
};
