import { PassThrough, type Duplex } from 'node:stream';
import { runInLab } from '../../lab/enter.js';
import { findKept } from '../../lab/kept.js';
import { EXIT, KnownError, messageOf, type ExitCode, usage } from '../../model/error.js';
import type { Scenario } from '../../model/plan.js';
import { Interrupted } from '../../trial/interrupt.js';
import {
  channelOver,
  giveTurns,
  type Member,
  TURNS_FD,
  turnsOf,
  type CampaignWord,
  type RunWord,
} from './turns.js';
import { innerArguments, type RunArguments } from './run-arguments.js';
import { needsLab, runByItself } from './run-scenario.js';
import { say, type Stop } from '../../terminal.js';

export interface Loaded {
  readonly file: string;
  readonly scenario: Scenario;
}

const addressesOf = ({ nodes }: Scenario): string[] =>
  nodes.map(({ name, ssh }) => (ssh === null ? name : `${ssh.host}:${ssh.port}`));

const twice = (words: readonly string[]): string | undefined =>
  words.find((word, index) => words.indexOf(word) !== index);

/** Can these scenarios be interleaved, and be compared afterwards? Throws KnownError; nothing is touched. */
export const checkCampaign = (
  loaded: readonly Loaded[],
  version: string | undefined,
  labels: readonly string[] = [],
): void => {
  const own = labels.find((label) => label.startsWith('campaign='));
  if (own !== undefined)
    throw usage(`--label ${own} with --interleave, which sets it itself`, 'give the label another key');
  if (loaded.length < 2)
    throw usage('--interleave with one scenario', 'give two or more, which differ in "version:"');
  if (version !== undefined)
    throw usage(
      '--version with --interleave: all would be the same version',
      'write "version:" into each scenario',
    );
  const names = [...new Set(loaded.map(({ scenario }) => scenario.name))];
  if (names.length > 1)
    throw usage(
      `--interleave of different scenarios: ${names.join(', ')}`,
      'only runs of one "name:" can be compared; without --interleave they run one after the other',
    );
  const same = twice(loaded.map(({ scenario }) => scenario.version));
  if (same !== undefined)
    throw usage(`--interleave of two scenarios of version ${same}`, 'give each a "version:" of its own');
  const shared = twice(
    loaded.flatMap(({ scenario }) => (scenario.lab === null ? [...new Set(addressesOf(scenario))] : [])),
  );
  if (shared !== undefined)
    throw usage(
      `--interleave of two scenarios of one pair: both have the node ${shared}`,
      'a pair is locked for a whole run: run them one after the other',
    );
  if (loaded.some(({ scenario }) => needsLab(scenario)) && findKept() !== null)
    throw usage('a lab is up, and --interleave builds one for each version', 'seqgap lab down');
};

/** `A B A B`, for people. */
export const sayCampaign = (loaded: readonly Loaded[]): string => {
  const rounds = loaded.map(
    ({ scenario: { version, trial } }) =>
      `${version} (${trial.repeat === 1 ? 'one trial' : `${trial.repeat} trials`})`,
  );
  return `${loaded[0]?.scenario.name}: one trial of each in turn: ${rounds.join(', ')}`;
};

type Result = { readonly code: ExitCode; readonly error: unknown };

const settled = (code: Promise<ExitCode>): Promise<Result> =>
  code.then(
    (each) => ({ code: each, error: null }),
    (error: unknown) => {
      // It never began: that another run broke off is said there.
      if (error instanceof Interrupted) return { code: EXIT.inconclusive, error: null };
      return { code: error instanceof KnownError ? error.exitCode : EXIT.bug, error };
    },
  );

/** A pair that was not restored comes before anything else. */
const severity = (code: ExitCode): number => (code === EXIT.notRestored ? Infinity : code);

/** Says what went wrong beside the worst. @returns its exit code. Throws the worst, if that is an error. */
export const endOf = (results: readonly Result[]): ExitCode => {
  const [worst, ...others] = results.toSorted((a, b) => severity(b.code) - severity(a.code));
  for (const { error } of others) if (error !== null) say(`seqgap: ${messageOf(error)}`);
  if (worst === undefined) return EXIT.pass;
  if (worst.error !== null) throw worst.error;
  return worst.code;
};

/** Starts a run that waits for its turns: one with a lab in a process inside it, others in this process. */
const start = (
  { file, scenario }: Loaded,
  args: RunArguments,
  stop: Stop,
): Member & { done: Promise<Result> } => {
  const toRun = new PassThrough();
  const fromRun = new PassThrough();
  const lab = needsLab(scenario) ? scenario.lab : null;
  const code = async (): Promise<ExitCode> => {
    if (lab === null) {
      const turns = turnsOf(channelOver<RunWord, CampaignWord>(toRun, fromRun), stop.signal);
      return runByItself({ scenario, file, args, stop, turns });
    }
    const connect = (channel: Duplex): void => {
      channel.on('error', () => {});
      channel.pipe(fromRun);
      toRun.pipe(channel);
    };
    const code = await runInLab(lab, innerArguments(file, { ...args, turns: true }), {
      channel: { fd: TURNS_FD, connect },
    });
    return code as ExitCode;
  };
  return {
    channel: channelOver<CampaignWord, RunWord>(fromRun, toRun),
    turn: (has) => {
      // The program inside gets the signal too, and says what it does.
      if (lab !== null) stop.phase = has ? 'delegated' : 'untouched';
    },
    done: settled(code().finally(() => fromRun.end())),
  };
};

/** How to compare the versions: all their runs, or those of this campaign alone. */
const sayCompare = (loaded: readonly Loaded[], campaign: string, out: string): string => {
  const rest = ` --scenario ${loaded[0]?.scenario.name}${out === 'results' ? '' : ` --out ${out}`}`;
  const sides = (more: string): string =>
    loaded.map(({ scenario }) => `version=${scenario.version}${more}`).join(' ');
  return [
    `compare all runs:      seqgap compare ${sides('')}${rest}`,
    `compare this campaign: seqgap compare ${sides(`,campaign=${campaign}`)}${rest}`,
  ].join('\n');
};

/** Runs versions of one scenario interleaved; all have the label `campaign`. @returns the worst exit code. */
export const runCampaign = async (
  campaign: string,
  loaded: readonly Loaded[],
  args: RunArguments,
  stop: Stop,
): Promise<ExitCode> => {
  const members = loaded.map((each) => start(each, args, stop));
  const complete = await giveTurns(members);
  const results = await Promise.all(members.map(({ done }) => done));
  const code = endOf(results);
  if (complete && results.every(({ error }) => error === null)) say(sayCompare(loaded, campaign, args.out));
  return code;
};
