import { afterLoss, type Link } from '../../analysis/chain/chain.js';
import type { OutageChain } from '../../analysis/chain/explain-run.js';
import type { Happening } from '../../analysis/chain/happening.js';
import { saySeconds } from '../../analysis/words/format.js';
import { groupBy } from '../../model/group-by.js';
import type { BarLane, LanesChart } from '../html/chart.js';

/** A link in a lane of its own: a waterfall, as the timeline has it. */
const linkLane = ({ name, until, row }: Link, zero_s: number): BarLane => {
  const length = row.length_s === null ? row.status : saySeconds(row.length_s);
  const from = row.start_s - zero_s;
  return {
    kind: 'bars',
    label: name,
    sub: `${length}, until ${until}`,
    bars: [
      {
        from,
        to: row.length_s === null ? null : from + row.length_s,
        style: row.status === 'ok' ? 'cause' : 'unseen',
        text: row.status === 'ok' ? length : `${row.status}: ${until}`,
      },
    ],
  };
};

/** All that one of them tells: an observer, a record, the run itself. */
const tellerOf = ({ clock, source }: Happening): string => (clock === null ? source : `clock ${clock}`);

interface Linked {
  readonly happening: Happening;
  readonly link: string | null;
}

const tellerLane = (teller: string, own: readonly Linked[], chain: OutageChain): BarLane => ({
  kind: 'bars',
  label: teller,
  sub: 'what it tells',
  bars: own.map(({ happening: { words, instant }, link }) => {
    const { lo_s, at_s, hi_s } = afterLoss(instant, chain.outage);
    return {
      from: at_s,
      to: hi_s ?? at_s,
      style: 'moment',
      text: words,
      ...(lo_s === null ? {} : { since: lo_s }),
      ...(link === null ? {} : { link }),
    };
  }),
});

/**
 * The chain of one outage on one axis: its links, and below them who tells what.
 *
 * @param lineOf the element that has the line of a happening, by its place; null: there is none
 */
export const chainChart = (chain: OutageChain, lineOf: (index: number) => string | null): LanesChart => {
  const { outage, links, happenings } = chain;
  const zero_s = outage.edges.begin.at_ns / 1e9;
  const ends = happenings.map(({ instant }) => afterLoss(instant, outage).at_s);
  const [first, last] = [Math.min(0, ...ends), Math.max(1e-3, ...ends)];
  const margin = (last - first) / 20;
  const linked = happenings.map((happening, index) => ({ happening, link: lineOf(index) }));
  const [from, to] = [first - margin, last + margin];
  return {
    kind: 'lanes',
    axis: 'seconds after the first loss',
    views: [{ name: 'Outage', from, to }],
    from,
    to,
    lanes: [
      ...links.filter(({ end }) => end !== null).map((link) => linkLane(link, zero_s)),
      ...[...groupBy(linked, ({ happening }) => tellerOf(happening))].map(([teller, own]) =>
        tellerLane(teller, own, chain),
      ),
    ],
    marks: [{ at: 0, text: 'first loss' }],
    rtt_us: null,
  };
};
