import { gzipSync } from 'node:zlib';
import { ofForeignLog } from '../../../src/cli/analyze/foreign-log.js';
import { analyzeText } from '../../../src/report/log/log-text.js';
import { logPipe } from '../../../src/foreign/open-log.js';
import { LiveLog } from '../../../src/cli/analyze/live-log.js';
import { readLog, type ForeignLog, type ReadOptions } from '../../../src/foreign/read-log.js';
import { LiveTargets } from '../../../src/cli/analyze/live-targets.js';
import { sayNotice, type Notice } from '../../../src/cli/watch/notice.js';
import { screenText } from '../../../src/cli/watch/screen-text.js';
import { plainLines } from '../../../src/model/outside.js';
import { FORMATS } from '../../../src/foreign/reader.js';
import { KnownError } from '../../../src/model/error.js';
import { fromMs, ns } from '../../../src/model/time.js';
import { resultDocument } from '../../../src/report/text/csv.js';
import { folderCases, type Kind } from '../kind.js';
import { oneOf } from '../mutate.js';
import { expectSound, expectThat, expectWords } from '../sound.js';

async function* chunks(body: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < body.length; from += size) yield body.subarray(from, from + size);
}

const SUMMARY = /(?<!\d)(\d{1,9}) packets transmitted, (\d{1,9}) (?:packets )?received/g;
const HEADING = /^PING6? /gm;

/** A log of ping with one heading and one summary below it, both whole: no figure may say otherwise, unless it is said. */
const expectWitnessed = (log: ForeignLog, body: Buffer): void => {
  const text = body.toString('latin1');
  const [summary, ...more] = [...text.matchAll(SUMMARY)];
  const [heading, ...others] = [...text.matchAll(HEADING)];
  const [target, ...rest] = log.targets;
  if (log.format !== 'ping' || summary === undefined || heading === undefined || target === undefined) return;
  if (more.length + others.length + rest.length > 0 || heading.index > summary.index) return;
  const { stream, outages, notes } = target;
  const said = [...notes, ...log.notes, ...log.assumptions].join('\n');
  if (
    stream.status === 'void' ||
    /summary|left out|started|not understood|cut off|beside each other/.test(said)
  )
    return;
  const [, sent, received] = summary.map(Number);
  const agrees =
    stream.received === received &&
    stream.sent <= (sent ?? 0) &&
    stream.lost <= (sent ?? 0) - (received ?? 0);
  expectThat(
    agrees || !outages.some(({ kind }) => kind === 'loss'),
    `${stream.sent} sent, ${stream.received} received, and by the summary ${sent} and ${received}: ${said}`,
  );
};

const EACH = 23;
/** Thousands of gaps take their time, each by itself. */
const LARGE = 1 << 16;

/** The same as it is followed: whatever is told is sound. */
const follow = (body: Buffer, size: number, options: ReadOptions): void => {
  const told: Notice[] = [];
  const log = new LiveLog('log', options, {
    known: () => undefined,
    unknown: () => undefined,
    row: (target, row) => targets.row(target, row),
  });
  const targets = new LiveTargets(log, {
    threshold_ns: options.threshold_ns === null ? null : ns(options.threshold_ns),
    tell: (notice) => told.push(notice),
    readTime: () => null,
    stretch: () => 1,
  });
  for (let from = 0; from < body.length; from += size) {
    log.push(body.subarray(from, from + size));
    const { newest_ns } = log;
    // A picture is made ten times a second, not for each line.
    if (newest_ns === null || (from / size) % EACH !== 0) continue;
    targets.tick(newest_ns);
    const views = targets.views(newest_ns, null);
    if (views.length > 0)
      expectWords(
        plainLines(screenText(views, [], { columns: 80, rows: 24, color: false, hint: '', typing: null })),
        'view',
        body,
      );
  }
  log.end();
  expectWords(plainLines(targets.finish().join('\n')), 'retold', body);
  expectSound({ outages: told.flatMap((notice) => ('row' in notice ? [notice.row] : [])) });
  expectWords(plainLines(told.map((notice) => sayNotice(notice, 10, 'utc')).join('\n')), 'told', body);
};

/** Logs of other tools, as `seqgap analyze` reads them. */
export const logs: Kind = {
  name: 'logs',
  corpus: () => [...folderCases('test/golden/analyze/logs'), ...folderCases('test/fixtures/fuzz/seeds/logs')],
  run: async ({ body }, random) => {
    const packed = random() < 0.02 ? gzipSync(body) : body;
    const tail = (): Promise<Buffer | null> => Promise.resolve(random() < 0.5 ? body.subarray(-4096) : null);
    const source = { ...logPipe(chunks(packed, oneOf(random, [1 << 18, 1000, 64_000])), 'log'), tail };
    const options = {
      format: random() < 0.8 ? null : oneOf(random, FORMATS),
      interval_ns: oneOf(random, [null, null, fromMs(1), fromMs(200), fromMs(3_600_000)]),
      timeout_ns: oneOf(random, [null, fromMs(4000), fromMs(1)]),
      threshold_ns: oneOf(random, [null, null, null, fromMs(50)]),
      mergeGap_ns: oneOf(random, [ns(0), ns(0), fromMs(1000)]),
    };
    try {
      const log = await readLog(source, options);
      expectWitnessed(log, body);
      const streams = log.targets.map(({ stream }) => stream);
      const outages = log.targets.flatMap((target) => target.outages);
      expectSound({ streams, outages });
      const document = resultDocument({ trials: [], streams, outages, sessions: [] });
      expectSound(document);
      JSON.stringify(document);
      expectWords(
        analyzeText([ofForeignLog(log)], { columns: 100, color: false, minLost: 0 }),
        'analyze',
        body,
      );
      if (body.length < LARGE && random() < 0.3) follow(body, oneOf(random, [1 << 18, 1000, 77]), options);
    } catch (error) {
      if (!(error instanceof KnownError)) throw error;
      expectWords(`${error.message}\n${error.remedy ?? ''}`, 'refusal', body);
    }
  },
};
