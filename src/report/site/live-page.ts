import type { LiveLook, SeenSessions, SeenStream, SeenTrial } from '../../analysis/live-trial.js';
import { sayCount, sayMs, sayNumberOf, saySeconds } from '../../analysis/words/format.js';
import type { TrialEvent } from '../../model/event.js';
import type { RunRecord } from '../../model/run.js';
import { NS_PER_S } from '../../model/time.js';
import { pageHtml, type PageAssets } from '../html/page.js';
import type { Tile } from '../html/tiles.js';
import { runTitle, sayTrigger } from '../run/run-words.js';
import { type Cell, type Column, figure, list, markup, section, table, text } from '../sections.js';
import { runAddress } from './address.js';
import { links } from './list-page.js';

/** A run that says it is going on. */
export interface Live extends LiveLook {
  /** Its folder, from that of all runs. */
  readonly name: string;
  readonly record: RunRecord;
}

const inSeconds = (at_ns: number): string => saySeconds(at_ns / NS_PER_S);

/** A stage of a failback is told apart from that of its failover. */
const stageWords = ({ of, name }: NonNullable<SeenTrial['stage']>): string =>
  of === 'failover' || name === of ? name : `${of}: ${name}`;

/** So that it does not move a page ten times a second. */
const tenths = (seconds: number): string => `${Math.max(0, seconds).toFixed(1)} s`;

const stageTile = ({ seen: { stage }, trial, record, now_s }: Live): Tile => {
  const planned = record.trials_planned;
  const trials = trial === null ? `${sayNumberOf(planned, 'trial')} planned` : `trial ${trial} of ${planned}`;
  const which = record.kind === 'watch' ? 'a watch' : trials;
  return {
    name: 'Stage',
    value: stage === null ? (trial === null ? 'not begun' : 'probing') : stageWords(stage),
    note: stage === null ? which : `${which}, for ${tenths(now_s - stage.since_ns / NS_PER_S)}`,
    verdict: null,
  };
};

const outageTile = ({ seen, now_s, isStale }: Live): Tile => {
  const name = 'Outage clock';
  const { outage, streams, hasEnded } = seen;
  if (isStale) return { name, value: 'not known', note: 'nothing is written any more', verdict: null };
  if (outage !== null) {
    const since_s = outage.since_ns / NS_PER_S;
    const note = `${outage.stream}: no answer since ${saySeconds(since_s)} into the trial`;
    return { name, value: `${tenths(now_s - since_s)} so far`, note, verdict: null };
  }
  if (hasEnded) return { name, value: 'stopped', note: 'probing is over', verdict: null };
  const unknown = streams.find(({ known, isControl }) => known === 0 && !isControl);
  if (unknown !== undefined)
    return { name, value: 'not known', note: `${unknown.name}: no probe is written yet`, verdict: null };
  return { name, value: 'not running', note: 'every stream across the pair is answered', verdict: null };
};

const triggerTile = ({ seen: { trigger }, now_s }: Live): Tile => ({
  name: 'Trigger',
  value: trigger === null ? 'none yet' : trigger.text,
  note: trigger === null ? 'nothing was done to the pair' : `${tenths(now_s - trigger.at_ns / NS_PER_S)} ago`,
  verdict: null,
});

const writtenTile = ({ quiet_s, isStale }: Live): Tile => ({
  name: 'Last written',
  value: quiet_s === null ? 'nothing yet' : `${tenths(quiet_s)} ago`,
  note: isStale ? 'it was killed, hangs, or waits: nobody knows from here' : 'by the times of its files',
  verdict: null,
});

/** Where nothing is written, nothing is known. */
const stateOf =
  ({ isStale, now_s, seen }: Live) =>
  ({ known, down_since_ns, flowsDown, flows }: SeenStream): Cell => {
    if (isStale) return 'not known';
    if (seen.hasEnded) return 'over';
    if (known === 0) return 'waiting';
    if (down_since_ns === null) return { text: '✓ answered', tone: 'good' };
    const which = flows === 1 ? '' : ` (${flowsDown} of ${flows} flows)`;
    return { text: `✗ no answer for ${tenths(now_s - down_since_ns / NS_PER_S)}${which}`, tone: 'bad' };
  };

