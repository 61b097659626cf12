import { markLines } from '../../analysis/words/mark-lines.js';
import { sayUtc } from '../../analysis/words/when.js';
import { list, section, type Section } from '../sections.js';
import type { AnalysedRun } from './analysed-run.js';

const time = (utc: string | null): string => (utc === null ? 'at a time unknown' : sayUtc(utc));

/** What people marked, and the outages after it. */
export const marks = ({ record, tables }: AnalysedRun): Section =>
  section('Marks', list(markLines(tables, record.scenario.streams.length, time)));
