import type { Role } from '../../../model/event.js';
import {
  byRules,
  link,
  peer,
  role,
  roleOf,
  type ReadLine,
  type Reading,
  type RecordForm,
  type Rule,
} from '../form.js';

export const CARP_WORDS: Readonly<Record<string, Role>> = {
  MASTER: 'active',
  BACKUP: 'standby',
  INIT: 'faulted',
};

const moved = (part: string, word: string, reason: string): Reading => {
  const to = roleOf(CARP_WORDS, word);
  if (to === null) return null;
  const now = role(to, null, part);
  return /master (?:timed out|down)/.test(reason) ? [peer('peer-lost'), now] : [now];
};

const RULES: readonly Rule[] = [
  // FreeBSD: `carp: 1@em0: BACKUP -> MASTER (master timed out)`, up to 10.x with VHID in front.
  [
    /\bcarp: (?:VHID )?(\d+@[\w.]+): \w+ -> (\w+) ?(?:\((.*)\))?/,
    ([, part = '', word = '', reason = '']) => moved(part, word, reason),
  ],
  // OpenBSD: `carp0: state transition: BACKUP -> MASTER`; older FreeBSD: `carp0: MASTER -> BACKUP (more frequent …)`.
  [
    /\b(carp\d+): (?:state transition: )?\w+ -> (\w+) ?(?:\((.*)\))?/,
    ([, part = '', word = '', reason = '']) => moved(part, word, reason),
  ],
  [
    /\b([a-z]+\d[\w.]*): link state changed to (UP|DOWN)\b/,
    ([, port = '', word]) => [link(port, word === 'UP')],
  ],
  [/---<<BOOT>>---/, () => [{ kind: 'boot', subject: null, value: null }]],
  [/\bcarp\d*: .*->/, () => null],
];

const read: ReadLine = ({ text }) => byRules(RULES, text);

export const carp: RecordForm = {
  name: 'BSD system log (CARP)',
  example: 'kernel: carp: 1@em0: BACKUP -> MASTER (master timed out)',
  knows: (line) =>
    line.includes('carp') || line.includes('link state changed to') || line.includes('---<<BOOT>>---'),
  open: () => read,
};
