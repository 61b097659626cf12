import type { SshLogin } from '../../model/login.js';
import {
  PROBES,
  type EnginePlan,
  type Scenario,
  type StreamPlan,
  type VantagePlan,
} from '../../model/plan.js';
import { toMs } from '../../model/time.js';

/** What is to be measured from this host. */
export interface Needs {
  readonly scenario: string | null;
  /** ICMP is sent by this host itself, outside of any lab. */
  readonly icmp: boolean;
  /** Some of it over IPv6 and nothing else. */
  readonly ipv6: boolean;
  /** Engines that streams name. */
  readonly engines: readonly EnginePlan[];
  /** The densest stream sent from here, in ms; null: not known. */
  readonly every_ms: number | null;
  /** Sockets that one agent has open at most. */
  readonly sockets: number;
  readonly lab: boolean;
  readonly logins: readonly SshLogin[];
  /** Vantages to be started from here; none for a lab, which brings its own. */
  readonly vantages: readonly VantagePlan[];
}

/** What an ordinary scenario takes: a few streams, a hundred sessions, one TCP probe in flight for each 1 ms. */
const ORDINARY_SOCKETS = 1100;

/** Without a scenario: ICMP from this host, and no more than an ordinary scenario takes. */
export const ORDINARY_NEEDS: Needs = {
  scenario: null,
  icmp: true,
  ipv6: false,
  engines: [],
  every_ms: null,
  sockets: ORDINARY_SOCKETS,
  lab: false,
  logins: [],
  vantages: [],
};

const inFlight = (stream: StreamPlan): number => {
  if (stream.type === 'icmp') return 1;
  return stream.flows * (PROBES[stream.type].connects ? Math.ceil(stream.wait_ns / stream.every_ns) : 1);
};

const socketsOf = ({ streams, sessions }: Scenario, vantage: string): number =>
  streams.filter(({ from }) => from === vantage).reduce((sum, stream) => sum + inFlight(stream), 0) +
  sessions.filter(({ from }) => from === vantage).reduce((sum, { count }) => sum + count, 0);

export const needsOf = (scenario: Scenario): Needs => {
  const { vantages, streams, sessions, nodes } = scenario;
  const lab = scenario.lab !== null;
  // A vantage behind `ssh` or `kubectl exec` is another host: it needs a doctor of its own.
  const here = vantages.filter(({ kind }) => kind === 'local' || kind === 'netns');
  const sent = streams.filter(({ from }) => here.some(({ name }) => name === from));
  const icmp = lab ? [] : sent.filter(({ type }) => type === 'icmp');
  const logins = [...nodes.map(({ ssh }) => ssh), ...sessions.map(({ login }) => login)];
  return {
    scenario: scenario.name,
    icmp: icmp.length > 0,
    ipv6: icmp.some(({ family }) => family === 6),
    engines: lab ? [] : [...new Set(sent.map(({ engine }) => engine))],
    every_ms: sent.length === 0 ? null : Math.min(...sent.map(({ every_ns }) => toMs(every_ns))),
    sockets: Math.max(0, ...here.map(({ name }) => socketsOf(scenario, name))),
    lab,
    logins: lab ? [] : logins.filter((login) => login !== null),
    vantages: lab ? [] : vantages,
  };
};
