import type { Comparison } from '../../model/comparison.js';
import type { BaselineCheck, GateCheck, GateResult, NightsNeeded, NightStanding } from '../../model/gate.js';
import type { Verdict } from '../../model/record.js';
import { isShort } from '../../analysis/gate/gate.js';
import { FEWEST_NIGHTS, NIGHTS_FOR_ONE } from '../../analysis/gate/nights.js';
import { LIMITED, sayChange, sayComparison, sayWorst } from '../compare/compare-words.js';
import { sayMinute } from '../../analysis/words/when.js';
import { sayLevel, sayNumberOf, saySeconds, spellP, spellShift } from '../../analysis/words/format.js';

/** Phrases that every output of the gate has in common. */

/** `2026-01-31 22:00 UTC` */
export const sayStart = (started_utc: string): string => `${sayMinute(started_utc)} UTC`;

/**
 * `the last 10 runs that passed (40 trials)`, `2 runs of version 10.1.3 (8 trials)`; of a single one when it was, and of which
 * version: `the last run that passed (2026-01-31 22:00 UTC, version 9.0, 4 trials)`
 */
export const sayBaseline = ({ rule, nights, baselineTrials }: GateResult): string => {
  const trials = sayNumberOf(baselineTrials, 'trial');
  const counted = sayNumberOf(nights.length, 'run');
  switch (rule.kind) {
    case 'last': {
      const [only, ...others] = nights;
      if (only === undefined) return 'the last runs that passed (none yet)';
      return others.length === 0
        ? `the last run that passed (${sayStart(only.started_utc)}, version ${only.version}, ${trials})`
        : `the last ${nights.length} runs that passed (${trials})`;
    }
    case 'version':
      return `${counted} of version ${rule.version} (${trials})`;
    case 'named':
      return `${rule.name}: ${counted} (${trials})`;
  }
};

/** ` for longest: pair / crash / …`, ` for 2 of 3 figures`; empty where it is true of all. */
const sayShort = ({ checks, family }: GateResult): string => {
  const short = checks.filter(isShort);
  const [only] = short;
  if (only === undefined || short.length >= family) return '';
  return short.length === 1 ? ` for ${only.name}` : ` for ${short.length} of ${family} figures`;
};

/** `Not enough runs before it yet: 3 of 10; 2 more needed`; with the figure of which it is true, if that is not all. */
export const sayNeeded = ({ have, more, trials }: NightsNeeded, result: GateResult): string => {
  const { rule, tested } = result;
  const total = have + more;
  const yet = `Not enough runs before it yet${sayShort(result)}`;
  if (rule.kind !== 'last' || total <= rule.nights)
    return `${yet}: ${have} of ${total}; ${more} more needed${trials === null ? '' : `, or ${sayNumberOf(trials, 'trial')} in this run`}`;
  return (
    `Not enough runs${sayShort(result)}: with ${sayNumberOf(tested.n, 'trial')} a run, ${total} runs are needed to see any ` +
    `regression, and only the last ${rule.nights} are taken (there are ${have}): ` +
    `${trials === null ? '' : `repeat the trial ${trials} times, or `}--last ${total}`
  );
};

/** `Holm p = 0.0023 of 3`, `p = 0.0023`: how sure it is, beside all others that decide. */
const sayLevelOf = ({ p_gate }: BaselineCheck, family: number): string => {
  const p = p_gate === null ? 'p = not known' : spellP(p_gate);
  return family > 1 ? `Holm ${p} of ${family}` : p;
};

/** `a regression if the next run is so too, or with 7 more runs` */
const sayUntil = (nights: number): string => {
  const more = NIGHTS_FOR_ONE - nights;
  return `beyond each of the ${nights} runs so far: a regression if the next run is so too, or with ${sayNumberOf(more, 'more run')}`;
};

/** `beyond each of the 20 runs before`, `the last 2 runs are beyond each of the 12 before` */
const sayStanding = (standing: NightStanding | null): string => {
  if (standing === null || !standing.beyond) return '';
  const { nights, in_a_row } = standing;
  return in_a_row === 1
    ? `; beyond each of the ${nights} runs before`
    : `; the last ${in_a_row} runs are beyond each of the ${nights} before`;
};

