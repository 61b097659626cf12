import { logPipe } from '../../../src/foreign/open-log.js';
import { readLog, type ForeignLog } from '../../../src/foreign/read-log.js';
import { KnownError } from '../../../src/model/error.js';
import type { OutageRow } from '../../../src/model/tables.js';
import { fromMs, ns, NS_PER_S } from '../../../src/model/time.js';
import type { Random } from '../../../src/analysis/statistics/random.js';
import type { Case, Kind } from '../kind.js';
import { oneOf } from '../mutate.js';
import { expectSound, expectThat } from '../sound.js';
import { ENCODINGS, RETELLINGS, type Expected } from '../retold/retellings.js';
import { TOOLS } from '../retold/tools.js';
import { boundsOf, truthOf, type Bounds } from '../retold/truth.js';

/** What a case says of itself: what was true, and how it was told. */
interface Told {
  readonly tool: string;
  readonly how: readonly string[];
  readonly expected: Expected;
  readonly interval_ns: number;
  readonly sent: number;
  readonly outages: readonly Bounds[];
}

/** Of those no summary tells what is missing. */
const FALSE_SUMMARY = 'with a summary that says otherwise';
const LESS: readonly Expected[] = ['same', 'fewer', 'part', 'any'];
const less = (a: Expected, b: Expected): Expected =>
  LESS[Math.max(LESS.indexOf(a), LESS.indexOf(b))] ?? 'any';

const retoldBy = (random: Random): Case => {
  const tool = oneOf(random, TOOLS);
  const truth = truthOf(random, tool.every_us, tool.wait_us, tool.pauses);
  let lines: readonly { at_us: number; text: string }[] = tool.lines(truth);
  let expected: Expected = 'same';
  let damaged = false;
  const how: string[] = [];
  const ways = RETELLINGS.filter(({ fits }) => fits?.(tool) ?? true);
  // What is left out goes first, and what stands before a line last, as of a log that is collected.
  const chosen = Array.from({ length: Math.floor(3 * random()) + (random() < 0.9 ? 1 : 0) }, () =>
    oneOf(random, ways),
  );
  for (const way of [...new Set(chosen)].toSorted((a, b) => RETELLINGS.indexOf(b) - RETELLINGS.indexOf(a))) {
    lines = way.lines(lines, random, tool);
    expected = less(expected, way.expected(tool));
    damaged ||= way.damages === true;
    how.push(way.name);
  }
  // Two prefixes are no promise, nor is a part from which something was taken.
  if (how.length > 1 && expected === 'same') expected = 'fewer';
  const encoding = random() < 0.7 ? ENCODINGS[0] : oneOf(random, ENCODINGS);
  if (encoding === undefined) throw new Error('no encoding');
  if (encoding !== ENCODINGS[0]) how.push(encoding.name);
  expected = less(expected, encoding.expected);
  // What is missing nobody could see, where the summary is too.
  if (damaged && (expected === 'part' || how.includes(FALSE_SUMMARY))) expected = 'any';
  const body = encoding.bytes(`${lines.map(({ text }) => text).join('\n')}\n`, random);
  const told: Told = {
    tool: tool.name,
    how,
    expected,
    interval_ns: tool.every_us < 100_000 ? NS_PER_S : tool.every_us * 1000,
    sent: truth.answered.length,
    outages: boundsOf(truth),
  };
  return { head: JSON.stringify(told), body };
};

const OPTIONS = {
  format: null,
  timeout_ns: null,
  threshold_ns: null,
  mergeGap_ns: ns(0),
};

async function* once(body: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(body);
}

/** Stamps are cut to a millisecond, round trips take two, and a tool is told to wait a little less than it does. */
const SLACK_S = 0.05;

const fits = (row: OutageRow, { lo_s, hi_s }: Bounds): boolean =>
  row.lo_s <= lo_s + SLACK_S && (row.hi_s === null || (hi_s !== null && row.hi_s >= hi_s - SLACK_S));

const said = (row: OutageRow): string => `${row.lost} lost: ${row.lo_s} … ${String(row.hi_s)} s`;

/** What is of every log, and no reason for anything. */
const USUAL = /^a reply after more than|random loss/;

const judge = (log: ForeignLog, told: Told): void => {
  expectSound({
    streams: log.targets.map(({ stream }) => stream),
    outages: log.targets.flatMap(({ outages }) => outages),
  });
  if (told.expected === 'any') return;
  const rows = log.targets.flatMap(({ outages }) => outages.filter(({ kind }) => kind === 'loss'));
  const streams = log.targets.map(({ stream }) => stream);
  const reasons = [...log.targets.flatMap(({ notes }) => notes), ...log.notes].filter(
    (note) => !USUAL.test(note),
  );
  const sum = (key: 'sent' | 'lost'): number => streams.reduce((total, stream) => total + stream[key], 0);
  for (const row of rows)
    expectThat(
      told.outages.some((bounds) => fits(row, bounds)),
      `${told.tool}: ${told.how.join(', ')}: an outage that was not, ${said(row)}: ${JSON.stringify(told.outages)}`,
    );
  const lost = told.outages.reduce((total, bounds) => total + bounds.lost, 0);
  const counts = `${sum('sent')} sent and ${sum('lost')} lost in ${rows.length} outages, not ${told.sent} and ${lost} in ${told.outages.length}`;
  const isSame = sum('sent') === told.sent && sum('lost') === lost && rows.length === told.outages.length;
  const where = `${told.tool}: ${told.how.join(', ')} (${log.format})`;
  if (told.expected === 'same') expectThat(isSame, `${where}: ${counts}; ${reasons.join('; ')}`);
  if (told.expected === 'fewer')
    expectThat(
      isSame || reasons.length > 0 || streams.some(({ status }) => status === 'void'),
      `${where}: ${counts}, and no reason`,
    );
  // A late line of a summary may know of more.
  expectThat(
    sum('lost') <= lost || reasons.length > 0 || streams.some(({ status }) => status === 'void'),
    `${where}: ${counts}`,
  );
};

/** Logs of every tool, told as they reach us: they give the figures of the plain log, or fewer with a reason, never others. */
export const retold: Kind = {
  name: 'retold',
  corpus: () => [],
  make: retoldBy,
  run: async ({ head, body }) => {
    const told = JSON.parse(head) as Told;
    let log: ForeignLog;
    try {
      log = await readLog(logPipe(once(body), 'log'), {
        ...OPTIONS,
        interval_ns: told.interval_ns === NS_PER_S ? null : fromMs(told.interval_ns / 1e6),
      });
    } catch (error) {
      if (!(error instanceof KnownError)) throw error;
      expectThat(told.expected !== 'same', `${told.tool}: ${told.how.join(', ')}: refused: ${error.message}`);
      return;
    }
    judge(log, told);
  },
};