const streamColumns = (live: Live): readonly Column<SeenStream>[] => [
  text('stream', ({ name, isControl }) => (isControl ? `${name} (control)` : name)),
  text('state', stateOf(live)),
  figure('answered', ({ answered }) => sayCount(answered)),
  figure('lost', ({ bad }) => sayCount(bad)),
  figure('RTT', ({ rtt_ms }) => (rtt_ms === null ? '' : sayMs(rtt_ms))),
];

const SESSIONS: readonly Column<SeenSessions>[] = [
  text('sessions', ({ name }) => name),
  figure('opened', ({ opened }) => sayCount(opened)),
  figure('broken', ({ broken }) => sayCount(broken)),
];

const detailOf = (event: TrialEvent): string => {
  switch (event.event) {
    case 'phase':
      return stageWords({ of: event.of, name: event.phase, since_ns: 0 });
    case 'role':
      return `${event.node}: ${event.role}`;
    case 'observed':
      return `${event.observer}: ${event.subject} ${event.value}`;
    case 'observer-failed':
      return `${event.observer}: ${event.subject}: ${event.detail}`;
    case 'device-time':
      return `${event.subject} ${event.value}`;
    case 'trigger-issued':
    case 'trigger-accepted':
    case 'trigger-closed':
    case 'trigger-failed':
    case 'trigger-confirmed':
      return `${event.action} of ${event.node}`;
    case 'undo':
      return `${event.node}: ${event.detail}${event.ok ? '' : ' (not done)'}`;
    case 'session-open':
    case 'session-end':
      return `${event.session}#${event.connection}`;
    case 'session-error':
      return `${event.session}#${event.connection}: ${event.ending}`;
    case 'anchor':
      return event.vantage;
    case 'resolved':
      return `${event.stream}: ${event.address}, ${event.engine}`;
    case 'self-test':
      return event.stream;
    case 'socket-drops':
      return `${event.stream}: ${event.drops}`;
    case 'path':
      return `${event.vantage} to ${event.address}`;
    case 'restored':
      return event.of;
    case 'broken-off':
      return event.reason;
    case 'mark':
    case 'note':
      return event.text;
  }
};

const EVENTS: readonly Column<TrialEvent>[] = [
  figure('at', ({ at_ns }) => inSeconds(at_ns)),
  text('event', ({ event }) => event),
  text('what', detailOf),
];

const READ: readonly string[] = [
  'A probe is shown when its answer, or its loss, is written. That a stream is not answered is said when its next probe is overdue by about half a second.',
  'The clock runs from when the first of those probes was due. It is no result: the report has the outage with its bounds.',
];

/** A run while it goes on, from the files that it writes. */
export const liveHtml = (live: Live, version: string, assets: PageAssets): string => {
  const { name, record, seen, events } = live;
  return pageHtml(
    {
      title: runTitle(record),
      badge: null,
      isLive: true,
      tiles: [stageTile(live), outageTile(live), triggerTile(live), writtenTile(live)],
      headline: [],
      facts: [
        ['Run', record.run],
        ['Trigger', sayTrigger(record)],
        ['Version under test', record.version],
        ['Trials made', `${record.trials_done} of ${record.trials_planned}`],
      ],
      sections: [
        section('Streams', table(seen.streams, streamColumns(live), { caption: 'Streams of this trial' })),
        section('Sessions', table(seen.sessions, SESSIONS, { caption: 'Sessions of this trial' })),
        section('Events', table(events, EVENTS, { caption: 'The newest events, in seconds of the trial' })),
        section(
          'More',
          markup(links([{ href: runAddress(name), text: 'Report of what was measured so far' }])),
        ),
        section('How to read this', list(READ)),
      ],
      footer: `Served by seqgap ${version} from the files of ${record.run}, as they are written.`,
    },
    assets,
  );
};
