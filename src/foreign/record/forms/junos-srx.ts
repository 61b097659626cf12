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

/** Of a redundancy group; the last three of a services redundancy group (multinode high availability). */
export const SRX_WORDS: Readonly<Record<string, Role>> = {
  primary: 'active',
  secondary: 'standby',
  'secondary-hold': 'transitioning',
  hold: 'transitioning',
  ineligible: 'faulted',
  disabled: 'faulted',
  lost: 'faulted',
  active: 'active',
  backup: 'standby',
  online: 'transitioning',
};

const PEER_LOST =
  /remote node (?:is )?(?:lost|dead|down|reboot)|peer (?:node )?(?:is )?(?:lost|dead|down)|control link (?:is )?(?:down|fail)|remote yielded|hb(?:eat)? timeout/i;

const moved = (word: string, group: string, reason: string, by: string | null = null): Reading => {
  const to = roleOf(SRX_WORDS, word.toLowerCase());
  if (to === null) return null;
  const all = [...(PEER_LOST.test(reason) ? [peer('peer-lost')] : []), role(to, null, group)];
  return by === null ? all : all.map((each) => ({ ...each, by }));
};

const RULES: readonly Rule[] = [
  [
    /(?:Redundancy-group |RG-)(\d+)\b.*?\btransitioned from '?[\w-]+'? (?:state )?to '?([\w-]+)'?(.*)/i,
    ([, group = '', word = '', reason = '']) => moved(word, `RG${group}`, reason),
  ],
  [
    /SRG\[(\d+)\]: ?HA state transitioned \[\w+\s*-->\s*(\w+)\](.*)/i,
    ([, group = '', word = '', reason = '']) => moved(word, `SRG${group}`, reason),
  ],
  [
    /JSRPD_HA_(?:CONTROL|FABRIC)_LINK_(UP|DOWN)/,
    ([line = '', word = '']) => [link(/CONTROL/.test(line) ? 'control link' : 'fabric link', word === 'UP')],
  ],
  [/\bmissed (?:hb|heartbeats?)\b|\bheartbeats? (?:missed|lost|timeout)/i, () => [peer('hello-lost')]],
  [
    /\bSuccessfully sent (?:gratuitous )?(?:arp|garp)s?\b.*?(?:for|on) (\S+)/i,
    ([, subject = '']) => [{ kind: 'announced', subject, value: null }],
  ],
  [/SNMP_TRAP_LINK_(UP|DOWN):.*\bifName (\S+)/, ([, word = '', port = '']) => [link(port, word === 'UP')]],
  [/JSRPD_(?:RG|NODE|HA)_\w*STATE/, () => null],
];

const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
/** `show chassis cluster information`: for each node and group the last moves. */
const NODE = /^(node\d):\s*$/;
/** Above the prompt of a cluster's node. */
const SELF = /^\{[a-z-]+:(node\d)\}/;
const GROUP = /^\s*Redundancy Group (\d+) , Current State: /;
const MOVE = new RegExp(
  String.raw`^\s+${MONTH} +\d{1,2} \d\d:\d\d:\d\d\s+([a-z-]+)\s{2,}([a-z-]+)\s{2,}(\S.*)$`,
);

const open = (): ReadLine => {
  let node: string | null = null;
  let group: string | null = null;
  return ({ text }) => {
    const heading = NODE.exec(text)?.[1];
    if (heading !== undefined) {
      node = heading;
      group = null;
      return NOTHING;
    }
    const named = GROUP.exec(text)?.[1];
    if (named !== undefined) {
      group = named;
      return NOTHING;
    }
    const move = MOVE.exec(text);
    if (move === null) return byRules(RULES, text);
    const [, , word = '', reason = ''] = move;
    // Of which group it is, is not said where the beginning is missing.
    return group === null ? null : moved(word, `RG${group}`, reason, node);
  };
};

export const junosSrx: RecordForm = {
  name: 'Junos log of an SRX cluster',
  example:
    "jsrpd[2051]: JSRPD_RG_STATE_CHANGE: Redundancy-group 1 transitioned from 'secondary' to 'primary' state due to …",
  knows: (line) =>
    line.includes('JSRPD_') ||
    line.includes('jsrpd') ||
    line.includes('SNMP_TRAP_LINK_') ||
    line.includes(' RG-') ||
    (line.startsWith('node') && NODE.test(line)) ||
    (line.startsWith('{') && SELF.test(line)) ||
    (line.includes('Redundancy Group ') && GROUP.test(line)) ||
    (line.startsWith('  ') && MOVE.test(line)),
  names: (line) => {
    const self = SELF.exec(line)?.[1];
    const heading = NODE.exec(line)?.[1];
    return [
      ...(self === undefined ? [] : [{ name: self, is: 'self' } as const]),
      ...(heading === undefined ? [] : [{ name: heading, is: 'member' } as const]),
    ];
  },
  listed: (line) => MOVE.test(line),
  open,
};
