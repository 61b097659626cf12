import { markLines, utcOfDay } from '../../analysis/words/mark-lines.js';
import { list, section, type Section } from '../sections.js';
import type { AnalysedRun } from './analysed-run.js';

/** What people marked, and the outages after it. */
export const marks = ({ record, tables }: AnalysedRun): Section =>
  section('Marks', list(markLines(tables, record.scenario.streams.length, utcOfDay)));