const sayBaselineCheck = (check: BaselineCheck, family: number): string => {
  const { reason, comparison, base_n, candidate_n, key, standing } = check;
  const nights = standing?.nights ?? 0;
  const said = comparison === null ? key : sayComparison(comparison);
  switch (reason) {
    case 'regression':
      return `${said}; ${sayLevelOf(check, family)}${sayStanding(standing)}`;
    case 'one night':
      return `${said}; ${sayLevelOf(check, family)}; ${sayUntil(nights)}`;
    case 'as other nights':
      return `${said} than all trials before, but not beyond each of the ${nights} runs: such runs were there`;
    case 'not enough nights':
      return `${said}; only ${sayNumberOf(nights, 'run')} before: fewer than ${FEWEST_NIGHTS} cannot tell a regression from a run that differs by itself`;
    case 'limited by the probes':
      return `${said}; ${sayLevelOf(check, family)}, but ${LIMITED}: repeat with a shorter \`every\``;
    case 'worse alone':
      return `${said}; worse alone, but not at this level: ${sayLevelOf(check, family)}`;
    case 'no regression':
      return `${said}; ${sayLevelOf(check, family)}`;
    case 'not enough runs':
      return `not enough runs: ${candidate_n} against ${sayNumberOf(base_n, 'trial')} cannot show any regression`;
    case 'not in baseline':
      return 'not enough runs: the baseline has no valid trial';
    case 'no valid trial':
      return 'no valid trial in the run';
    case 'not measured in this run':
      return `not measured in this run: the baseline has ${sayNumberOf(base_n, 'trial')} with it`;
    case 'no longer in the scenario':
      return `no longer in the scenario: the baseline has ${sayNumberOf(base_n, 'trial')} with it`;
  }
};

/** What was found, without the check's name. */
export const sayFound = (check: GateCheck, { family }: GateResult): string =>
  check.of === 'baseline' ? sayBaselineCheck(check, family) : check.text;

const ofVerdict = ({ checks }: GateResult, verdict: Verdict): readonly GateCheck[] =>
  checks.filter((check) => check.verdict === verdict);

/** For people: a comparison by its streams, all else by its name. */
export const sayCheck = (check: GateCheck, result: GateResult): string => {
  if (check.of !== 'baseline' || check.comparison === null)
    return `${check.name}: ${sayFound(check, result)}`;
  const who = check.comparison.subjects.join(', ');
  return check.reason === 'not enough runs' ||
    check.reason === 'not in baseline' ||
    check.reason === 'no valid trial'
    ? `${who} (${check.metric}): ${sayFound(check, result)}`
    : sayFound(check, result);
};

/** The first of them, and how many others there are. */
const sayFirst = (checks: readonly GateCheck[], result: GateResult): string => {
  const [first, ...others] = checks;
  if (first === undefined) return 'nothing was checked';
  return `${sayCheck(first, result)}${others.length === 0 ? '' : `; and ${others.length} more`}`;
};

/**
 * How large a regression can still be there: the upper end of the interval of the shift, and what the probes of the two
 * sides cannot tell. Seconds; below 0 there is none. null: of any size.
 */
export const unseenBound = ({ shift_hi_s, resolution_s }: Comparison): number | null =>
  shift_hi_s === null ? null : shift_hi_s + (resolution_s ?? 0);

/** How large a regression the run can still have. Every pass says it. */
const sayUnseen = ({ unseen, comparisons }: GateResult): string => {
  if (unseen === null)
    return comparisons.length === 0 ? 'Nothing was compared.' : 'Sessions were compared, no outage.';
  const { subjects, shift_s, shift_lo_s, shift_hi_s, level } = unseen;
  const bound = unseenBound(unseen);
  const who = subjects.join(', ');
  if (bound === null || shift_hi_s === null || level === null)
    return `A regression of any size could have stayed unseen (${who}).`;
  if (bound > 0)
    return `A regression of up to ${saySeconds(bound)} could have stayed unseen (${who}, ${sayLevel(level)}).`;
  const ends = spellShift({ shift: shift_s, lo: shift_lo_s ?? -Infinity, hi: shift_hi_s }, [
    'shorter',
    'longer',
  ]);
  return `A regression is ruled out: ${who} was down ${ends} (${sayLevel(level)}).`;
};

const isGone = (check: GateCheck): boolean =>
  check.of === 'baseline' && check.reason === 'no longer in the scenario';

const sayKept = ({ run: { limits } }: GateResult): string =>
  limits.length === 0 ? 'All trials ok' : `Within ${sayNumberOf(limits.length, 'limit')}`;

