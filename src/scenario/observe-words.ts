import type {
  MilestoneRule,
  ObservePlan,
  ObserveSource,
  PhasePlan,
  ReadPlan,
} from '../model/observe-plan.js';
import { formatDuration } from '../model/duration.js';

export const readWords = (read: ReadPlan): string =>
  read.by === 'text' ? `text that matches ${read.pattern}` : `${read.by.toUpperCase()}: ${read.expression}`;

const sourceWords = (source: ObserveSource): string => {
  switch (source.kind) {
    case 'role':
      return 'the role of each node, by its driver';
    case 'driver': {
      const params = Object.entries(source.params).map(([name, value]) => `${name} ${value}`);
      return [`driver ${source.driver} is asked for ${source.query}`, ...params].join(', ');
    }
    case 'http':
      return `GET ${source.url}, read as ${readWords(source.read)}`;
    case 'command':
      return `this host runs: ${source.command.join(' ')}; read as ${readWords(source.read)}`;
    case 'dns': {
      const { type, name, resolver } = source;
      return `${type} of ${name} from ${resolver === null ? "this host's resolver" : `resolver ${resolver}`}`;
    }
    case 'neighbour':
      return `the link-layer address that ${source.from} has for ${source.address}`;
    case 'ttl':
      return `the TTL with which replies of ${source.stream} arrive; read from the probes, nothing is polled`;
  }
};

/** What is read, and how often. */
export const observeWords = ({ source, every_ns, timeout_ns }: ObservePlan): string =>
  source.kind === 'ttl'
    ? sourceWords(source)
    : `every ${formatDuration(every_ns)}, failed after ${formatDuration(timeout_ns)}: ${sourceWords(source)}`;

const ruleWords = (rule: MilestoneRule): string => {
  switch (rule.milestone) {
    case 'traffic':
      return 'traffic has recovered';
    case 'accepted':
      return 'the trigger is accepted';
    case 'observed':
      return `${rule.observer} shows ${rule.is}${rule.subject === null ? '' : ` for ${rule.subject}`}`;
    case 'role': {
      const nodes = { acted: 'the node that was acted on', other: 'another node' };
      const who = rule.node === 'acted' || rule.node === 'other' ? nodes[rule.node] : rule.node;
      return `${who} is ${rule.role}`;
    }
  }
};

/** When a phase ends. */
export const phaseWords = ({ until }: PhasePlan): string => `until ${ruleWords(until)}`;
