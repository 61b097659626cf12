import type { OutageChain } from '../../analysis/chain/explain-run.js';
import type { TwinKnob } from '../../analysis/twin/knobs.js';
import type { DesignChoice, MeasuredOutage, Stretch } from '../../analysis/twin/measured.js';
import type { Prediction } from '../../analysis/twin/predict.js';
import { capital, sayNumberOf, sayPercent, spellEnds } from '../../analysis/words/format.js';
import { NS_PER_S } from '../../model/time.js';
import { spellSpan } from '../chain/advice-words.js';
import { type ChainReport, timers } from '../chain/chain-report.js';
import { allNotKnown } from '../chain/chain-words.js';
import { sayRun } from '../run/run-words.js';
import {
  apart,
  type Column,
  lines,
  list,
  type Outline,
  section,
  type Section,
  sectionsOn,
  sentence,
  table,
  text,
} from '../sections.js';
import { terminalText, type TerminalOptions } from '../text/terminal-text.js';

/** A knob as a scenario has it. */
export interface SaidKnob extends Pick<TwinKnob, 'basis' | 'from' | 'maybe'> {
  readonly name: string;
  readonly words: string;
}

/** One knob that is changed, as it was and as it would be. */
export interface SaidChange {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** All that is said of a run's twin. */
export interface TwinReport extends Omit<ChainReport, 'trial'>, DesignChoice {
  readonly knobs: readonly SaidKnob[];
  readonly outages: readonly MeasuredOutage[];
  readonly change: { readonly knobs: readonly SaidChange[]; readonly prediction: Prediction } | null;
}

const lead = ({ run, design, why, outages }: TwinReport): Section =>
  section(
    null,
    sentence(sayRun(run.record)),
    apart(
      sentence(
        `Its twin is a lab of design ${design}${why === null ? '' : ` (${why})`}, fitted to ${sayNumberOf(outages.length, 'failover')}.`,
      ),
    ),
  );

const KNOBS: readonly Column<SaidKnob>[] = [
  text('measured', ({ from }) => from, { shrinks: true }),
  text('knob', ({ name }) => name),
  text('of the twin', ({ words }) => words),
  text('may be', ({ maybe }) => maybe, { shrinks: true }),
];

const knobs = ({ knobs: all }: TwinReport): Section =>
  section(
    'The twin',
    table(
      all.filter(({ basis }) => basis !== 'free'),
      KNOBS,
      { caption: 'The twin' },
    ),
  );

const linksOf = (stretches: readonly Stretch[]): string =>
  [...new Set(stretches.flatMap(({ links }) => links))].join(', ');

/** What the twin does not have, or has in another place. */
export const remainders = ({ outages }: Pick<TwinReport, 'outages'>): readonly string[] => {
  const all = outages.flatMap(({ stretches }) => stretches);
  const kinds = [...new Set(all.map(({ parts }) => parts.join(' and ')))];
  return [
    ...kinds.flatMap((kind) => {
      const own = all.filter(({ parts }) => parts.join(' and ') === kind);
      const span = {
        least_ns: Math.min(...own.map(({ lo_ns }) => lo_ns)),
        most_ns: Math.max(...own.map(({ hi_ns }) => hi_ns)),
      };
      const said = `${linksOf(own)}, ${spellSpan(span)}`;
      if (kind === '') return [`${said}: the lab has nothing like it`];
      return kind.includes(' and ')
        ? [`${said}: ${kind} are not parted, the twin has it in the last one`]
        : [];
    }),
    "what the lab's own programs, logins and a busy host add to its knobs, some tenths of a second",
  ];
};

const levelOf = (level: number): string => sayPercent(level);

const sayEnds = ({ lo_ns, hi_ns }: { readonly lo_ns: number; readonly hi_ns: number }): string =>
  spellSpan({ least_ns: lo_ns, most_ns: hi_ns });

/** `attach 2s to 4s instead of 490ms to 2.1s`; a knob that nobody knew is not said to have been anything. */
const sayChange = ({ name, before, after }: SaidChange): string => `${name} ${after} instead of ${before}`;

export const sayPrediction = ({
  knobs: all,
  prediction: { shift, asItIs, changed, level, trials },
}: NonNullable<TwinReport['change']>): readonly string[] => {
  const ends = { shift: null, lo: shift.lo_ns / NS_PER_S, hi: shift.hi_ns / NS_PER_S };
  const beyond = ends.lo >= 0 ? ' longer' : ends.hi <= 0 ? ' shorter' : '';
  return [
    `${capital(all.map(sayChange).join(', '))}: outages are ${spellEnds(ends, ['shorter', 'longer'])}${beyond} on average than those measured.`,
    `The next one lasts ${sayEnds(changed)}; as it is, ${sayEnds(asItIs)}.`,
    `Each of these intervals holds in ${levelOf(level)} of cases: computed from ${sayNumberOf(trials, 'trial')} and the twin's delays. No device is touched.`,
  ];
};

const change = ({ change: asked }: TwinReport): Section =>
  section('What if', lines(asked === null ? [] : sayPrediction(asked)));

/** Of the failovers alone. */
const failovers = ({ chains }: TwinReport): readonly OutageChain[] =>
  chains.chains.filter(({ outage }) => outage.trial.phase === 'failover');

const OUTLINE: Outline<TwinReport> = [
  ['everywhere', lead],
  ['everywhere', knobs],
  ['everywhere', (report) => section('Not in the twin', list(remainders(report)))],
  ['everywhere', (report) => section('Not known', list(allNotKnown(report.chains, failovers(report))))],
  ['everywhere', timers],
  ['everywhere', change],
];

/** `seqgap twin` on a terminal. */
export const twinTerminal = (report: TwinReport, options: TerminalOptions): string =>
  terminalText(sectionsOn('terminal', OUTLINE, report), options);