const sayPass = (result: GateResult): string => {
  const gone = ofVerdict(result, 'pass').filter(isGone);
  const besides = gone.length === 0 ? '' : ` ${sayFirst(gone, result)}.`;
  return `${sayKept(result)}, and no regression against ${sayBaseline(result)}. ${sayUnseen(result)}${besides}`;
};

/** `, with version 9.1 (9.0 before)`; empty where that is the version of the run before, or there is none. */
const sayNewVersion = ({ nights, tested }: GateResult): string => {
  const before = nights.at(-1)?.version ?? tested.version;
  return before === tested.version ? '' : `, with version ${tested.version} (${before} before)`;
};

/** `ping down 2.62 s (median of 4 trials)`, where there is nothing to hold it against. */
const sayAlone = ({ tested: { n, median_s }, worst }: GateResult): string => {
  const trials = sayNumberOf(n, 'trial');
  if (worst === null) return `no loss in ${trials}`;
  const median =
    median_s === null ? 'did not recover' : median_s === 0 ? 'lost nothing' : `down ${saySeconds(median_s)}`;
  return `${worst.of} ${median} (median of ${trials})`;
};

/**
 * What the run came to, and what was before: `ping down 0.640 → 1.18 s (+84 %), with version 9.1 (9.0 before). Worst: trial 3
 * (1.20 s).`; empty where no trial has a figure.
 */
const sayTested = (result: GateResult): string => {
  const { unseen, tested, worst } = result;
  if (tested.n === 0) return '';
  const found =
    unseen === null || unseen.base.n === 0 ? sayAlone(result) : (sayChange(unseen) ?? sayComparison(unseen));
  return `${found}${sayNewVersion(result)}.${sayWorst(worst === null ? [] : [worst], 'longest', 'one run')}`;
};

/** The figures first: what they prove, or do not yet, is said of something. */
const ofFigures = (result: GateResult, said: string): string => `${sayTested(result)} ${said}`.trim();

/** The reason first, then the figures, unless it has them. */
const besideFigures = (result: GateResult, said: string): string =>
  said.includes('→') ? said : `${said} ${sayTested(result)}`.trim();

/** `, since version 9.1 (9.0 before), 2 runs in a row`, by the first of the runs that are worse, and the one before it; empty with none before. */
const saySince = ({ standing }: BaselineCheck, { nights, tested }: GateResult): string => {
  const all = [...nights, tested];
  const inARow = standing?.in_a_row ?? 1;
  const first = all.length - inARow;
  const [before, since] = [all[first - 1]?.version, all[first]?.version];
  if (before === undefined || since === undefined) return '';
  const version =
    before === since ? `and the version is still ${since}` : `since version ${since} (${before} before)`;
  return `, ${version}${inARow > 1 ? `, ${inARow} runs in a row` : ''}`;
};

const sayRegression = (failed: readonly GateCheck[], result: GateResult): string => {
  const worse = failed.find((check) => check.of === 'baseline');
  const rest = failed.filter((check) => check !== worse);
  const limits = rest.length === 0 ? '' : ` Failed: ${sayFirst(rest, result)}.`;
  if (worse === undefined) return besideFigures(result, limits.trim());
  // Its p, and how it stands to each night, are in the line of the check.
  const { comparison, metric } = worse;
  const said = comparison === null ? sayCheck(worse, result) : sayComparison(comparison);
  const worst = sayWorst(comparison?.candidate_figures.points ?? [], metric, 'one run');
  return `Regression: ${said}${saySince(worse, result)}.${worst} Held against ${sayBaseline(result)}.${limits}`;
};

/** The verdict's reason, in a sentence or two. */
export const gateSentence = (result: GateResult): string => {
  const { learning } = result;
  if (learning !== null)
    return ofFigures(
      result,
      `Learning: run ${learning.night} of ${learning.of}, with ${sayBaseline(result)} before. ` +
        `${sayKept(result)}; whether it got worse is not decided yet.`,
    );
  switch (result.verdict) {
    case 'fail':
      return sayRegression(ofVerdict(result, 'fail'), result);
    case 'inconclusive': {
      const open = ofVerdict(result, 'inconclusive');
      const others = open.filter((check) => !isShort(check));
      return result.needed !== null && others.length === 0
        ? ofFigures(result, `${sayNeeded(result.needed, result)}.`)
        : besideFigures(result, `Not decided: ${sayFirst(others.length === 0 ? open : others, result)}.`);
    }
    case 'pass':
      return ofFigures(result, sayPass(result));
  }
};
