import {
  byRules,
  NOTHING,
  peer,
  type ReadLine,
  type Reading,
  type RecordForm,
  type Rule,
  type Told,
} from '../form.js';

const members = (joined: string | undefined, left: string | undefined): Reading => [
  ...(left === undefined ? [] : [peer('peer-lost', `node ${left.trim()}`)]),
  ...(joined === undefined ? [] : [peer('peer-found', `node ${joined.trim()}`)]),
];

const done = (subject: string, value: string, well: boolean): readonly Told[] => [
  { kind: well ? 'operation-done' : 'operation-failed', subject, value },
];

const RULES: readonly Rule[] = [
  [
    /\[TOTEM ?\] (?:A processor failed|Token has not been received)|\[KNET ?\] link: host: \d+ link: \d+ is down|\[TOTEM ?\] Process pause detected/,
    () => [peer('hello-lost')],
  ],
  [
    /\[TOTEM ?\] A new membership \([^)]*\) was formed\.(?: Members(?: joined: ([\d ]+))?(?: left: ([\d ]+))?)?/,
    ([, joined, left]) => members(joined, left),
  ],
  // Said by each daemon of a node: the one of the cluster's controller stands for them.
  [
    /\b(?:crmd|pacemaker-controld)\b.*: Node (\S+) state is now lost\b/,
    ([, node]) => [peer('peer-lost', node)],
  ],
  [
    /\b(?:crmd|pacemaker-controld)\b.*: Node (\S+) state is now member\b/,
    ([, node]) => [peer('peer-found', node)],
  ],
  [/: Node \S+ state is now \w+/, () => NOTHING],
  [
    /\bRequesting fencing \((\w+)\) (?:of|targeting) node (\S+)/,
    ([, action = '', node = '']) => [
      { kind: 'operation-accepted', subject: node, value: `fence (${action})` },
    ],
  ],
  [
    /: Peer (\S+) was (not )?terminated \((\w+)\) by .*?: ?(?:OK|.*)$/,
    ([, node = '', not, action = '']) => done(node, `fence (${action})`, not === undefined),
  ],
  // Of the fencer, on its way to the line above.
  [/: Operation '?\w+'? (?:\[|targeting|of)/, () => NOTHING],
  [
    /\bResult of (start|stop|promote|demote|migrate_to|migrate_from) operation for (\S+) on (\S+): (?:(\d+) \(([^)]*)\)|(\w[\w ]*?))(?= \||$|\s*\()/,
    ([, action = '', resource = '', node = '', code, , word = '']) =>
      done(resource, `${action} on ${node}`, code === undefined ? word === 'ok' : code === '0'),
  ],
  [
    /\bIPaddr2?\(([^)]+)\).*: (?:INFO: )?Adding inet6? address ([\da-fA-F.:]+)/,
    ([, , address = '']) => [{ kind: 'address-moved', subject: address, value: null }],
  ],
  [
    /\bIPaddr2?\(([^)]+)\).*: INFO: \S*send_(?:arp|ua)\b.* ([\da-f]+\.[\d.]+|[\da-fA-F]*:[\da-fA-F:]+)(?=\s)/,
    ([, , address = '']) => [{ kind: 'announced', subject: address, value: null }],
  ],
  [/\bResult of \w+ operation for\b(?!.*\b(?:monitor|probe|notify)\b)/, () => null],
];

const read: ReadLine = ({ text }) => byRules(RULES, text);

export const pacemaker: RecordForm = {
  name: 'Pacemaker and Corosync log',
  example: 'pacemaker-controld[9247]: notice: Node fw-b state is now lost',
  knows: (line) =>
    line.includes('pacemaker') ||
    line.includes('corosync') ||
    line.includes('IPaddr') ||
    / (?:crmd|attrd|cib|stonith-ng|lrmd|pengine)[[:]/.test(line),
  open: () => read,
};
