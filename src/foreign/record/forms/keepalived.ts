import { byRules, link, peer, role, type ReadLine, type RecordForm, type Rule } from '../form.js';

/** `(VI_1) ` since version 2, `VRRP_Instance(VI_1) ` before. */
const INSTANCE = String.raw`(?:VRRP_Instance)?\(([^()\s]+)\)`;
const rule = (said: string, tell: Rule[1]): Rule => [new RegExp(`${INSTANCE} +${said}`), tell];

const moved =
  (to: Parameters<typeof role>[0]): Rule[1] =>
  ([, name = '']) => [role(to, null, name)];

const RULES: readonly Rule[] = [
  rule('Entering MASTER STATE', moved('active')),
  rule('Entering BACKUP STATE', moved('standby')),
  rule('Entering FAULT STATE', moved('faulted')),
  rule('(?:Now in |entering )FAULT state', moved('faulted')),
  rule('Transition to MASTER STATE', moved('transitioning')),
  rule('(?:sent|sending) 0 priority', moved('suspended')),
  // Of the whole daemon, and so of each of its instances.
  [/(?:\]| \d{4}): Stopping\b/, () => [role('suspended')]],
  rule('Receive advertisement timeout', () => [peer('peer-lost')]),
  rule('Backup received priority 0 advertisement', () => [peer('peer-lost')]),
  rule(
    '(?:Master )?[Rr]eceived advert(?:isement)? from (\\S+?),? (?:with|of) (?:higher|lower|same)',
    ([, , from = '']) => [peer('peer-found', from)],
  ),
  rule('received lower priority \\(\\d+\\) advert from (\\S+)', ([, , from = '']) => [
    peer('peer-found', from),
  ]),
  rule('Received (?:higher|lower) prio(?:rity)? advert', () => [peer('peer-found')]),
  [
    /\b[Ss](?:ending|ending\/queueing|ent) (?:gratuitous ARP|[Uu]nsolicited Neighbour Advert)s? on \S+ for ([\da-fA-F.:]+)/,
    ([, address = '']) => [{ kind: 'announced', subject: address, value: null }],
  ],
  [
    /\bNetlink reflector reports IP (?!fe80)([\da-fA-F.:]+) (added|removed)/,
    ([, address = '', word]) => [
      { kind: 'address-moved', subject: address, value: word === 'added' ? null : 'none' },
    ],
  ],
  [
    /\b(?:VRRP_)?Script\(([^()\s]+)\) (succeeded|failed|timed out)|\bScript `?([^`'\s]+)'? now returning (\d+)/,
    ([, old, word, name, code]) => [
      {
        kind: 'health',
        subject: old ?? name ?? '',
        value: word === 'succeeded' || code === '0' ? 'healthy' : 'unhealthy',
      },
    ],
  ],
  [
    /\b(?:Kernel is reporting: interface|Netlink reports) (\S+) (UP|DOWN|up|down)\b/,
    ([, port = '', word = '']) => [link(port, word.toLowerCase() === 'up')],
  ],
  // Of a version or language that words it otherwise.
  [/\b(?:MASTER|FAULT|BACKUP)\b.*\bSTATE\b|\bSTATE\b.*\b(?:MASTER|FAULT|BACKUP)\b/, () => null],
];

const read: ReadLine = ({ text }) => byRules(RULES, text);

const SAID = new RegExp(
  `${INSTANCE} +(?:Entering|Receive|Backup received|(?:Master )?[Rr]eceived |Transition|sent 0|sending 0)`,
);

/** As `--log-console` writes: ctime and a colon. */
const CONSOLE = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}: /;

export const keepalived: RecordForm = {
  name: 'keepalived log',
  example: 'Keepalived_vrrp[1734]: (VI_1) Entering MASTER STATE',
  knows: (line) =>
    line.includes('eepalived') || (line.includes(') ') && SAID.test(line)) || CONSOLE.test(line),
  open: () => read,
};
