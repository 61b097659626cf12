import { afterLoss, type Link } from '../../analysis/chain/chain.js';
import type { OutageChain } from '../../analysis/chain/explain-run.js';
import type { ForeignClock } from '../../analysis/chain/clocks.js';
import type { Happening } from '../../analysis/chain/happening.js';
import { roundAllByUnit } from '../../analysis/words/format.js';
import type { BroughtRecord } from '../../model/evidence.js';
import type { TrialRow } from '../../model/tables.js';
import { inSeconds } from '../../model/time.js';
import type { Span } from '../../analysis/twin/lab-model.js';
import type { TimerAdvice } from '../../analysis/twin/timers.js';
import { shown, type ChainReport } from './chain-report.js';

const MS_PER_S = 1000;

const linkOf = ({ name, until, stage, end, row }: Link, { outage }: OutageChain): object => ({
  name,
  until,
  stage,
  lo_s: row.lo_s,
  length_s: row.length_s,
  hi_s: row.hi_s,
  share: row.share,
  status: end === null ? 'not-seen' : row.status,
  ends: end === null || !Number.isFinite(end.instant.at_ns) ? null : afterLoss(end.instant, outage),
  told_by: [...new Set((end?.told ?? []).map(({ source }) => source))],
});

const happeningOf = (
  { kind, subject, value, words, instant, source, clock, raw }: Happening,
  { outage }: OutageChain,
): object => ({ ...afterLoss(instant, outage), kind, subject, value, words, source, clock, raw });

const chainOf = (chain: OutageChain): object => {
  const { trial, phase, node, status, headline_stream, outage_lo_s, outage_s, outage_hi_s } = chain.outage
    .trial satisfies TrialRow;
  return {
    trial,
    phase,
    node,
    status,
    headline_stream,
    outage_lo_s,
    outage_s,
    outage_hi_s,
    links: chain.links.map((link) => linkOf(link, chain)),
    longest: chain.longest.map(({ name }) => name),
    happenings: chain.happenings.map((happening) => happeningOf(happening, chain)),
    contradictions: chain.contradictions,
    not_known: chain.notKnown,
  };
};

const clockOf = ({ clock, files, state, offset, zone_min, bounds, why }: ForeignClock): object => ({
  clock,
  files,
  state,
  ahead_lo_s: state !== 'placed' || offset === null ? null : offset.lo_ms / MS_PER_S,
  ahead_hi_s: state !== 'placed' || offset === null ? null : offset.hi_ms / MS_PER_S,
  zone_min,
  rests_on: bounds.map(({ by, words, lo_ms, hi_ms }) => ({
    by,
    words,
    ahead_lo_s: lo_ms / MS_PER_S,
    ahead_hi_s: hi_ms / MS_PER_S,
  })),
  why,
});

const spanOf = ({ least_ns, most_ns }: Span): object => ({
  lo_s: inSeconds(least_ns),
  hi_s: inSeconds(most_ns),
});

export const adviceDocument = ({
  driver,
  timer,
  link,
  measured,
  usual,
  least,
  isUnusual,
  less,
}: TimerAdvice): object => ({
  driver,
  timer: timer.what,
  link,
  ...spanOf(measured),
  by_default: spanOf(usual),
  at_least: spanOf(least),
  may_be_default: !isUnusual,
  shorter: less === null ? null : spanOf(less),
  source: timer.source,
});

const recordOf = ({ file, record: { form, evidence, span, assumptions, notes } }: BroughtRecord): object => ({
  file,
  form,
  evidence: evidence.length,
  first_utc: span === null ? null : new Date(span.lo_ms).toISOString(),
  last_utc: span === null ? null : new Date(span.hi_ms).toISOString(),
  assumptions,
  notes,
});

/** What `seqgap explain --json` prints (docs/explain.md); instants in seconds after the first loss, missing values null. */
export const chainDocument = (report: ChainReport): object => {
  const { run, chains, records, unread, advice } = report;
  return roundAllByUnit({
    format: 1,
    run: run.record.run,
    scenario: run.record.scenario.name,
    version: run.record.version,
    outages: shown(report).map(chainOf),
    over_trials: chains.spreads,
    timers: advice.map(adviceDocument),
    clocks: chains.clocks.map(clockOf),
    not_placed: chains.unplaced.map(({ clock, lines }) => ({
      clock,
      lines: lines.map(({ words, source, after }) => ({
        words,
        source,
        after_lo_s: after.lo_ms / MS_PER_S,
        after_hi_s: after.hi_ms / MS_PER_S,
      })),
    })),
    contradictions: chains.contradictions,
    not_known: chains.notKnown,
    records: records.map(recordOf),
    unread,
  });
};
