import { readFileSync } from 'node:fs';
import type { CommandModule } from 'yargs';
import { systemClock } from '../clock.js';
import { EXIT, KnownError, usage } from '../model/error.js';
import { NS_PER_MS, NS_PER_S } from '../model/time.js';
import { say } from '../terminal.js';
import { call, sayOngoing, theOne } from './ongoing/call.js';
import { findOngoing } from './ongoing/registry.js';

interface MarkArguments {
  readonly text: readonly string[];
  readonly run: string | undefined;
}

/** Of starttime and uptime in proc(5), as the kernel gives them to programs (USER_HZ): 10 ms each. */
const TICK_NS = 10 * NS_PER_MS;

/** How long this process has been there at least and at most, or at least only, where there is no /proc. */
const age = (): { readonly least_ns: number; readonly most_ns: number | null } => {
  const least_ns = performance.now() * NS_PER_MS;
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    const uptime_s = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
    const age_ns = uptime_s * NS_PER_S - ticks * TICK_NS + TICK_NS;
    // Each is cut to its tick; a container may have an uptime of its own.
    return { least_ns, most_ns: age_ns >= least_ns && age_ns < least_ns + NS_PER_S ? age_ns : null };
  } catch {
    return { least_ns, most_ns: null };
  }
};

/** When the command was given, not when it had been loaded: between its start by the shell and that of the program in it. */
const given = (): { readonly at_ns: number; readonly uncertainty_ns: number | null } => {
  const now_ns = systemClock.monotonic();
  const { least_ns, most_ns } = age();
  if (most_ns === null) return { at_ns: Math.round(now_ns - least_ns), uncertainty_ns: null };
  return {
    at_ns: Math.round(now_ns - (least_ns + most_ns) / 2),
    uncertainty_ns: Math.round((most_ns - least_ns) / 2),
  };
};

const mark = async ({ text, run }: MarkArguments): Promise<void> => {
  const when = given();
  const words = text.join(' ').trim();
  if (words === '') throw usage('the mark has no words', "for example seqgap mark 'pulled the plug of fw-a'");
  const to = theOne(await findOngoing(), run, {
    none: 'no watch and no run of this user is going on on this host',
    remedy: 'start one with "seqgap watch start TARGET"',
  });
  const reply = await call(to, { do: 'mark', text: words, ...when });
  if (reply.say === 'no')
    throw new KnownError(`the mark was not set: ${reply.why}`, { exitCode: EXIT.inconclusive });
  say(`marked in the ${sayOngoing(to)}`);
};

/** `seqgap mark`. Exit code 0; 2 where it could not be set; 64 where nothing is going on. */
export const markCommand: CommandModule<object, MarkArguments> = {
  builder: (yargs) =>
    yargs

      .positional('text', {
        type: 'string',
        array: true,
        default: undefined,
        demandOption: true,
        describe: 'What was done, or seen',
      })
      .option('run', { type: 'string', describe: 'Which, of several: its folder, or its process id' })
      .example("$0 mark 'pulled the plug of fw-a'", 'The report says which outages came after it')
      .example("$0 mark 'fw-b is active' --run results/watch/latest", 'Of several the newest kept one')
      .epilogue('A mark is set for when the command was started. In the terminal of a watch, press m.'),
  handler: mark,
};
