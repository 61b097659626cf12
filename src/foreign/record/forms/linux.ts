import { byRules, link, NOTHING, type ReadLine, type RecordForm, type Rule } from '../form.js';

const clockSet =
  (value: string | null): Rule[1] =>
  () => [{ kind: 'clock-set', subject: null, value }];

const RULES: readonly Rule[] = [
  [/chronyd.*: System clock was stepped by (-?[\d.]+) s/, (match) => clockSet(match[1] ?? null)(match)],
  [
    /ntpd.*\b(?:time reset|CLOCK: time stepped by|step-systime:?|clock_step|adjust.*\bstep) ([+-]?[\d.]+)/,
    (match) => clockSet(match[1] ?? null)(match),
  ],
  [/ntpdate.*\bstep time server \S+ offset ([+-]?[\d.]+)/, (match) => clockSet(match[1] ?? null)(match)],
  [
    /systemd-timesyncd.*: (?:Initial clock synchronization to|System clock time unset or jumped)|systemd\[1\]: (?:Time has been changed|System time .*(?:advanced|jumped))|: Clock change detected\b/,
    clockSet(null),
  ],
  [
    /\b(?!kernel\b)([A-Za-z][\w.@-]*): (?:\w+_watchdog: )?(?:NIC )?[Ll]ink (?:is )?([Uu]p|[Dd]own)\b/,
    ([, port = '', word = '']) => [link(port, word.toLowerCase() === 'up')],
  ],
  [
    /\b(?:e1000e?|igb|ixgbe|igc|vmxnet3|r8169|tg3): (\S+?):? NIC Link is (Up|Down)/,
    ([, port = '', word]) => [link(port, word === 'Up')],
  ],
  [/\(NETDEV_(?:CHANGE|UP)\): (\S+): link becomes ready/, ([, port = '']) => [link(port, true)]],
  [
    /systemd-networkd.*: (\S+): (Gained|Lost) carrier/,
    ([, port = '', word]) => [link(port, word === 'Gained')],
  ],
  [
    /link status definitely (up|down) for interface ([^\s,]+)/,
    ([, word, port = '']) => [link(port, word === 'up')],
  ],
  [/kernel:(?: \[ *0\.0{6}\])? Linux version \d/, () => [{ kind: 'boot', subject: null, value: null }]],
  [
    /systemd-logind.*: (?:System is (?:rebooting|powering down|halting)|The system will (?:reboot|power off|halt) now)|systemd\[1\]: Shutting down\.|systemd-shutdown\[1\]: (?:Sending SIGTERM|Rebooting|Powering off)/,
    () => [{ kind: 'boot', subject: null, value: 'stopped' }],
  ],
];

/** Most lines of a host are of none of it. */
const TELLING = /[Ll]ink |carrier|[Cc]lock|[Tt]ime |Linux version|System is|[Ss]hutting|shutdown/;

const read: ReadLine = ({ text }) => (TELLING.test(text) ? byRules(RULES, text) : NOTHING);

/** Programs that every host has, so that a log is known though nothing happened in it. */
const PROGRAM = / (?:kernel|systemd(?:-\w+)?|chronyd|ntpd|ntpdate|CRON|sshd|NetworkManager)(?:\[\d+\])?: /;

export const linux: RecordForm = {
  name: 'Linux system log',
  example: 'kernel: igc 0000:03:00.0 enp3s0: NIC Link is Down',
  knows: (line) => PROGRAM.test(line) || line.includes('NIC Link is ') || line.includes('link becomes ready'),
  open: () => read,
};
