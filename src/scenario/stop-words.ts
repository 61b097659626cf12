import type { StopPlan, StopSource } from '../model/plan.js';
import { formatDuration } from '../model/duration.js';
import { readWords } from './observe-words.js';

const sourceWords = (source: StopSource): string => {
  switch (source.kind) {
    case 'command':
      return `this host runs, and it ends with 0: ${source.command.join(' ')}`;
    case 'status':
      return `GET ${source.url} is answered with ${source.status}`;
    case 'read':
      return `GET ${source.url}, read as ${readWords(source.read)}, is ${source.is ?? 'anything but none, false and 0'}`;
    case 'file':
      return `${source.path} is there`;
  }
};

/** When a trial is broken off, and how often that is looked at. */
export const stopWords = ({ source, every_ns, timeout_ns, onError }: StopPlan): string =>
  `${sourceWords(source)}; asked every ${formatDuration(every_ns)}, and ` +
  `${onError === 'stop' ? 'stopped' : 'ignored'} where there is no answer in ${formatDuration(timeout_ns)}`;
