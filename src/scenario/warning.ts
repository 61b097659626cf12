import { spansOf } from '../analysis/twin/lab-model.js';
import type { HttpLogin } from '../model/login.js';
import { AFTERCARE, type Scenario, type SessionPlan, type StreamPlan } from '../model/plan.js';
import { NONE } from '../model/observe-plan.js';
import { NS_PER_S, ns, seconds } from '../model/time.js';
import { formatDuration } from '../model/duration.js';

const streamWarnings = (stream: StreamPlan, scenario: Scenario): string[] => {
  const { name, every_ns, wait_ns } = stream;
  const device = scenario.nodes.find((node) => node.ssh?.host === stream.host);
  const limit = scenario.limits.find(({ subject, metric }) => subject === name && metric === 'longest');
  const resolution = seconds(every_ns / NS_PER_S);
  return [
    ...(every_ns > NS_PER_S
      ? [
          `stream ${name}: one probe every ${formatDuration(every_ns)} leaves every outage uncertain by as much ` +
            'on both sides; probe more often',
        ]
      : []),
    ...(device === undefined || stream.control
      ? []
      : [
          `stream ${name}: ${stream.host} is node ${device.name} itself, which limits the rate of its own replies ` +
            'and shows nothing of forwarding; probe a host behind the pair',
        ]),
    ...(stream.type === 'tcp' && wait_ns >= NS_PER_S
      ? [
          `stream ${name}: with a timeout of ${formatDuration(wait_ns)} a connection may be made by its second SYN ` +
            '(1s after the first); below 1s a probe is one packet',
        ]
      : []),
    ...(limit !== undefined && limit.value < 2 * resolution
      ? [`limit ${limit.key}: ${limit.text} cannot be decided by a probe every ${formatDuration(every_ns)}`]
      : []),
  ];
};

/** With fewer than two heartbeats in the time a recovery has to hold, the trial waits for sessions to speak. */
const sessionWarnings = (session: SessionPlan, { trial: { recovered_ns } }: Scenario): string[] => {
  const { name, heartbeat_ns, idle, openEvery_ns, mode } = session;
  if (idle || openEvery_ns !== null || mode === 'download' || 2 * heartbeat_ns <= recovered_ns) return [];
  return [
    `session ${name}: a heartbeat every ${formatDuration(heartbeat_ns)} is not well below trial.recovered ` +
      `(${formatDuration(recovered_ns)}), and the trial goes on until it is answered; at most half of that is better`,
  ];
};

/** Without a shape nothing found is no answer, so that the phase would not end. */
const phaseWarnings = ({ phases, observe }: Scenario): string[] =>
  phases.flatMap(({ name, until }) => {
    if (until.milestone !== 'observed' || until.is !== NONE) return [];
    const source = observe.find((plan) => plan.name === until.observer)?.source;
    if (source?.kind !== 'http' && source?.kind !== 'command') return [];
    if (source.shape !== null || JSON.stringify(source.read).includes(NONE)) return [];
    return [
      `phase ${name}: observer ${until.observer} never says none without a \`shape\`: nothing found may be an answer that is not understood`,
    ];
  });

const aftercareWarnings = ({ trial: { aftercare }, limits, streams }: Scenario): string[] => {
  if (aftercare === undefined) return [];
  const own = limits.filter(({ subject }) => subject === AFTERCARE);
  if (own.length === 0)
    return [
      'trial.aftercare: no limit says what may happen in it; limits: { aftercare.periods: 0 } allows nothing',
    ];
  const every = Math.max(aftercare.every_ns ?? 0, ...streams.map(({ every_ns }) => every_ns));
  return own
    .filter(({ metric, value }) => metric === 'longest' && value * NS_PER_S < 2 * every)
    .map(
      ({ key, text }) =>
        `limit ${key}: ${text} cannot be decided by a probe every ${formatDuration(ns(every))}; ` +
        'aftercare.periods: 0 allows no loss at all',
    );
};

/**
 * A VRRP router that is back forwards what its neighbours, who still have its link-layer address, send to it: backup or not, as
 * there is no virtual one. Measured: an advert of 1 s, a boot of 2 s, and four outages of 2.18 to 2.31 s.
 */
const labWarnings = ({ lab, trigger }: Scenario): string[] => {
  if (lab?.design !== 'vrrp' || trigger.action !== 'crash') return [];
  const [detection] = spansOf(lab);
  if (detection === undefined || lab.boot_ns >= detection.most_ns) return [];
  return [
    `lab.boot: a crashed node that is back after ${formatDuration(lab.boot_ns)} forwards again, and so may end the outage ` +
      `before the other one takes over, which takes up to ${formatDuration(ns(detection.most_ns))}`,
  ];
};

/** What is allowed in a scenario but makes its figures weaker; advice, never an error. */
export const scenarioWarnings = (scenario: Scenario): string[] => {
  const { trial, streams, nodes, sessions } = scenario;
  const unchecked = [
    ...nodes.filter(({ ssh }) => ssh?.knownHosts === null).map(({ name }) => `node ${name}`),
    ...nodes.filter(({ power }) => power?.ssh?.knownHosts === null).map(({ name }) => `the power of ${name}`),
    ...sessions.filter(({ login }) => login?.knownHosts === null).map(({ name }) => `session ${name}`),
  ];
  const apis = nodes.flatMap(({ name, http, power }) => [
    ...(http === null ? [] : [[name, http] as const]),
    ...(power === null || power.http === null ? [] : [[`the power of ${name}`, power.http] as const]),
  ]);
  const namesOf = (wanted: (http: HttpLogin) => boolean): string =>
    apis
      .filter(([, http]) => wanted(http))
      .map(([name]) => name)
      .join(', ');
  const untrusted = namesOf(({ url, insecure }) => insecure && url.startsWith('https:'));
  const inTheClear = namesOf(
    ({ url, user, password, apiKey }) =>
      url.startsWith('http:') && [user, password, apiKey].some((secret) => secret !== null),
  );
  return [
    ...(trial.steady_ns < 15 * NS_PER_S
      ? [
          `trial.steady: ${formatDuration(trial.steady_ns)} of clean forwarding; RFC 6201 (section 4) asks for 15s`,
        ]
      : []),
    ...(trial.recovered_ns < 5 * NS_PER_S
      ? [`trial.recovered: ${formatDuration(trial.recovered_ns)}; RFC 6412 (section 3.7.5) asks for 5s`]
      : []),
    ...(streams.some(({ control }) => control)
      ? []
      : ['no control stream: trouble of this host or its network will look like an outage of the pair']),
    ...labWarnings(scenario),
    ...aftercareWarnings(scenario),
    ...phaseWarnings(scenario),
    ...streams.flatMap((stream) => streamWarnings(stream, scenario)),
    ...sessions.flatMap((session) => sessionWarnings(session, scenario)),
    ...(unchecked.length === 0
      ? []
      : [`host-key: ignore: nobody checks who answers as ${unchecked.join(', ')}`]),
    ...(untrusted === ''
      ? []
      : [
          `http.insecure: nobody checks who answers as ${untrusted}, and whoever does is given the credentials`,
        ]),
    ...(inTheClear === ''
      ? []
      : [`http.url: the credentials of ${inTheClear} cross the network unencrypted; use https`]),
  ];
};
