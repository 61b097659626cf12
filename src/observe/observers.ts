import type { NodePlan, ObservePlan, VantagePlan } from '../model/plan.js';
import type { Clock } from '../model/time.js';
import type { NodeRole } from '../trigger/control.js';
import { commandAsker } from './command.js';
import { dnsAsker } from './dns.js';
import { httpAsker } from './http.js';
import { neighbourAsker } from './neighbour.js';
import { poll, type PollerOptions } from './poller.js';
import { roleAskers } from './roles.js';
import type { Asker } from './source.js';

export interface ObserveOptions extends PollerOptions {
  readonly nodes: readonly NodePlan[];
  readonly vantages: readonly VantagePlan[];
  readonly clock: Clock;
  readonly role: (node: string) => Promise<NodeRole>;
  /** A node has another role or word than when it was asked before. */
  readonly roleChanged: (role: NodeRole) => void;
}

const askersOf = (
  plan: ObservePlan,
  { nodes, vantages, clock, role, roleChanged }: ObserveOptions,
): Asker[] => {
  const { source } = plan;
  switch (source.kind) {
    case 'role':
      return roleAskers(nodes, role, roleChanged);
    case 'http':
      return [httpAsker(plan, source, clock)];
    case 'command':
      return [commandAsker(plan, source, clock)];
    case 'dns':
      return [dnsAsker(plan, source)];
    case 'neighbour': {
      const vantage = vantages.find(({ name }) => name === source.from) ?? { prefix: [] };
      return [neighbourAsker(plan, source.address, vantage, clock)];
    }
    case 'driver':
      return [];
    // Read from the probes by the analysis (src/analysis/ttl-changes.ts).
    case 'ttl':
      return [];
  }
};

/** Starts every observer of a scenario. Returns how to end them all, at once. */
export const startObservers = (plans: readonly ObservePlan[], options: ObserveOptions): (() => void) => {
  const stops = plans.flatMap((plan) => askersOf(plan, options).map((asker) => poll(plan, asker, options)));
  return () => {
    for (const stop of stops) stop();
  };
};
