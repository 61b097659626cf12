import { sayLocal } from '../../../analysis/words/when.js';

/** Beside every instant the time of this browser's zone. The style shows it: the text of a cell stays what it is sorted by. */
export const addLocalTimes = (): void => {
  for (const each of document.querySelectorAll<HTMLTimeElement>('time[datetime]')) {
    const local = sayLocal(each.dateTime);
    if (local !== null) each.dataset['local'] = local;
  }
};
