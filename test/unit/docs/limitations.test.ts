import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { drainTime } from '../../../src/trial/probing.js';
import { fromMs } from '../../../src/model/time.js';
import { analyse, issued, moved, phase, probesOf, scenarioOf, streamPlan } from '../analysis/fixture.js';
import { page } from './markdown.js';

/** Where a test stands, and the beginning of its name there. */
type Shown = readonly [file: string, name: string];

const HERE = 'unit/docs/limitations.test.ts';
const PROCESSES = 'io/docs/limitations.test.ts';

/** What shows each limitation, by the words that it begins with in docs/limitations.md. */
const SHOWN: Readonly<Record<string, readonly Shown[]>> = {
  'An outage is known to about plus or minus one probe interval': [
    ['unit/analysis/bounds.test.ts', 'is (L-1)T, LT and (L+1)T for a perfectly periodic stream'],
    ['unit/analysis/bounds.test.ts', 'widens both ends by the delay variation of the baseline'],
    ['unit/scenario/warning.test.ts', 'a limit finer than the probes'],
  ],
  'ICMP, TCP, HTTP and DNS streams know round trips only.': [
    [HERE, 'a stream without a reflector’s word has rows of the round trip alone'],
  ],
  'One flow shows one path.': [
    ['lab/lb.test.ts', 'the flows of the dead node are hit, those of the other one are not'],
    ['unit/scenario/stream-plans.test.ts', 'one flow takes a new port each time, and waits as ever'],
  ],
  'The TTL of TCP replies is not known': [
    [PROCESSES, 'replies have a TTL, but for those of TCP, and of IPv6 to net-ping'],
    ['unit/probe/stamp-packet.test.ts', 'from 38 octets on, then without a TTL'],
  ],
  'TCP probes wait less than 1 s': [
    ['unit/scenario/load.test.ts', 'of a TCP stream: less than the second SYN takes'],
    ['unit/scenario/warning.test.ts', 'a second SYN within the timeout'],
  ],
  'After a trial the last answers are waited for 2 s at most': [
    [HERE, 'the last answers are waited for 2 s at most'],
  ],
  'The predicted stall of a session is Linux’s': [
    ['unit/analysis/sessions.test.ts', 'an outage of %d s with a segment every %d s stalls %d s'],
    ['lab/sessions.test.ts', 'predicts the stall within 0.15 s for 9 of 10 sessions'],
  ],
  'The server speaks first only': [
    ['io/probe/session-kinds.test.ts', 'the server speaks first'],
    ['golden/scenario/errors/sessions.txt', 'sessions[1].speaks-first: is only for type tcp'],
  ],
  'HTTP is HTTP/1.1 alone': [
    [PROCESSES, 'HTTP is spoken in the clear, whatever the port'],
    ['io/probe/tls.test.ts', 'ask for the name, speak HTTP/1.1, and are answered by who has its certificate'],
  ],
  'Few repeats say little': [
    ['unit/docs/method.test.ts', 'what so few can show is what the code says'],
    ['unit/statistics/shares.test.ts', 'says how little 4 trials a side can show'],
  ],
  'Few nights say nothing yet': [
    ['unit/gate/gate.test.ts', 'with too few nights, and says how many more'],
    ['unit/gate/gate.test.ts', 'with fewer than ten nights nothing is decided'],
  ],
  'Without the native engine': [
    ['unit/doctor/icmp.test.ts', 'is net-ping where it was not built (%s), with the remedy'],
    ['io/package.test.ts', 'works without net-ping, with the engine that it carries'],
    ['io/probe/icmp.test.ts', 'by %s to %s: answered, with every instant in order'],
    ['io/probe/native.test.ts', 'a user who may open no socket is told so where a scenario insists'],
  ],
  'Without a socket for ICMP': [
    [
      'io/probe/native.test.ts',
      'an ordinary user has a ping socket to %s: answers with their TTL, and the cause of ICMP errors',
    ],
    ['io/probe/agent.test.ts', 'without the right to raw sockets falls back to the system ping, with a note'],
    ['io/probe/agent.test.ts', 'without the right to raw sockets and with `engine: net-ping`: a clear error'],
    ['unit/watch/analysis.test.ts', "the system ping's stamps widen the bounds"],
    ['io/package.test.ts', 'works without net-ping, with the engine that it carries'],
  ],
  'A prober that stands still measures nothing.': [
    ['io/probe/agent.test.ts', 'stopped for 0.6 s: a hole of unsent slots, nothing lost'],
    ['unit/analysis/status.test.ts', 'the prober stalled where an outage may have hidden'],
    ['unit/analysis/status.test.ts', 'not if an outage was found: then the hole widens its edge'],
    ['lab/calibrate.test.ts', 'reports a stall of the prober as a hole in sends and never as an outage'],
  ],
  'Real-time priority': [['io/doctor/priority.test.ts', 'priority is raised for the work and taken back']],
  'The look at the path is by ICMP echo': [
    ['io/probe/path-look.test.ts', 'without an ICMP stream the hops are looked at all the same'],
    ['unit/probe/path-look.test.ts', 'a hop that keeps silent has no address'],
  ],
  'A device is no target.': [['unit/scenario/warning.test.ts', 'the device itself']],
  'Names are resolved once': [
    ['unit/scenario/stream-plans.test.ts', 'an http stream resolves once, unless it says otherwise'],
    ['io/probe/http.test.ts', 'each probe asks again and follows the record'],
  ],
  'An ssh or exec vantage needs seqgap there': [
    ['io/probe/agent.test.ts', 'it speaks another protocol'],
    ['io/executable/executable.test.ts', 'probes from there, in every trial, and nothing is left'],
    ['unit/doctor/surroundings.test.ts', 'a vantage whose program is missing cannot be started'],
    ['io/probe/far-ping.test.ts', 'of a host whose clock is an hour ahead is put on ours'],
    ['unit/scenario/far-ping.test.ts', 'keeps no sessions, and is no far end'],
  ],
  'The clock of a remote vantage is known to half a round trip': [
    ['io/probe/agent.test.ts', 'starts behind a shell that prints a banner first'],
    ['unit/analysis/timeline.test.ts', 'and by the error of a clock that is not ours'],
  ],
  'A vantage whose connection breaks ends the trial': [
    ['io/probe/agent.test.ts', 'killed in the middle of a trial is a failure that names the vantage'],
  ],
  'No driver was run against a real device': [
    ['io/drivers/trials.test.ts', 'a whole trial by `seqgap run`'],
    ['io/drivers-power/act.test.ts', 'an action is sent once and is undone, also twice'],
  ],
  'An observer sees what is there when it asks': [
    [
      'unit/observe/poller.test.ts',
      'is between the sending of the last old answer and the arrival of the first new one',
    ],
    ['unit/observe/poller.test.ts', 'makes the observer skip polls, never overlap them'],
  ],
  'Without `nodes` there is no proof by roles': [
    ['unit/analysis/status.test.ts', 'ok without nodes: a loss after the trigger is the proof'],
  ],
  'A preempting pair leaves no failback to be measured': [
    [PROCESSES, 'a pair that takes its role back by itself has no failback to be measured'],
  ],
  'Failback is always a switchover': [['unit/cli/deed.test.ts', 'a failback is a switchover of either node']],
  '`kill -9` of seqgap and of its watchdog together': [
    ['lab/kill-kit.ts', 'with its watchdog, in the phase %s'],
    [
      'io/run/restore.test.ts',
      'cannot be put back without what it needs: exit code 3, and what to do by hand',
    ],
  ],
  '`manual`': [[PROCESSES, 'a manual trigger was between the question and Enter']],
  'One run at a time per pair': [
    ['io/trigger/lock.test.ts', 'a pair is held once, whatever the order of its nodes, and says by whom'],
  ],
  'Linux and root only': [[PROCESSES, 'a lab is refused to whoever is not root']],
  'A busy host is a busy pair': [
    ['lab/lab-failover.test.ts', 'a master whose keepalived is kept from running loses its role'],
  ],
};

