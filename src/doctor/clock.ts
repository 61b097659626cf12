import { ok, warn, type Finding } from './finding.js';
import { ntpState } from './ntp.js';
import { type Sources } from './source.js';

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
