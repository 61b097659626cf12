import type { Role } from '../../../model/event.js';
import { byRules, link, peer, role, roleOf, type ReadLine, type RecordForm, type Rule } from '../form.js';

export const PAN_OS_WORDS: Readonly<Record<string, Role>> = {
  active: 'active',
  passive: 'standby',
  'active-primary': 'active',
  'active-secondary': 'standby',
  initial: 'transitioning',
  tentative: 'transitioning',
  'non-functional': 'faulted',
  suspended: 'suspended',
};

/** Behind `HA Group 1: `, the same in the system log and in ha_agent.log. */
const OF_GROUP: readonly Rule[] = [
  [
    /Moved from state [\w -]+? to state ([\w-]+)/i,
    ([, word = '']) => {
      const to = roleOf(PAN_OS_WORDS, word.toLowerCase());
      return to === null ? null : [role(to)];
    },
  ],
  [
    /\bAll HA1 connections down\b|\bPeer (?:device |is )?(?:dead|down|failed|lost|not responding)\b/i,
    () => [peer('peer-lost')],
  ],
  [
    /\bHA1(?:-backup)? (?:connection|link|peer)\b.*\b(?:down|failed|failure|lost|timed? ?out)\b|\b(?:heartbeat|hello|ping)s?\b.*\b(?:miss(?:ed|ing)?|lost|fail(?:ed|ure)?|time(?:d )?out)\b/i,
    () => [peer('hello-lost')],
  ],
  [
    /\bControl link running on\b|\bHA1(?:-backup)? connection up\b|\bPeer (?:device )?(?:connected|up)\b/i,
    () => [peer('peer-found')],
  ],
  [
    /\b(HA[234](?:-backup)?) (?:link|connection|interface)\b.*\b(up|down)\b/i,
    ([, port = '', word = '']) => [link(port, word.toLowerCase() === 'up')],
  ],
  [/\b(?:state|peer|moved|moving)\b/i, () => null],
];

const ELSEWHERE: readonly Rule[] = [
  [
    /\bPort (ethernet[\d/]+|ha\d\S*|hsci\S*|MGT|aux-\d): (Up|Down)\b/i,
    ([, port = '', word = '']) => [link(port, word.toLowerCase() === 'up')],
  ],
  [/\bha_ping_\w*miss\w*\(|\bmissed \d+ (?:pings?|hellos?|heartbeats?)\b/i, () => [peer('hello-lost')]],
  [
    /\bSystem shutdown initiated|\bThe system is shutting down\b/i,
    () => [{ kind: 'boot', subject: null, value: 'stopped' }],
  ],
  [
    /\bThe system is starting up\b|\bSystem started\b|,system-start,/i,
    () => [{ kind: 'boot', subject: null, value: null }],
  ],
];

const GROUP = /\bHA Group \d+: (.*)/;
/** `1,RECEIVED,SERIAL,SYSTEM,SUBTYPE,…,GENERATED,…`: what the device wrote is the second of the times. */
const CSV =
  /(?:^|\s|:)\d+,(\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d),[^,]*,SYSTEM,[^,]*,[^,]*,(\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d),/;
/** PAN-OS 10 and later end a line with the same time in milliseconds, and with its zone. */
const FINE = /,(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d)(?:,|\s*$)/;
/** The last but for what later versions added: `…,0,0,0,0,,NAME` behind the sequence number. */
const NAME = /,0x[\da-f]+,\d*,\d*,\d*,\d*,[^,]*,([^,\s]+)/i;
const CLI = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\s+(?:critical|high|medium|low|info)\w*\s/;

const read: ReadLine = ({ text }) => {
  const group = GROUP.exec(text)?.[1];
  if (group !== undefined) return byRules(OF_GROUP, group);
  return byRules(ELSEWHERE, text);
};

export const panOs: RecordForm = {
  name: 'PAN-OS system log',
  example: '2026/11/30 07:00:00 critical ha state-c 0 HA Group 1: Moved from state Passive to state Active',
  knows: (line) =>
    line.includes(',SYSTEM,') ||
    line.includes('HA Group ') ||
    line.includes('src/ha_') ||
    (line.startsWith('20') && CLI.test(line)),
  plain: (line) => {
    const csv = CSV.exec(line);
    if (csv === null) return line;
    return `${FINE.exec(line)?.[1] ?? csv[2] ?? ''} ${line}`;
  },
  writer: (line) => (line.includes(',SYSTEM,') ? (NAME.exec(line)?.[1] ?? null) : null),
  open: () => read,
};
