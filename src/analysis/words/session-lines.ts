import type { SessionRow } from '../../model/tables.js';
import { saySeconds } from './format.js';

/** `survived, stall 3.15 s (predicted 3.15 s)`, `reset: connection reset by peer`, `not-tested: no outage while it was watched` */
export const saySession = ({ verdict, stall_s, stall_predicted_s, error }: SessionRow): string => {
  const predicted = stall_predicted_s === null ? '' : ` (predicted ${saySeconds(stall_predicted_s)})`;
  const stall = stall_s === null || stall_s === 0 ? '' : `, stall ${saySeconds(stall_s)}${predicted}`;
  return `${verdict}${stall}${error === null ? '' : `: ${error}`}`;
};