/** Every item of the page, from its dash to the next item or heading. */
const items = page('limitations.md')
  .split(/^(?=- |#)/m)
  .filter((text) => text.startsWith('- '));

const bold = (item: string): string => /^- \*\*(.+?)\*\*/s.exec(item)?.[1]?.replaceAll(/\s+/g, ' ') ?? item;
const plain = (text: string): string => text.replaceAll('’', "'");

describe('each limitation', () => {
  test('begins with words of its own, by which a test is named', () => {
    expect(items.map(bold).map(plain)).toEqual(Object.keys(SHOWN).map(plain));
  });

  test.each(Object.entries(SHOWN))('%s', (_, shown) => {
    for (const [file, name] of shown) {
      const text = readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
      // Below, each name stands in the list too.
      const own = file === HERE ? text.slice(text.indexOf('/** Every item of the page')) : text;
      expect(own.includes(name), `${file} has no test "${name}"`).toBe(true);
    }
  });
});

test.each(['icmp', 'tcp', 'http', 'dns'] as const)(
  'a stream without a reflector’s word has rows of the round trip alone: %s',
  (type) => {
    const { streams, outages } = analyse(
      scenarioOf({ streams: [streamPlan('one', { type })] }),
      [issued(1950), ...moved(3000), phase(6000, 'drain')],
      probesOf(`${'.'.repeat(20)}xxxxx${'.'.repeat(40)}`, 'one'),
    );
    expect(outages).toHaveLength(1);
    expect([...streams, ...outages].map(({ direction }) => direction)).toEqual(['round-trip', 'round-trip']);
  },
);

test('the last answers are waited for 2 s at most', () => {
  expect(drainTime([streamPlan('patient', { wait_ns: fromMs(10_000) })])).toBe(2e9);
  expect(drainTime([streamPlan('hasty', { wait_ns: fromMs(500) })])).toBe(0.5e9);
});
