import type { NtpState } from '../model/run.js';
import type { CommandEnd, Sources } from './source.js';

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
