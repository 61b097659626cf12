import type { Role } from '../../../model/event.js';
import {
  byRules,
  link,
  NOTHING,
  peer,
  role,
  roleOf,
  type Instant,
  type ReadLine,
  type Reading,
  type RecordForm,
  type Rule,
  type Told,
} from '../form.js';

export const ASA_WORDS: Readonly<Record<string, Role>> = {
  Active: 'active',
  'Standby Ready': 'standby',
  'Cold Standby': 'transitioning',
  Negotiation: 'transitioning',
  'Sync Config': 'transitioning',
  'Sync File System': 'transitioning',
  'Bulk Sync': 'transitioning',
  'App Sync': 'transitioning',
  'Just Active': 'transitioning',
  'Active Drain': 'transitioning',
  'Active Applying Config': 'transitioning',
  'Active Config Applied': 'transitioning',
  Failed: 'faulted',
  'Not Detected': 'faulted',
  Disabled: 'suspended',
};

const PEER_SILENT =
  /HELLO not heard from mate|no response from mate|mate (?:has )?(?:failed|is not responding)/i;

/** Why a unit has a role may be that its mate is dead: that is what it found first. */
const withReason = (found: Told, reason: string): readonly Told[] =>
  PEER_SILENT.test(reason) ? [peer('peer-lost'), found] : [found];

/** By the number of the message (Cisco Secure Firewall ASA Series Syslog Messages). */
const MESSAGES: readonly Rule[] = [
  [/-104001: (.*)/, ([, said = '']) => withReason(role('active'), said)],
  [/-104002: (.*)/, () => [role('standby')]],
  [/-104003: /, () => [role('faulted')]],
  [/-103001: /, () => [peer('peer-lost')]],
  [/-103004: /, () => [role('faulted')]],
  [/-105001: /, () => [role('suspended')]],
  [/-105005: /, () => [peer('hello-lost')]],
  [
    /-10500[67]: .*\bLink status '?(Up|Down)'? on interface (\S+?)\.?$/i,
    ([, to = '', port = '']) => [link(port, /up/i.test(to))],
  ],
  [/-1050(?:31|42): /, () => [link('failover', true)]],
  [/-1050(?:32|43): /, () => [link('failover', false)]],
  [/-411001: .*\bInterface (\S+?),/, ([, port = '']) => [link(port, true)]],
  [/-411002: .*\bInterface (\S+?),/, ([, port = '']) => [link(port, false)]],
  [/-199002: /, () => [{ kind: 'boot', subject: null, value: null }]],
  [/-199001: /, () => [{ kind: 'boot', subject: null, value: 'stopped' }]],
  [
    /-771002: .*\bbefore: (\d\d):(\d\d):([\d.]+) \S+ (\S+ \S+ \d+ \d+), after: (\d\d):(\d\d):([\d.]+) \S+ (\S+ \S+ \d+ \d+)/,
    (match) => [{ kind: 'clock-set', subject: null, value: stepOf(match) }],
  ],
  [/-771002: /, () => [{ kind: 'clock-set', subject: null, value: null }]],
  // Of the cable, the version, the configuration, a test of an interface; and that a unit is well again, not in which role.
  [/-(?:101\d{3}|103\d{3}|104004|105\d{3}|709\d{3}|210\d{3}): /, () => NOTHING],
  [/-104\d{3}: /, () => null],
];

/** By how many seconds; of two days it is not known. */
const stepOf = ([, ...parts]: RegExpExecArray): string | null => {
  const [hour, minute, second, day, toHour, toMinute, toSecond, toDay] = parts;
  if (day !== toDay) return null;
  const of = (...clock: (string | undefined)[]): number =>
    clock.reduce((sum, part) => sum * 60 + Number(part), 0);
  return (of(toHour, toMinute, toSecond) - of(hour, minute, second)).toFixed(3);
};

const UNIT = /-\d{6}: \((Primary|Secondary)\)/i;

/** `show failover history`: the time, and below it a row of two states and the reason. */
const TIME = /^(\d\d:\d\d:\d\d(?:\.\d+)?) (\S+) ([A-Z][a-z]{2}) +(\d{1,2}) (\d{4})\s*$/;
const HISTORY = /^From State\s{2,}To State\s{2,}Reason/;
const ROW = /^\s*(?:\d+\s{2,})?(\S+(?: \S+)*?)\s{2,}(\S+(?: \S+)*?)(?:\s{2,}(.*\S))?\s*$/;

/** No row is longer: of spaces alone a search would take long. */
const LONGEST_ROW = 200;
const rowIn = (line: string): RegExpExecArray | null => (line.length > LONGEST_ROW ? null : ROW.exec(line));

const rowOf = (text: string, at: Instant): Reading => {
  const row = rowIn(text);
  if (row === null) return null;
  const [, from = '', to = '', reason = ''] = row;
  const now = roleOf(ASA_WORDS, to);
  if (now === null || roleOf(ASA_WORDS, from) === null) return null;
  const all = roleOf(ASA_WORDS, from) === 'standby' ? withReason(role(now), reason) : [role(now)];
  return all.map((told) => ({ ...told, at }));
};

/** Before the message, or before the device's own time in front of it. */
const WRITER =
  /(?<=^|[\s>])(?!\d+\s)([A-Za-z\d][\w.-]*)(?: [A-Z][a-z]{2} +\d{1,2} \d{4} \d\d:\d\d:\d\d(?:\.\d+)?(?: [A-Z]{2,5})?)?\s*:?\s*%(?:ASA|FTD)-/;

const open = (): ReadLine => {
  let above: Instant | null = null;
  return ({ text, at }) => {
    if (/%(?:ASA|FTD)-\d-\d{6}/.test(text)) {
      const unit = UNIT.exec(text)?.[1];
      const told = byRules(MESSAGES, text);
      return unit === undefined ? told : (told?.map((each) => ({ ...each, by: unit })) ?? null);
    }
    if (TIME.test(text)) {
      above = at;
      return NOTHING;
    }
    if (above === null) return NOTHING;
    const found = rowOf(text, above);
    above = null;
    return found;
  };
};

export const ciscoAsa: RecordForm = {
  name: 'Cisco ASA log',
  example: '%ASA-1-104001: (Secondary) Switching to ACTIVE - HELLO not heard from mate.',
  knows: (line) =>
    line.includes('%ASA-') ||
    line.includes('%FTD-') ||
    HISTORY.test(line) ||
    (line.charCodeAt(2) === 58 && TIME.test(line)) ||
    (/(?:Ready|Active|Failed|Negotiation|Disabled|Sync|Standby|Config|System|Detected|Drain|Applied)  /.test(
      line,
    ) &&
      isRow(line)),
  plain: (line) => {
    const time = TIME.exec(line);
    if (time !== null) {
      const [, clock = '', zone = '', month = '', day = '', year = ''] = time;
      return `${month} ${day} ${year} ${clock} ${zone}`;
    }
    // What the device wrote itself stands before its message, behind what a server wrote.
    const own = line.replace(/^.*?\s(\w{3} +\d{1,2} \d{4} \d\d:\d\d:\d\d[^%]*%(?:ASA|FTD)-)/, '$1');
    return own.replace(/(\d\d:\d\d:\d\d(?:\.\d+)?): /, '$1 : ');
  },
  listed: (line) => TIME.test(line),
  writer: (line) => WRITER.exec(line)?.[1] ?? null,
  open,
};

const isRow = (line: string): boolean => {
  const row = rowIn(line);
  return row !== null && roleOf(ASA_WORDS, row[1] ?? '') !== null && roleOf(ASA_WORDS, row[2] ?? '') !== null;
};
