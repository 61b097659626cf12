import type { GateNight, GateResult } from '../model/gate.js';
import { saySeconds } from './format.js';
import { gateSentence, sayBaseline } from './gate-words.js';
import { markdownText } from './markdown-table.js';
import { VERDICT_MARK } from './words.js';

const sayMedian = ({ n, median_s }: GateNight): string =>
  median_s === null ? `not recovered (${n})` : `${saySeconds(median_s)} (median of ${n})`;

/** `ping: 3.42 s (median of 4), before 2.21 s (median of 40).`; empty where there is nothing to say. */
const figures = ({ unseen, tested }: GateResult): string => {
  if (tested.n === 0) return '';
  if (unseen === null) return `Longest outage: ${sayMedian(tested)}.`;
  const { base, subjects } = unseen;
  const before =
    base.n === 0 ? '' : `, before ${sayMedian({ ...tested, n: base.n, median_s: base.median_s })}`;
  return `${subjects.join(', ')}: ${sayMedian(tested)}${before}.`;
};

/** One paragraph of Markdown for a chat: verdict, scenario, version, reason, the headline's figures. One line. */
export const gateChat = (result: GateResult): string => {
  const { run, verdict } = result;
  const lead = `**${VERDICT_MARK[verdict]} ${verdict}**: ${markdownText(`${run.scenario} ${run.version}`)}`;
  const [sentence, baseline] = [gateSentence(result), sayBaseline(result)];
  const against = sentence.includes(baseline) ? '' : ` Baseline: ${baseline}.`;
  const rest = `${sentence} ${figures(result)}${against}`.replaceAll('  ', ' ').trim();
  return `${lead} (${run.started_utc.slice(0, 10)}). ${markdownText(rest)}\n`;
};
