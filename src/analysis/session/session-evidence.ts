import type { OpeningRow, SessionRow } from '../../model/tables.js';

/** A single segment lost at random costs a session a retransmission timeout: 0.2 s, or 0.6 s where that is lost too (RFC 6298). */
const SILENT_S = 1;
/** A single exchange may fail of itself. */
const SEVERAL = 2;

const isHit = ({ verdict, stall_s }: Pick<SessionRow, 'verdict' | 'stall_s'>): boolean => {
  switch (verdict) {
    case 'reset':
    case 'blackholed':
    case 'app-closed':
      return true;
    case 'survived':
    case 'survived-late':
      return (stall_s ?? 0) >= SILENT_S;
    case 'not-tested':
      return false;
  }
};

type Opening = Pick<OpeningRow, 'failed' | 'first_hit_s' | 'works_again_s'>;

const isRefused = ({ failed, first_hit_s, works_again_s }: Opening): boolean =>
  failed >= SEVERAL || (first_hit_s !== null && (works_again_s ?? Infinity) - first_hit_s >= SILENT_S);

/**
 * Something happened to sessions after the trigger, whatever became of single packets: established ones fell silent or broke,
 * or new ones brought no data.
 *
 * @param sessions with the verdicts that they have if the pair failed over
 */
export const areSessionsHit = (sessions: readonly SessionRow[], openings: readonly Opening[]): boolean =>
  sessions.some(isHit) || openings.some(isRefused);
