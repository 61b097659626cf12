import { KnownError, usage } from '../../model/error.js';
import type { LeftOut, RunFigures, RunSummary } from '../../model/figures.js';
import type { BaselineRule } from '../../model/gate.js';
import { byStart, identityOf } from '../run-order.js';

/** A run that could be in a baseline; its figures are read when it is to be. */
export interface BaselineCandidate {
  readonly summary: RunSummary;
  /** Why it cannot be read; null: as far as is known it can. */
  readonly damaged: string | null;
  /** Throws KnownError for a damaged run. */
  readonly figures: () => Promise<RunFigures>;
}

/** The runs that a run is held against, and those that could have been. */
export interface Baseline {
  /** Oldest first. */
  readonly runs: readonly RunFigures[];
  readonly leftOut: readonly LeftOut[];
}

const isOlder = (a: RunSummary, b: RunSummary): boolean => byStart(a, b) < 0;

/** Why a run is in no baseline of this one; null: it can be. */
const unfit = (summary: RunSummary, tested: RunSummary): string | null => {
  if (identityOf(summary) === identityOf(tested)) return 'it is the run under test';
  if (!isOlder(summary, tested)) return 'it is newer than the run under test';
  return summary.kind === 'watch' ? 'it is a watch: nothing was triggered' : null;
};

/** Why a run is no whole night; null: it is. */
const broken = ({ status, restored }: RunSummary): string | null => {
  switch (status) {
    case 'running':
      return 'it is half-written';
    case 'interrupted':
      return 'it was interrupted';
    case 'failed':
      return 'it broke off';
    case 'complete':
      return restored === false ? 'the pair was not restored' : null;
  }
};

const bad = (summary: RunSummary): string | null =>
  broken(summary) ??
  (summary.verdict === 'pass' ? null : `its own verdict is ${summary.verdict ?? 'not known'}`);

const whyNot = (
  { summary, damaged }: BaselineCandidate,
  tested: RunSummary,
  { kind }: BaselineRule,
): string | null => {
  const why = unfit(summary, tested) ?? damaged;
  if (why !== null || kind === 'named') return why;
  return kind === 'last' ? bad(summary) : broken(summary);
};

const triggerOf = ({ trials }: RunFigures): string | null =>
  trials.find(({ trigger }) => trigger !== null)?.trigger ?? null;

/** Graceful and hard triggers are never pooled (docs/method.md, "A trial"). */
const otherTrigger = (run: RunFigures, tested: RunFigures): string | null => {
  const [own, other] = [triggerOf(run), triggerOf(tested)];
  return own === null || other === null || own === other ? null : `its trigger was ${own}, not ${other}`;
};

/** Of a rule that looks for nights, other scenarios, versions and times are no business of the run. */
const isMeant = (summary: RunSummary, tested: RunSummary, rule: BaselineRule): boolean =>
  rule.kind === 'named' ||
  (summary.scenario === tested.scenario &&
    (rule.kind === 'last' || summary.version === rule.version) &&
    isOlder(summary, tested));

const unique = (values: readonly string[]): string => [...new Set(values)].join(', ');

/** A baseline that was named is an order: what is wrong with it is an error, not a night to be passed over. */
const requireScenario = (
  tested: RunSummary,
  among: readonly BaselineCandidate[],
  rule: BaselineRule,
): void => {
  const others = among.map(({ summary }) => summary.scenario).filter((name) => name !== tested.scenario);
  if (rule.kind === 'named' && others.length > 0)
    throw usage(
      `the baseline ${rule.name} has runs of another scenario: ${unique(others)}, not ${tested.scenario}`,
      `name runs of ${tested.scenario}, or leave --baseline out for its last nights`,
    );
};

const requireSome = (
  { runs, leftOut }: Baseline,
  tested: RunSummary,
  among: readonly BaselineCandidate[],
  rule: BaselineRule,
): void => {
  if (runs.length > 0 || rule.kind === 'last') return;
  const passed = leftOut.map(({ path, why }) => `${path} (${why})`).join('; ');
  if (rule.kind === 'named')
    throw usage(
      `nothing in the baseline ${rule.name} can be used: ${passed === '' ? 'it is empty' : passed}`,
      'name runs of the same scenario and trigger that are older than the run under test',
    );
  const older = among.filter(
    ({ summary }) => summary.scenario === tested.scenario && isOlder(summary, tested),
  );
  throw usage(
    `no whole run of version ${rule.version} before ${tested.run}${passed === '' ? '' : `: ${passed}`}`,
    older.length === 0
      ? `there is no older run of ${tested.scenario} at all`
      : `the versions before it: ${unique(older.map(({ summary }) => summary.version))}`,
  );
};

const readOrWhy = async (candidate: BaselineCandidate): Promise<RunFigures | string> => {
  try {
    return await candidate.figures();
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return error.remedy === null ? error.message : `${error.message}; ${error.remedy}`;
  }
};

/**
 * The baseline of a run among these. The run under test and anything newer is never in it, so that a regression is not
 * its own yardstick. Runs that are passed over are listed with why; of the last nights, those since the oldest chosen.
 * Throws KnownError where what was named, or the version, gives nothing to go by.
 *
 * @param among in any order
 */
export const chooseBaseline = async (
  tested: RunFigures,
  among: readonly BaselineCandidate[],
  rule: BaselineRule,
): Promise<Baseline> => {
  requireScenario(tested.summary, among, rule);
  const newestFirst = among
    .filter(({ summary }) => isMeant(summary, tested.summary, rule))
    .toSorted((a, b) => byStart(b.summary, a.summary));
  const most = rule.kind === 'last' ? rule.nights : Infinity;
  const runs: RunFigures[] = [];
  const leftOut: LeftOut[] = [];
  const seen = new Map<string, string>();
  for (const candidate of newestFirst) {
    if (runs.length === most) break;
    const { path } = candidate.summary;
    const identity = identityOf(candidate.summary);
    const twin = seen.get(identity);
    const unusable = twin === undefined ? whyNot(candidate, tested.summary, rule) : `the same run as ${twin}`;
    const read = unusable ?? (await readOrWhy(candidate));
    const why = typeof read === 'string' ? read : otherTrigger(read, tested);
    if (why !== null) leftOut.push({ path, why });
    else if (typeof read !== 'string') {
      runs.push(read);
      seen.set(identity, path);
    }
  }
  const baseline = { runs: runs.reverse(), leftOut: leftOut.reverse() };
  requireSome(baseline, tested.summary, among, rule);
  return baseline;
};
