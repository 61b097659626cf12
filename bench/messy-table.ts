import { MESSY_ENGINES, type MessyEngine } from '../src/cli/calibrate/messy/kinds.js';
import type { MessyCalibration } from '../src/cli/calibrate/messy/result.js';
import { worths, type Worth } from '../src/cli/calibrate/messy/worth.js';

const ENGINES = MESSY_ENGINES.filter((engine) => engine !== 'headline');
const TITLES: Readonly<Record<Exclude<MessyEngine, 'headline'>, string>> = {
  icmp: 'ICMP',
  icmp6: 'ICMPv6',
  ping: 'system ping',
  tcp: 'TCP',
  stamp: 'STAMP',
  'icmp-net-ping': 'ICMP by net-ping',
  'stamp-udp': 'STAMP by Node',
  'stamp-forward': 'STAMP, forward',
  sessions: 'sessions',
};

const percent = (share: number): string => (100 * share).toFixed(1);

const inside = ({ share, interval }: Worth): string =>
  share === null || interval === null
    ? 'says nothing'
    : `${percent(share)} % (${percent(interval.lo)} to ${percent(interval.hi)})`;

const share = (worth: Worth | undefined): string =>
  worth === undefined ? '' : worth.share === null ? '–' : `${percent(worth.share)} %`;

/** A row for each kind: its headline, then each engine that took part by itself. */
const rowOf = (headline: Worth, own: readonly Worth[], engines: typeof ENGINES): string[] => [
  `\`${headline.kind}\``,
  String(headline.trials),
  inside(headline),
  headline.bias_T?.toFixed(2).replace('-', '−') ?? '',
  ...engines.map((engine) => share(own.find((worth) => worth.engine === engine))),
  String(headline.silent),
  String(own.reduce((sum, { wrong }) => sum + wrong, 0)),
];

/** Markdown: what the instrument was worth in each kind, by engine. */
export const messyTable = ({ cells }: Pick<MessyCalibration, 'cells'>): string => {
  const all = worths(cells);
  const head = ['kind', 'trials', 'headline: truth inside (exact 95 %)', 'bias, T'];
  const engines = ENGINES.filter((name) => all.some(({ engine }) => engine === name));
  const titles = [...head, ...engines.map((engine) => TITLES[engine]), 'void', 'wrong passes'];
  const rows = all
    .filter(({ engine }) => engine === 'headline')
    .map((headline) =>
      rowOf(
        headline,
        all.filter(({ kind }) => kind === headline.kind),
        engines,
      ),
    );
  const line = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;
  const rule = titles.map((_, index) => (index === 0 ? '---' : '---:'));
  return [line(titles), line(rule), ...rows.map(line), ''].join('\n');
};
