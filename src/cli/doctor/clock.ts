import type { NtpState } from '../../model/run.js';
import { ok, warn, type Finding } from './finding.js';
import type { Sources, CommandEnd } from './host-sources.js';

const FOLDER = '/sys/devices/system/clocksource/clocksource0';
/** Read through a device register (hpet, acpi_pm) or with the resolution of a tick (jiffies). */
const SLOW: ReadonlySet<string> = new Set(['hpet', 'acpi_pm', 'pit', 'jiffies', 'refined-jiffies']);
const NTP_TIMEOUT_MS = 2000;

/** The kernel's clock source; null where it cannot be told. */
export const clockSource = async (sources: Sources): Promise<string | null> =>
  (await sources.file(`${FOLDER}/current_clocksource`))?.trim() || null;

export const clockSourceFinding = async (sources: Sources): Promise<Finding> => {
  const check = 'clock-source';
  const current = await clockSource(sources);
  if (current === null)
    return warn(check, 'unknown: the kernel does not tell it here', 'judge by timer-lateness alone');
  if (!SLOW.has(current)) return ok(check, `${current}: read without a system call, below 1 µs`);
  const available = (await sources.file(`${FOLDER}/available_clocksource`))?.trim().split(/\s+/) ?? [];
  const better = available.find((name) => !SLOW.has(name));
  return warn(
    check,
    `${current}: slow to read or coarse, every stamp of a probe pays for it`,
    better === undefined
      ? 'boot with clocksource=tsc, or give the virtual machine a paravirtual clock'
      : `echo ${better} > ${FOLDER}/current_clocksource (as root)`,
  );
};

const ONLY_ANCHOR = 'only the time of day beside a figure depends on it, no duration does';

export const ntpFinding = async (sources: Sources): Promise<Finding> => {
  const check = 'ntp';
  const { state, by } = await ntpState(sources, NTP_TIMEOUT_MS);
  switch (state) {
    case 'synchronised':
      return ok(check, `synchronised, says ${by}`);
    case 'not-synchronised':
      return warn(
        check,
        `not synchronised, says ${by}; ${ONLY_ANCHOR}`,
        'timedatectl set-ntp true, or apt-get install chrony',
      );
    case null:
      return warn(
        check,
        `unknown: neither timedatectl, chronyc nor ntpq can tell; ${ONLY_ANCHOR}`,
        'apt-get install chrony, if events are to be matched with the logs of other machines',
      );
  }
};

/** Is the time of day kept by NTP, and who says so? Both null where nobody can tell. */
export interface Ntp {
  readonly state: NtpState | null;
  readonly by: string | null;
}

const of = (synchronised: boolean): NtpState => (synchronised ? 'synchronised' : 'not-synchronised');

/** `timedatectl show`: the kernel's own flag (adjtimex, STA_UNSYNC), whichever daemon keeps it. */
const fromTimedatectl = ({ stdout }: CommandEnd): NtpState | null => {
  const value = /^NTPSynchronized=(yes|no)$/m.exec(stdout)?.[1];
  return value === undefined ? null : of(value === 'yes');
};

/** `chronyc -c tracking`: one line of comma-separated values, the leap status last. */
const fromChronyc = ({ code, stdout }: CommandEnd): NtpState | null => {
  const leap = code === 0 ? stdout.trim().split(',').at(-1) : '';
  return leap ? of(leap !== 'Not synchronised') : null;
};

/** `ntpq -c rv`: leap_alarm (RFC 5905 §7.3, leap indicator 3) until the clock is set. */
const fromNtpq = ({ stdout }: CommandEnd): NtpState | null => {
  const leap = /\bleap_(\w+)/.exec(stdout)?.[1];
  return leap === undefined ? null : of(leap !== 'alarm');
};

const ASKED = [
  { by: 'timedatectl', args: ['show', '--property=NTPSynchronized'], read: fromTimedatectl },
  { by: 'chronyc', args: ['-c', 'tracking'], read: fromChronyc },
  { by: 'ntpq', args: ['-c', 'rv'], read: fromNtpq },
] as const;

/** Made by systemd-timesyncd when it has set the clock. */
const TIMESYNC_FILE = '/run/systemd/timesync/synchronized';

/** Asks whoever may know, all at once, for at most `timeout_ms`; the first in order of trust that answers counts. */
export const ntpState = async (sources: Sources, timeout_ms: number): Promise<Ntp> => {
  const answers = await Promise.all(
    ASKED.map(async ({ by, args, read }) => {
      const end = await sources.run(by, args, timeout_ms);
      return { by, state: end === null ? null : read(end) };
    }),
  );
  const told = answers.find(({ state }) => state !== null);
  if (told !== undefined) return told;
  const touched = await sources.file(TIMESYNC_FILE);
  return touched === null ? { state: null, by: null } : { state: 'synchronised', by: 'systemd-timesyncd' };
};
