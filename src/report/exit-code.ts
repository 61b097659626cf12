import { EXIT, type ExitCode } from '../model/error.js';
import type { ReportInput } from './input.js';

/** The exit code of a run: a pair that could not be restored comes before any verdict. */
export const exitCodeOf = ({ record, verdict }: ReportInput): ExitCode => {
  if (record.restored === false) return EXIT.notRestored;
  switch (verdict) {
    case 'pass':
      return EXIT.pass;
    case 'fail':
      return EXIT.limit;
    case 'inconclusive':
      return EXIT.inconclusive;
  }
};
