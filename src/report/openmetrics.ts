import { plainText } from '../model/outside.js';
import { roundByUnit } from './format.js';
import type { Metric, MetricLabels } from './metrics.js';

/** OpenMetrics 1.0, "ABNF": what stands in a label's value with a backslash. */
const escaped = (value: string): string =>
  plainText(value).replace(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`));

const labelText = (labels: MetricLabels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',');

const numberText = (value: number): string =>
  value === Infinity ? '+Inf' : String(roundByUnit('value_s', value));

/**
 * OpenMetrics text (https://prometheus.io/docs/specs/om/open_metrics_spec/). All metrics are gauges, and there are no
 * time stamps, so that node_exporter's textfile collector and the Pushgateway, which read the older Prometheus format,
 * take it as well: to them `# UNIT` and `# EOF` are comments.
 */
export const openMetricsText = (metrics: readonly Metric[]): string =>
  `${[
    ...metrics.flatMap(({ name, unit, help, samples }) => [
      `# TYPE ${name} gauge`,
      ...(unit === null ? [] : [`# UNIT ${name} ${unit}`]),
      `# HELP ${name} ${help.replace(/[\\\n]/g, (found) => (found === '\n' ? '\\n' : '\\\\'))}`,
      ...samples.map(({ labels, value }) => `${name}{${labelText(labels)}} ${numberText(value)}`),
    ]),
    '# EOF',
  ].join('\n')}\n`;
