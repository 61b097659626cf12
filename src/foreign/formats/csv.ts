import { durationOf } from './connect.js';
import { PASSED, probe, type Said, type Say, seriesFormat, UNKNOWN } from './series.js';

const SEPARATORS = [',', ';', '\t'] as const;

/** The cells of a line of CSV, whose separator is the first of it outside quotes. */
const cellsOf = (line: string): string[] => {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  let separator: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] as string;
    if (quoted) {
      if (char !== '"') cell += char;
      else if (line[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (char === '"' && cell === '') quoted = true;
    else if (char === separator || (separator === null && SEPARATORS.some((each) => each === char))) {
      separator = char;
      cells.push(cell);
      cell = '';
    } else cell += char;
  }
  return [...cells, cell].map((each) => each.trim());
};

const TIME = /^\d[\d/.-]*[\sT].*\d:\d\d|^\d{1,2}:\d\d:\d\d|^\d{10}(?:\.\d+)?$|^\d{13}$/;

const asStamp = (cell: string): string => {
  if (/^\d{13}$/.test(cell)) return `${cell.slice(0, 10)}.${cell.slice(10)}`;
  return /^\d{10}$/.test(cell) ? `${cell}.0` : cell;
};

/** The cells, without spaces of theirs being taken for those behind the time. */
const BEGIN = '§';

/** Its time first, then the other cells: what they are is known by the heading, which is put so as well. */
const plain = (line: string): string => {
  const cells = cellsOf(line.replace(/^\ufeff/, ''));
  const at = cells.findIndex((cell) => TIME.test(cell));
  if (at === -1 || cells.length < 2) return line;
  return `${asStamp(cells[at] as string)} ${BEGIN}${cells.toSpliced(at, 1).join('\t')}`;
};

const TIME_NAME = /^(?:time|date|timestamp|datetime|when|ts)\b/i;
const STATUS_NAME = /^(?:status|statuscode|result|success|state|reachable|reply ?status)$/i;
const TARGET_NAME =
  /^(?:target|host|hostname|address|destination|ip|ip ?address|computer ?name|server|url)$/i;
const RTT_NAME = /^(?:rtt|latency|response ?time|round ?trip|time.?ms|ms|delay|ping)(?:[\s_(].*)?$/i;
/** A metric of Prometheus that is 1 where the probe was answered, and 0 where not. */
const METRIC = /\b(?:probe_success|up)\b/;

const GOOD = /^(?:ok|success|succeeded|up|true|reply|alive|open|reachable)$/i;
const BAD =
  /^(?:time ?-?out|timed ?-?out|fail|failed|failure|down|false|lost|error|no ?reply|no ?response|dead|closed|unreachable|request timed out\.?)$/i;
const NOTHING = /^(?:|\*|-|n\/?a|null|timeout|timed out)$/i;
const UNREACHABLE = /unreachable/i;

/** Where a row has what, its time left out. */
type Columns =
  | { readonly kind: 'metrics'; readonly targets: readonly string[] }
  | {
      readonly kind: 'table';
      readonly target: number;
      readonly rtt: number;
      readonly status: number;
      /** 0 is success, as of WMI. */
      readonly coded: boolean;
    };

const labelled = (name: string): string => /\b(?:instance|target)="?([^",}]+)/.exec(name)?.[1] ?? name;

const columnsOf = (line: string): Columns | null => {
  const names = cellsOf(line.replace(/^\ufeff/, ''));
  const time = names.findIndex((name) => TIME_NAME.test(name));
  if (time === -1) return null;
  const rest = names.toSpliced(time, 1);
  if (rest.length > 0 && rest.every((name) => METRIC.test(name)))
    return { kind: 'metrics', targets: rest.map(labelled) };
  const find = (pattern: RegExp): number => rest.findIndex((name) => pattern.test(name));
  const columns = { target: find(TARGET_NAME), rtt: find(RTT_NAME), status: find(STATUS_NAME) };
  if (columns.rtt === -1 && columns.status === -1) return null;
  return { kind: 'table', ...columns, coded: /code/i.test(rest[columns.status] ?? '') };
};

const sampled = (cells: readonly string[], targets: readonly string[]): Said[] | null => {
  if (cells.length > targets.length) return null;
  const said: Said[] = [];
  for (const [index, cell] of cells.entries()) {
    // No sample of it at that time.
    if (NOTHING.test(cell)) continue;
    const value = Number(cell);
    if (value !== 0 && value !== 1) return null;
    said.push(probe(value === 1 ? 'answered' : 'lost', { target: targets[index] as string }));
  }
  return said;
};

const judged = (cells: readonly string[], columns: Columns & { kind: 'table' }): Said | null => {
  const target = columns.target === -1 ? null : (cells[columns.target] ?? null);
  const status = columns.status === -1 ? null : (cells[columns.status] ?? '');
  const rtt = columns.rtt === -1 ? '' : (cells[columns.rtt] ?? '');
  const value = /^<?\s*(\d+(?:[.,]\d+)?)(?: ?ms)?$/.exec(rtt)?.[1];
  const rtt_ns = value === undefined ? NaN : durationOf(value);
  if (status === null) {
    if (value !== undefined) return probe('answered', { target, rtt_ns });
    return NOTHING.test(rtt) ? probe('lost', { target }) : null;
  }
  if (columns.coded && /^\d+$/.test(status))
    return status === '0'
      ? probe('answered', { target, rtt_ns })
      : probe('lost', { target, cause: `status-${status}` });
  if (GOOD.test(status) || (status === '1' && !columns.coded)) return probe('answered', { target, rtt_ns });
  if (UNREACHABLE.test(status))
    return probe('unreachable', { target, cause: status.toLowerCase().replaceAll(/\W+/g, '-') });
  return BAD.test(status) || status === '0' ? probe('lost', { target }) : null;
};

/** A table that a script, PowerShell, Prometheus or Grafana wrote; its heading says what the columns are. */
const open = (): Say => {
  let columns: Columns | null = null;
  return (line, stamped) => {
    if (!stamped) {
      const found = columnsOf(line);
      if (found === null) return /^#|^sep=/.test(line) ? PASSED : null;
      columns = found;
      return PASSED;
    }
    if (columns === null || !line.startsWith(BEGIN)) return null;
    const cells = line
      .slice(BEGIN.length)
      .split('\t')
      .map((cell) => cell.trim());
    return columns.kind === 'metrics' ? sampled(cells, columns.targets) : judged(cells, columns);
  };
};

const ROW =
  /^§[01](?:\t[01]?)*$|^§(?:.*\t)?(?:ok|success|time ?out|timed ?out|fail\w*|true|false|up|down|\d+(?:\.\d+)?)?$/i;

export const csvFormat = seriesFormat({
  name: 'csv',
  example: 'a heading "Time,Target,RTT_ms,Status" or "Time,probe_success", and a row for each probe',
  knows: (line) => columnsOf(line) !== null || ROW.test(line),
  plain,
  suspicious: /./,
  pace: () => ({ interval: UNKNOWN, wait: UNKNOWN, pause: UNKNOWN, said: 'no times in the table' }),
  open,
});
