import type { Role } from '../../../model/event.js';
import {
  byRules,
  link,
  NOTHING,
  peer,
  role,
  roleOf,
  type ReadLine,
  type Reading,
  type RecordForm,
  type Rule,
} from '../form.js';

export const CHECK_POINT_WORDS: Readonly<Record<string, Role>> = {
  ACTIVE: 'active',
  STANDBY: 'standby',
  BACKUP: 'standby',
  READY: 'transitioning',
  INIT: 'transitioning',
  DOWN: 'faulted',
  LOST: 'faulted',
};

/** `ACTIVE(!F)`, `ACTIVE!`: with a problem. */
const stateOf = (word: string): Role | null =>
  roleOf(CHECK_POINT_WORDS, word.replace(/\(![FPM]*\)|!$/, '').toUpperCase());

const PEER_DEAD =
  /other (?:machines?|members?) (?:are|is) (?:dead|down|lost)|(?:no|lost) (?:response|communication)|timeout/i;

const changed = (word: string, reason: string): Reading => {
  const to = stateOf(word);
  if (to === null) return null;
  return PEER_DEAD.test(reason) ? [peer('peer-lost'), role(to)] : [role(to)];
};

const RULES: readonly Rule[] = [
  [
    /CLUS-\d+-\d+: State change: \S+ -> (\S+?)(?: \| (?:Reason: )?(.*))?$/,
    ([, word = '', reason = '']) => changed(word, reason),
  ],
  [
    /CLUS-\d+-\d+: Remote member (\d+) \(state \S+ -> (\S+?)\)(.*)/,
    ([, id = '', word = '']) => {
      const to = stateOf(word);
      if (to === null) return null;
      return /LOST/i.test(word) ? [peer('peer-lost', `member ${id}`)] : [role(to, `member ${id}`)];
    },
  ],
  [
    /CLUS-\d+-\d+: .*\binterface (\S+?) (?:is|became|changed.*to) (up|down)\b/i,
    ([, port = '', word = '']) => [link(port, /up/i.test(word))],
  ],
  [
    /CLUS-\d+-\d+: (?:Local probing|St(?:art|opp)ing CUL|State remains|Failover|Cluster|Full|Member|Interface|Policy|.*[Ss]ync)/,
    () => NOTHING,
  ],
  [/CLUS-\d+-\d+: /, () => null],
];

/** `cphaprob show_failover` and `cphaprob state`. */
const CHANGE = /^\s*State change:\s+(\S+) -> (\S+)\s*$/;
const TRANSITION = /^\s*Transition to new ACTIVE:\s+Member (\d+) -> Member (\d+)\s*$/;
const REASON = /^\s*Reason(?: for state change)?:\s+(.*\S)\s*$/;
/** A message of its own ends with the member's number. */
const OWN_ID = /CLUS-1\d+-(\d+): State change: /;
const REMOTE_ID = /CLUS-\d+-\d+: Remote member (\d+) /;
const MEMBER = /^(\d+) +(\(local\) +)?([\d.:a-f]+) +\d+% +[A-Z]+\S* *(\S*)\s*$/;
/** Begins what is told below it. */
const HEADING = /^Last (?:member|cluster) .*event:\s*$/;
const EVENT_TIME = /^\s*Event time:\s+/;
const ROW = /^\s*\d+\s+\w{3} \w{3} +\d{1,2} \d\d:\d\d:\d\d \d{4}\s+Member (\d+) -> Member (\d+)\b/;

const open = (): ReadLine => {
  let pending: ((reason: string) => Reading) | null = null;
  let reason = '';
  return ({ text }) => {
    if (HEADING.test(text)) {
      pending = null;
      return NOTHING;
    }
    const row = ROW.exec(text);
    if (row !== null) return [role('active', `member ${row[2] as string}`)];
    const change = CHANGE.exec(text);
    const transition = TRANSITION.exec(text);
    if (change !== null || transition !== null) {
      pending =
        change === null
          ? () => [role('active', `member ${transition?.[2] ?? ''}`)]
          : (why) => changed(change[2] as string, why);
      reason = '';
      return NOTHING;
    }
    const why = REASON.exec(text)?.[1];
    if (why !== undefined) {
      reason = why;
      return NOTHING;
    }
    if (EVENT_TIME.test(text)) {
      const told = pending === null ? NOTHING : pending(reason);
      pending = null;
      return told;
    }
    return byRules(RULES, text);
  };
};

export const checkPoint: RecordForm = {
  name: 'Check Point ClusterXL log',
  example: 'kernel: [fw4_1];CLUS-114704-1: State change: STANDBY -> ACTIVE | Reason: …',
  knows: (line) =>
    HEADING.test(line) ||
    (line.includes('% ') && MEMBER.test(line)) ||
    line.includes('CLUS-') ||
    (line.includes(' -> ') && (CHANGE.test(line) || TRANSITION.test(line) || ROW.test(line))) ||
    (line.includes('eason') && REASON.test(line)) ||
    (line.includes('Event time:') && EVENT_TIME.test(line)),
  names: (line) => {
    const own = OWN_ID.exec(line)?.[1];
    if (own !== undefined) return [{ name: `member ${own}`, is: 'self' }];
    const remote = REMOTE_ID.exec(line)?.[1];
    if (remote !== undefined) return [{ name: `member ${remote}`, is: 'peer' }];
    const member = MEMBER.exec(line);
    if (member === null) return [];
    const [, id = '', local, address = '', name = ''] = member;
    return [
      { name: `member ${id}`, is: local === undefined ? 'peer' : 'self' },
      { name: `member ${id}`, is: { called: name === '' ? address : name } },
    ];
  },
  listed: (line) => EVENT_TIME.test(line) || ROW.test(line),
  open,
};
