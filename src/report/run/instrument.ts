import { type Column, figure, list, on, section, type Section, sentence, table, text } from '../sections.js';
import type { AnalysedRun, SelfFigures } from './analysed-run.js';
import { count, ms } from './cells.js';
import { sayCalibration, sayHost, saySelf } from './run-words.js';

/** How far the instrument can be trusted: lines that are empty where nothing is known. */

export const hostLine = ({ record }: AnalysedRun): string =>
  record.self_test === null ? '' : `This host: ${sayHost(record.self_test)}`;

export const calibrationLine = ({ record }: AnalysedRun): string =>
  record.calibration === null ? '' : sayCalibration(record.calibration);

export const selfLine = ({ selfFigures }: AnalysedRun): string =>
  selfFigures.length === 0 ? '' : saySelf(selfFigures);

export const isSaid = (line: string): boolean => line !== '';

/** Older runs did not ask, and some engines cannot be asked. */
const knowsDrops = (all: readonly SelfFigures[]): boolean =>
  all.some(({ figures }) => figures.socket_drops !== null);

const sends = (hasDrops: boolean): Column<SelfFigures>[] => [
  text('stream', ({ stream }) => stream, { on: 'html' }),
  text('vantage', ({ vantage }) => vantage),
  text('stream', ({ stream }) => stream, { on: 'markdown' }),
  figure('sent', ({ figures }) => count(figures.sent)),
  figure('unsent', ({ figures }) => count(figures.unsent)),
  figure('blocked', ({ figures }) => count(figures.local_blocked)),
  figure('lateness p50', ({ figures }) => ms(figures.lateness_p50_ms)),
  figure('p99', ({ figures }) => ms(figures.lateness_p99_ms)),
  figure('max', ({ figures }) => ms(figures.lateness_max_ms)),
  ...(hasDrops ? [figure<SelfFigures>('socket drops', ({ figures }) => count(figures.socket_drops))] : []),
];

export const instrument = (run: AnalysedRun): Section => {
  const { selfFigures } = run;
  const about = [hostLine(run), calibrationLine(run)];
  return {
    ...section(
      'The instrument',
      on('html', list([selfLine(run), ...about].filter(isSaid))),
      ...about.map((line) => on('markdown', sentence(line))),
      table(selfFigures, sends(knowsDrops(selfFigures)), { caption: 'Sends' }),
    ),
    id: 'instrument',
  };
};
